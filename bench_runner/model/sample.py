"""Measured values and what they amount to."""

import math
from dataclasses import dataclass, field
from statistics import median

from bench_runner.model.vitals import UNKNOWN, Vitals


@dataclass(frozen=True, slots=True)
class Round:
    """What one fresh process measured of a case: values per call in order, in the metric's unit, with their cost.

    `number` is the calls per value (timeit's number); `wall_s`, `cpu_s` and `child_cpu_s` are spent per call, averaged
    over the round; `peak_rss` in bytes, and of peakmem_* what it was with the interpreter alone (`bare_rss`) and after
    setup (`setup_rss`). A cost that could not be read is NaN. `vitals` tell how quiet it was.
    """

    values: tuple[float, ...]
    number: int = 1
    cpu_s: float = float("nan")
    child_cpu_s: float = float("nan")
    wall_s: float = float("nan")
    peak_rss: float = float("nan")
    bare_rss: float = float("nan")
    setup_rss: float = float("nan")
    vitals: Vitals = UNKNOWN


@dataclass(frozen=True, slots=True)
class Sample:
    """All rounds of one case in order; the round is the unit of statistics, values within it are not independent."""

    rounds: tuple[Round, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """All values, end to end."""
        return tuple(value for one in self.rounds for value in one.values)

    @property
    def memory(self) -> tuple[float, float, float] | None:
        """Bytes of the peak of peakmem_*: the interpreter's, what imports and setup added, and what the call added."""
        found = [(one.bare_rss, one.setup_rss, value) for one in self.rounds for value in one.values]
        if not found or not all(math.isfinite(bare + setup) for bare, setup, _ in found):
            return None
        bare, setup, peak = (median(column) for column in zip(*found, strict=True))
        return bare, setup - bare, peak - setup

    @property
    def number(self) -> int:
        """The calls per value of the last round (the calibrated ones agree)."""
        return self.rounds[-1].number if self.rounds else 1


@dataclass(frozen=True, slots=True)
class Summary:
    """Centre with its 99 % interval, quartiles, the number of rounds, and doubts in words."""

    centre: float
    low: float
    high: float
    n: int
    q25: float = float("nan")
    q75: float = float("nan")
    warnings: tuple[str, ...] = field(default=())
