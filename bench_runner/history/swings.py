"""Takes out of series what all runs of a machine share and what does not last: the states that a machine goes through.

A virtual machine whose neighbour works, or a core whose other thread does, is slower for minutes: all numbers of a run
then swing together, and by more than anything else moves them. Shared steps that last are left to `shifts`.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench_runner.history.changes import Past
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.detector import Detector
from bench_runner.stats.noise import Array

if TYPE_CHECKING:
    from bench_runner.history.surroundings import Cell

Places = NDArray[np.intp]

# What others share is the median over them; over fewer than these it is mostly their own noise.
FEW = 4
# It is read off so many series at most; of more than so many, one more or less says nothing.
READ, MANY = 100, 20
# In fewer runs noise is easily alike by chance.
ENOUGH = 12
# Only what makes more of the variance than all the rest is worth taking out.
SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Steadied:
    """A history whose series are without swings; `swings` says how large those taken out were (sd, log scale)."""

    commits: Sequence[Commit]
    series: Sequence[Series]
    swings: dict[SeriesKey, float]

    def told(self, change: Change) -> Change:
        """Return a change with a word about what was taken out of its series."""
        if change.key not in self.swings:
            return change
        word = f"the runs swing together by {math.expm1(self.swings[change.key]):.0%}: that is taken out before looking"
        return replace(change, warnings=(*change.warnings, word))


def steadied(history: Past, detector: Detector) -> Steadied:
    """Return a history without the swings of its machines, where these make most of the noise."""
    cells: dict[tuple[Cell, str], list[Series]] = defaultdict(list)
    for one in history.series:
        if one.metric.better != "neither" and not one.metric.exact:
            cells[(one.key.environment, one.key.machine), one.metric.unit].append(one)
    taken: dict[SeriesKey, Array] = {}
    for series in cells.values():
        taken |= _taken(series, len(history.commits), detector)
    swings = {key: float(swing.std()) for key, swing in taken.items()}
    return Steadied(history.commits, [_without(one, taken.get(one.key)) for one in history.series], swings)


def _without(series: Series, swing: Array | None) -> Series:
    """Return a series divided by its swings."""
    if swing is None:
        return series
    factors = np.exp(-swing)
    values, low, high = ((np.asarray(one) * factors).tolist() for one in (series.values, series.low, series.high))
    return replace(series, values=values, low=low, high=high)


def _taken(series: Sequence[Series], commits: int, detector: Detector) -> dict[SeriesKey, Array]:
    """Return the swings of those series of a cell that mostly swing, one for each of their points (log scale)."""
    read = series[:: max(1, len(series) // READ)]
    if len(read) <= FEW:
        return {}
    table = np.array([_row(one, commits) for one in read])
    shared = _Shared.of(table, detector)
    if 2 * sum(shared.followed(row) > 0 for row in table) < len(table):
        return {}
    found = {}
    for k, one in enumerate(series):
        if len(series) <= MANY:  # what a series itself adds must not be taken for what it shares
            shared = _Shared.of(np.delete(table, k, axis=0), detector)
        share = shared.followed(_row(one, commits))
        if share > 0:
            found[one.key] = (share * shared.swing)[np.asarray(one.revisions)]
    return found


def _row(series: Series, commits: int) -> Array:
    """Return by revision how far the logarithm lies beside the median of its segment; NaN where it has none."""
    row = np.full(commits, np.nan)
    values = np.asarray(series.values, dtype=float)
    if (values[np.isfinite(values)] > 0).all():
        logs = np.log(values)
        for part in series.stretches():
            if np.isfinite(logs[part]).any():
                row[np.asarray(series.revisions)[part]] = logs[part] - np.nanmedian(logs[part])
    return row


@dataclass(frozen=True, slots=True)
class _Shared:
    """What most rows share: the swings by revision, 0 where too few can tell, and the revisions of each lasting level.

    There are no levels where too few runs can tell.
    """

    swing: Array
    levels: Sequence[Places]

    @classmethod
    def of(cls, table: Array, detector: Detector) -> "_Shared":
        """Return what the rows of a table share."""
        swing = np.zeros(table.shape[1])
        known = np.flatnonzero(np.isfinite(table).sum(axis=0) >= FEW)
        if len(known) < ENOUGH:
            return cls(swing, [])
        middle = np.nanmedian(table[:, known], axis=0)
        steps = [step.index for step in detector.steps(np.exp(middle).tolist())]
        levels = np.split(known, steps)
        for places, part in zip(levels, np.split(middle, steps), strict=True):
            swing[places] = part - np.median(part)
        return cls(swing, levels)

    def followed(self, row: Array) -> float:
        """Return by what factor a row follows the swings (least squares); 0 where they are not most of its variance."""
        mine = [level[np.isfinite(row[level])] for level in self.levels]
        if sum(map(len, mine)) < ENOUGH:
            return 0.0
        own, shared = (
            np.concatenate([part[at] - part[at].mean() for at in mine if len(at)]) for part in (row, self.swing)
        )
        together, power = float(own @ shared), float(shared @ shared)
        most = together > 0 and together**2 >= SHARE * power * float(own @ own)
        return together / power if most else 0.0
