"""What is known of the noise of series: bounded, with its memory, and without what all series of a run share."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench_runner.history.changes import Past
from bench_runner.model.change import Change
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.clarity import Noise, noise, residuals
from bench_runner.stats.luck import JUMP
from bench_runner.stats.noise import Array
from bench_runner.stats.scaling import Scaled

Places = NDArray[np.intp]

# What the series of a run share is the median over them; over fewer than these it is mostly their own noise.
SHARING = 20
# It is read off so many series at most.
READ = 400
# A step has two parameters, its place and its size; each costs the logarithm of the number of points.
PRICE = 2.0
# Medians of independent values have this variance over their number; what is not well above that is not shared.
MEDIAN_VARIANCE = math.pi / 2


@dataclass(frozen=True)
class Stretch:
    """The present points of one segment: indices in the series, revisions, values on their scale, bounded.

    `edges` are 0, the places of the changes among these points, and their number; `left` is what the levels leave.
    """

    at: Places
    revisions: Places
    values: Array
    edges: tuple[int, ...]
    left: Array

    @cached_property
    def noise(self) -> Noise:
        """The noise about those levels that are worth their price (Schwarz's criterion), the clearest first.

        Noise that remembers is cut at each of its excursions, and about all these levels it would look as if it forgot.
        """
        all_cut = noise(self.left, self.edges)
        clearest = sorted(self.edges[1:-1], key=lambda edge: -abs(self.gap(edge)) / (self._error(edge, all_cut) or 1.0))
        size = len(self.values)
        cuts = [(0, *sorted(clearest[:count]), size) for count in range(len(clearest) + 1)]
        seen = [noise(self.values, cut) for cut in cuts]
        return seen[min(range(len(cuts)), key=lambda count: _cost(seen[count], size) + PRICE * count * math.log(size))]

    def _error(self, place: int, seen: Noise) -> float:
        """Return the standard error of a step in some noise."""
        return seen.error(*self.sizes(place))

    def sizes(self, place: int) -> tuple[int, int]:
        """Return how many points the levels before and after a place have."""
        return place - max(e for e in self.edges if e < place), min(e for e in self.edges if e > place) - place

    def gap(self, place: int) -> float:
        """Return how far the level after a place lies above the one before."""
        before, after = self.sizes(place)
        return float(self.values[place : place + after].mean() - self.values[place - before : place].mean())

    def jump(self, place: int) -> float:
        """Return how far the first points after a place lie from the last before it."""
        after, before = self.values[place : place + JUMP], self.values[place - JUMP : place]
        return abs(float(after.mean() - before.mean()))

    def clarity(self, place: int) -> float:
        """Return the same in standard errors; infinite where there is no noise at all."""
        gap, error = self.gap(place), self._error(place, self.noise)
        return gap / error if error > 0 else math.copysign(math.inf, gap) if gap else 0.0

    def loss(self, edge: int, place: int) -> float:
        """Return by how much the logarithm of the likelihood falls when a change moves to a place beside it."""
        before, after = self.sizes(edge)
        old, new = (
            float(part.mean()) for part in (self.values[edge - before : edge], self.values[edge : edge + after])
        )
        between = self.values[min(edge, place) : max(edge, place)]
        worse = float(((between - old) ** 2 - (between - new) ** 2).sum()) * (1 if edge < place else -1)
        free = (1 - self.noise.memory) / (1 + self.noise.memory)  # of each point, what others have not told
        return worse * free / (2 * self.noise.sd**2) if self.noise.sd > 0 else math.copysign(math.inf, worse)

    def without(self, shared: Array) -> "Stretch":
        """Return the same without what its runs share (by revision, 0 where nothing is), as far as it follows."""
        part = shared[self.revisions]
        power = float(np.dot(part, part))
        if power <= 0:
            return self
        taken = part * (float(np.dot(self.left, part)) / power)
        return replace(self, values=self.values - taken, left=self.left - taken)


class Noises:
    """Looks up stretches of series, their changes known; each is prepared once."""

    def __init__(self, history: Past, changes: Sequence[Change]) -> None:
        self.series = {one.key: one for one in history.series}
        self._commits = len(history.commits)
        self._places: dict[SeriesKey, list[int]] = defaultdict(list)
        for one in changes:
            self._places[one.key].append(one.step.index)
        self._known: dict[tuple[SeriesKey, int], Stretch | None] = {}
        self._shared: dict[tuple[str, str], Array] = {}

    def stretch(self, key: SeriesKey, index: int) -> Stretch | None:
        """Return the segment that holds the point at an index; None with too few values to tell noise."""
        part = next(one for one in self.series[key].stretches() if one.start <= index < one.stop)
        if (key, part.start) not in self._known:
            raw = self._raw(self.series[key], part)
            self._known[key, part.start] = raw and raw.without(self._shared_by((key.environment, key.machine)))
        return self._known[key, part.start]

    def _raw(self, series: Series, part: slice) -> Stretch | None:
        """Return a segment as it was measured."""
        points = np.asarray(series.values[part], dtype=float)
        present = np.flatnonzero(np.isfinite(points))
        if len(present) < 4:
            return None
        scaled = Scaled.of(points[present]).values
        inside = np.array([one - part.start for one in self._places[series.key] if part.start <= one < part.stop])
        edges = (0, *np.unique(np.searchsorted(present, inside)).tolist(), len(present))
        left = residuals(scaled, edges)
        revisions = np.asarray(series.revisions[part])[present]
        return Stretch(present + part.start, revisions, scaled - _excess(scaled, edges, left), edges, left)

    def _shared_by(self, cell: tuple[str, str]) -> Array:
        """Return what the series of an environment on a machine share in each run, by revision; 0: unknown."""
        if cell not in self._shared:
            self._shared[cell] = _shared(list(self._lefts(cell)), self._commits)
        return self._shared[cell]

    def _lefts(self, cell: tuple[str, str]) -> Iterator[tuple[Places, Array]]:
        """Yield revisions and standardised residuals of some series of a cell."""
        mine = [one for one in self.series.values() if (one.key.environment, one.key.machine) == cell]
        for series in mine[:: max(1, len(mine) // READ)] if len(mine) >= SHARING else []:
            raw = self._raw(series, series.stretches()[-1])
            sd = float(raw.left.std()) if raw else 0.0
            if raw and sd > 0:
                yield raw.revisions, raw.left / sd


def _cost(seen: Noise, size: int) -> float:
    """Return how badly noise fits so many points: twice the negative log likelihood of what is new in each."""
    new = seen.sd**2 * (1 - seen.memory**2)
    return size * math.log(new) if new > 0 else -math.inf


def _excess(scaled: Array, edges: Sequence[int], left: Array) -> Array:
    """Return what bounding took away from each point."""
    sizes = np.diff(edges)
    starts = np.asarray(edges[:-1])
    free = scaled - left
    middle = np.array([np.median(free[a : a + n]) for a, n in zip(starts, sizes, strict=True)])
    excess: Array = free - np.repeat(middle, sizes)
    return excess


def _shared(lefts: Sequence[tuple[Places, Array]], commits: int) -> Array:
    """Return the median of standardised residuals at each revision, if it varies more than chance makes it."""
    table = np.full((len(lefts), commits), np.nan)
    for row, (revisions, left) in zip(table, lefts, strict=True):
        row[revisions] = left
    counts = np.isfinite(table).sum(axis=0)
    enough = counts >= SHARING
    shared = np.zeros(commits)
    if enough.any():
        shared[enough] = np.nanmedian(table[:, enough], axis=0)
        chance = float((MEDIAN_VARIANCE / counts[enough]).mean())
        if float(np.mean(shared[enough] ** 2)) < 2 * chance:
            shared[:] = 0
    return shared
