"""The levels of a series: what it stayed at between two changes."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from bench_runner.model.change import Change
from bench_runner.model.series import Series
from bench_runner.stats.segmentation import MIN_POINTS

_LEAST = 2 * MIN_POINTS  # numbers in a segment that can show a change: two levels
_LEAST_EXACT = 2  # the same of a counter, whose every difference counts
WIDE = 1.0  # of the value: half an interval beyond this says only that nothing is known


@dataclass(frozen=True, slots=True)
class Level:
    """From point `first` to point `last` (indices, both included) the series stayed around `value`."""

    first: int
    last: int
    value: float


def levels(series: Series, changes: Iterable[Change]) -> list[Level]:
    """Return the levels in order; a stretch without a number has none."""
    position = {} if series.times else {sha: index for index, sha in enumerate(series.shas)}
    edges = {
        change.step.index if series.times else position[change.first_new]
        for change in changes
        if series.times or change.first_new in position
    }
    edges |= {0, len(series.values), *series.segments}
    ordered = sorted(edges)
    found = []
    for first, end in itertools.pairwise(ordered):
        values = numbers(series.values[first:end])
        if values:
            found.append(Level(first, end - 1, median(values)))
    return found


def numbers(values: Iterable[float]) -> list[float]:
    """Return the finite ones."""
    return [value for value in values if math.isfinite(value)]


def short(series: Series) -> bool:
    """Whether no segment has enough numbers to show a change, so that nothing can be said of the series."""
    least = _LEAST_EXACT if series.metric.exact else _LEAST
    return all(len(numbers(series.values[part])) < least for part in series.stretches())


def narrow(value: float, low: float, high: float) -> bool:
    """Whether an interval is known and not so wide that it says nothing."""
    half = (high - low) / 2
    return math.isfinite(half) and half <= WIDE * abs(value)


def newest(series: Series) -> int | None:
    """Return the index of the last point that has a number."""
    return next((i for i in range(len(series.values) - 1, -1, -1) if math.isfinite(series.values[i])), None)


def by_series(changes: Sequence[Change]) -> dict[object, list[Change]]:
    """Return the changes of each series key, oldest first."""
    found: dict[object, list[Change]] = {}
    for change in sorted(changes, key=lambda change: change.revision):
        found.setdefault(change.key, []).append(change)
    return found
