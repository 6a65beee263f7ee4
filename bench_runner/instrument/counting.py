"""Counts what a program does, by name: exact under threads, without a lock, from zero in a forked child.

orders = counter("orders")
orders.add()
counter("sent", "By").add(len(body))
"""

from bench_runner.instrument import registry
from bench_runner.instrument.nouns import noun
from bench_runner.instrument.threads import Parted


@noun
class Count:
    """What a counter says: a natural number of units ("1", "By", ...: those of UCUM)."""

    unit: str
    value: int


class _Sum:
    """What one thread at a time has counted."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = 0

    def clear(self) -> None:
        """Forget it."""
        self.total = 0


class Counter(Parted):
    """Only rises. Memory: a number for each thread that was alive at the same time as the others."""

    def __init__(self, name: str, unit: str = "1") -> None:
        super().__init__(_Sum)
        self.name, self.unit = name, unit

    def add(self, n: int = 1) -> None:
        """Count `n` more; what is no natural number is a counted failure and changes nothing."""
        try:
            if type(n) is int and n >= 0:
                self.mine.lease.part.total += n  # no call in it, hence whole to signal handlers and finalizers
                return
        except AttributeError:  # the first of this thread
            self.lend().part.total += n
            return
        self._other(n)

    def read(self) -> Count:
        """Return what all threads have counted up to now."""
        return Count(self.unit, sum(part.total for part in self.parts()))

    def _other(self, n: object) -> None:
        """Count what only behaves like an int, as numbers of numpy do."""
        try:
            plain = int(n.__index__())  # type: ignore[attr-defined] # or it is none
        except Exception as error:  # noqa: BLE001 - foreign code
            registry.failed(f"counter {self.name}", error)
            return
        if plain < 0:
            registry.failed(f"counter {self.name}", f"{plain} is less than nothing")
        else:
            self.add(plain)


_counters: dict[str, Counter] = {}


def counter(name: str, unit: str = "1") -> Counter:
    """Return the one counter of a name; all beyond MAX_NAMES share one. TypeError for a name or unit that is no text.

    Whoever asks first names the unit; asking for another one is a counted failure.
    """
    if not isinstance(name, str) or not isinstance(unit, str):
        raise TypeError(f"a counter's name and unit are text, not {name!r} and {unit!r}")
    known = _counters.get(name)
    if known is None:
        name = registry.fitting(name, _counters)
        known = _counters.setdefault(name, Counter(name, unit if name != registry.OVERFLOW else "1"))
    if known.unit != unit and known.name != registry.OVERFLOW:
        registry.failed(f"counter {name}", f"counts {known.unit}, not {unit}")
    return known


def counters() -> dict[str, Count]:
    """Return what this process, not its parent before the fork, has counted by name; zeros, too."""
    return {name: one.read() for name, one in sorted(_counters.copy().items())}
