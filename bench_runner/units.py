"""Prints and reads values with a sensible prefix; inside the program every value is in its base unit."""

import math
import re

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "μs"), (1e-9, "ns"))
_BYTES = ((1024.0**3, "GiB"), (1024.0**2, "MiB"), (1024.0, "KiB"), (1.0, "B"))
_INSTRUCTIONS = tuple((10.0**power, f"{letter} instructions") for power, letter in ((9, "G"), (6, "M"), (3, "k")))
_SCALES = {
    "seconds": _SECONDS,
    "s": _SECONDS,
    "bytes": _BYTES,
    "B": _BYTES,
    "instructions": (*_INSTRUCTIONS, (1.0, "instructions")),
}
_AMOUNT = re.compile(
    r"(?P<number>[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?)\s*(?P<unit>[^\s0-9].*)?"
)
_WHOLE, _LARGE, _DIGITS = 1e12, 1e4, 5  # exact numbers from here on, and broken ones, are shown with so many digits
# What people write: (factor, base unit).
_WRITTEN: dict[str, tuple[float, str]] = {
    **{word: (factor, "seconds") for factor, word in (*_SECONDS, (60.0, "min"), (3600.0, "h"))},
    **dict.fromkeys(("us", "\N{MICRO SIGN}s"), (1e-6, "seconds")),
    **{word: (factor, "bytes") for factor, word in (*_BYTES, (1024.0**4, "TiB"))},
    **{f"{letter}B": (1000.0**power, "bytes") for letter, power in (("k", 1), ("K", 1), ("M", 2), ("G", 3), ("T", 4))},
}


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


def value(number: float, unit: str, *, exact: bool) -> str:
    """Return a number of a metric for people: whole where there is no noise."""
    return exactly(number, unit) if exact else show(number, unit)


def difference(value: float, unit: str) -> str:
    """Return a difference with its sign: "+1.50 MiB"."""
    return f"{'+' if value >= 0 else '-'}{show(abs(value), unit)}"


def exactly(value: float, unit: str) -> str:
    """Return a number without noise to its last digit, "1,002 calls"; sizes, and what is too long, to five digits."""
    if not value.is_integer() or abs(value) >= (_LARGE if unit in _SCALES else _WHOLE):
        return show(value, unit, _DIGITS)
    return f"{value:,.0f} {scale(unit, 0.0)[1]}".rstrip()


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


def parse(text: str) -> tuple[float, str]:
    """Return number and unit of an amount as people write it: "150 MB" is (1.5e8, "bytes"), "7 rows/s" as it stands.

    Seconds and bytes come in their base unit; without a unit it is "". ValueError for anything else.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'it is a number with a unit such as "2 s" or "150 MB", not {text[:60]!r}')
    word = match["unit"] or ""
    factor, unit = _WRITTEN.get(word, (1.0, word))
    value = float(match["number"]) * factor
    if not math.isfinite(value):
        raise ValueError(f"{text[:60]!r} is too large for a number")
    return value, unit


def share(text: str) -> float:
    """Return what a percentage means: "5 %" is 0.05; ValueError for anything else."""
    number, unit = parse(text)
    if unit != "%":
        raise ValueError(f'it is a percentage such as "5 %", not {text[:60]!r}')
    return number / 100
