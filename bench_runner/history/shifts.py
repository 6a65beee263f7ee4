"""Steps that most series of an environment on a machine share."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from bench_runner.history.changes import Past
from bench_runner.history.noises import Noises, Stretch
from bench_runner.history.surroundings import Cell
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.detector import Detector
from bench_runner.stats.noise import Array, scale

# Of fewer series nobody can say that most of them agree.
FEW = 5
# A series can tell of a step whose size is this many standard errors of its own levels there.
TELLING = 4.0
# Who moved by less than this share of a step did not take part; by more than its inverse, for a reason of their own.
HALF = 0.5
# Noise places steps so many points off.
NEAR = 6
# What all share is read off the quietest series, so many at most.
QUIET = 100


@dataclass(frozen=True, slots=True)
class Shift:
    """A step of the series of one unit in a cell: its first revision, the ones it may be, and its size (log ratio).

    `agree` of the `told` series that could tell moved by about that much; `still` are those that hardly moved (who
    moved the other way may have taken part all the same).
    """

    cell: Cell
    unit: str
    revision: int
    span: tuple[int, int]
    size: float
    agree: int
    told: int
    still: frozenset[SeriesKey]

    @property
    def shared(self) -> bool:
        """Whether most series took part."""
        return self.told >= FEW and 2 * self.agree >= self.told


class Shifts:
    """Looks for shared steps in a history."""

    def __init__(self, history: Past, noises: Noises, detector: Detector) -> None:
        self._commits, self._noises, self._detector = len(history.commits), noises, detector
        self._series: dict[tuple[Cell, str], list[Series]] = defaultdict(list)
        for one in history.series:
            if one.metric.better != "neither" and not one.metric.exact:
                self._series[(one.key.environment, one.key.machine), one.metric.unit].append(one)

    def found(self) -> list[Shift]:
        """Return all shared steps."""
        return [
            shift
            for (cell, unit), series in self._series.items()
            if len(series) >= FEW
            for shift in self._of(cell, unit, series)
            if shift.shared
        ]

    def beside(self, shift: Shift) -> list[Shift]:
        """Return what the same series say of a step in other cells, of those where enough of them can tell."""
        cells = [cell for cell, unit in self._series if unit == shift.unit and cell != shift.cell]
        told = [self._told(cell, shift.unit, shift.span, shift.size) for cell in cells]
        return [one for one in told if one.told >= FEW]

    def _of(self, cell: Cell, unit: str, series: Sequence[Series]) -> Iterator[Shift]:
        """Yield the steps of what the series of a cell have in common."""
        common = _common(series, self._commits)
        known = np.flatnonzero(np.isfinite(common))
        for step in self._detector.steps(np.exp(common[known]).tolist()):
            first, last = step.earliest, step.latest
            start = known[(step.index if first is None else first) - 1] + 1
            span = (int(start), int(known[step.index if last is None else last]))
            yield self._told(cell, unit, span, math.log(step.ratio), int(known[step.index]))

    def _told(self, cell: Cell, unit: str, span: tuple[int, int], size: float, revision: int = -1) -> Shift:
        """Return a step with the series that took part."""
        gaps = dict(self._gaps(self._series[cell, unit], span, size))
        moved = {key: gap for key, gap in gaps.items() if HALF <= gap / size <= 1 / HALF}
        exact = median(moved.values()) if moved else size
        at = revision if revision >= 0 else span[1]
        hardly = [key for key, gap in gaps.items() if abs(gap / size) < HALF]
        odds = math.log((len(moved) + 1) / (len(hardly) + 1))
        still = frozenset(key for key in hardly if not self._elsewhere(key, at, exact, odds))
        return Shift(cell, unit, at, span, exact, len(moved), len(gaps), still)

    def _elsewhere(self, key: SeriesKey, revision: int, size: float, odds: float) -> bool:
        """Whether a series took its part in a step at a revision, though noise makes it look like a step elsewhere.

        `odds` (logarithm) speak for a part. A step of its own so near to the shared one is another coincidence, and the
        noise between both tells how much likelier its own place is.
        """
        index = int(np.searchsorted(self._noises.series[key].revisions, revision))
        stretch = self._noises.stretch(key, index)
        if stretch is None:
            return False
        place = int(np.searchsorted(stretch.revisions, revision))
        for edge in _beside(stretch.edges, place):
            between = abs(edge - place)
            surprise = odds + math.log(len(stretch.values) / (2 * between))
            if HALF <= stretch.gap(edge) / size <= 1 / HALF and stretch.loss(edge, place) < surprise:
                return True
        return False

    def _gaps(self, series: Sequence[Series], span: tuple[int, int], size: float) -> Iterator[tuple[SeriesKey, float]]:
        """Yield how much each series that can tell moved there (on the log scale)."""
        for one in series:
            at = int(np.searchsorted(one.revisions, span[1]))
            stretch = self._noises.stretch(one.key, at) if 0 < at < len(one.values) else None
            place = _place(stretch, span) if stretch else 0
            if stretch and place and stretch.noise.error(*stretch.sizes(place)) * TELLING <= abs(size):
                yield one.key, stretch.gap(place)


def _place(stretch: Stretch, span: tuple[int, int]) -> int:
    """Return where a stretch has a step in a span of revisions: its own change there, else the last point in it."""
    first, last = (int(np.searchsorted(stretch.revisions, one)) for one in span)
    mine = [edge for edge in stretch.edges[1:-1] if first - NEAR <= edge <= last + NEAR]
    place = min(mine, key=lambda edge: abs(edge - last)) if mine else last
    return place if 0 < place < len(stretch.values) else 0


def _beside(edges: Sequence[int], place: int) -> list[int]:
    """Return the changes next to a place on both sides."""
    k = int(np.searchsorted(edges, place))
    return [edge for edge in edges[max(1, k - 1) : min(k + 1, len(edges) - 1)] if edge != place]


def _common(series: Sequence[Series], commits: int) -> Array:
    """Return by revision how far the logarithms of the quietest series lie above their own medians (the median)."""
    rows: list[tuple[float, Series]] = []
    for one in series:
        values = np.asarray(one.values)
        known = values[np.isfinite(values)]
        if len(known) and known.min() > 0:
            rows.append((scale(np.log(known)), one))
    rows.sort(key=lambda row: row[0])
    quiet = rows[: max(FEW, min(QUIET, len(rows) // 2))]
    table = np.full((len(quiet), commits), np.nan)
    for row, (_, one) in zip(table, quiet, strict=True):
        logs = np.log(np.asarray(one.values))
        row[np.asarray(one.revisions)] = logs - np.nanmedian(logs)
    counts = np.isfinite(table).sum(axis=0)
    common = np.full(commits, np.nan)
    enough = counts >= min(FEW, len(quiet))
    if enough.any():
        common[enough] = np.nanmedian(table[:, enough], axis=0)
    return common
