"""Prints values with a sensible prefix; inside the program every value is in its base unit."""

import math

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "μs"), (1e-9, "ns"))
_BYTES = ((1024.0**3, "GiB"), (1024.0**2, "MiB"), (1024.0, "KiB"), (1.0, "B"))
_SCALES = {"seconds": _SECONDS, "s": _SECONDS, "bytes": _BYTES, "B": _BYTES}


def scale(unit: str, value: float) -> tuple[float, str]:
    """Return (divisor, label) that suit `value` of `unit`: 0.0021 seconds -> (1e-3, "ms")."""
    steps = _SCALES.get(unit)
    if steps is None:
        return (1.0, "") if unit == "unit" else (1.0, unit)
    size = abs(value)
    for divisor, label in steps:
        if size >= divisor * 0.9995:
            return divisor, label
    return steps[-1]


def show(value: float, unit: str, digits: int = 3) -> str:
    """Return `value` for people: 0.00213 seconds is "2.13 ms"; NaN is "n/a"."""
    if math.isnan(value):
        return "n/a"
    divisor, label = scale(unit, value)
    return f"{significant(value / divisor, digits)} {label}".rstrip()


def significant(value: float, digits: int = 3) -> str:
    """Return `value` with so many significant digits, without exponent between 1e-4 and 1e6."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    if math.isinf(rounded):  # the largest numbers there are
        return f"{value:.{digits - 1}e}"
    places = digits - 1 - math.floor(math.log10(abs(rounded)))
    if 1e-4 <= abs(rounded) < 1e6:
        return f"{rounded:.{max(0, places)}f}"
    return f"{value:.{digits - 1}e}"


def percent(ratio: float) -> str:
    """Return a ratio as a signed change: 1.082 -> "+8.2 %", 2.5 -> "+150 %"."""
    change = 100 * (ratio - 1)
    return f"{change:+.1f} %" if abs(change) < 99.5 else f"{change:+.0f} %"


def duration(seconds: float) -> str:
    """Return a time span for people: 42 -> "42 s", 500 -> "8 min 20 s", 7400 -> "2 h 3 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 commit", "2 commits"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
