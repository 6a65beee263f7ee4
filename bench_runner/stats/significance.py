"""Decides which proposed changes of a series are real: larger than its noise, large enough to care, and lasting."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bench_runner.stats.noise import Array, inflation, level

# A change stands when it is this many standard errors large: 1 in 60,000 places of normal noise; real noise is worse.
ENOUGH = 4.3
# A level of m points must be (1 + SHORT / m) times clearer: few neighbours share one cause more often than many do.
SHORT = 2.0
# An excursion of up to this many points that comes back, within stretches REST times as long on both sides, is a slow
# hour of the machine and no change of the code; in a short history the same excursion is news.
VISIT = 8
REST = 3
# The noise of a level is estimated together with this many points of the whole series' noise: three points that happen
# to agree do not prove a quiet machine.
PRIOR = 8


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a series: its value, its points, and the sum of their squared (bounded) residuals."""

    value: float
    size: int
    squares: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing change: index, both levels, a point's (inflated) variance, the difference's standard error, z."""

    index: int
    before: float
    after: float
    variance: float
    error: float
    z: float


@dataclass
class Validation:
    """Backward elimination: the least credible change goes until every one left stands; `noise` is the series' sd."""

    values: Array
    noise: float
    floor: float
    _levels: dict[tuple[int, int], Level] = field(default_factory=dict)

    def run(self, places: Sequence[int]) -> list[Standing]:
        """Return the changes that stand, ascending."""
        kept = list(places)
        while True:
            inflated = inflation(self._residuals(kept))
            before = len(kept)
            while kept:
                standing = self._judge(kept, inflated)
                gone = self._visit(standing, len(self.values)) or self._weakest(standing)
                if not gone:
                    break
                kept = [place for place in kept if place not in gone]
            if len(kept) == before:
                return self._judge(kept, inflated)

    def _level(self, start: int, end: int) -> Level:
        """Summarise one stretch, once."""
        if (start, end) not in self._levels:
            stretch = self.values[start:end]
            value = level(stretch, self.noise)
            rest = np.clip(stretch - value, -3 * self.noise, 3 * self.noise)
            self._levels[start, end] = Level(value, end - start, float(np.dot(rest, rest)))
        return self._levels[start, end]

    def _edges(self, places: Sequence[int]) -> list[tuple[int, int]]:
        """Return the stretches between the places."""
        return list(pairwise([0, *places, len(self.values)]))

    def _residuals(self, places: Sequence[int]) -> Array:
        """Return what the levels leave, bounded."""
        edges = self._edges(places)
        fitted = np.repeat([self._level(a, b).value for a, b in edges], [b - a for a, b in edges])
        residuals: Array = np.clip(self.values - fitted, -3 * self.noise, 3 * self.noise)
        return residuals

    def _judge(self, places: Sequence[int], inflated: float) -> list[Standing]:
        """Measure every change against the noise of its two levels."""
        levels = [self._level(a, b) for a, b in self._edges(places)]
        return [
            self._one(place, old, new, inflated) for place, (old, new) in zip(places, pairwise(levels), strict=True)
        ]

    def _one(self, place: int, old: Level, new: Level, inflated: float) -> Standing:
        """Measure one change: pooled variance of both levels and the prior, times the autocorrelation's inflation."""
        freedom = old.size + new.size - 2 + PRIOR
        variance = (old.squares + new.squares + PRIOR * self.noise**2) / freedom * inflated
        error = math.sqrt(variance * (1 / old.size + 1 / new.size))
        z = abs(new.value - old.value) / error / (1 + SHORT / min(old.size, new.size))
        return Standing(place, old.value, new.value, variance, error, z)

    def _weakest(self, standing: Sequence[Standing]) -> set[int]:
        """Return the place of the least credible change, if it does not stand."""
        margin, place = min((self._margin(one), one.index) for one in standing)
        return {place} if margin < 1 else set()

    def _margin(self, one: Standing) -> float:
        """Return how far a change is above the lower of its two bars; it stands from 1."""
        size = abs(one.after - one.before) / self.floor if self.floor else math.inf
        return min(one.z / ENOUGH, size)

    def _visit(self, standing: Sequence[Standing], size: int) -> set[int]:
        """Return both ends of the smallest short excursion that comes back, if there is one."""
        edges = [0, *(one.index for one in standing), size]
        visits = []
        for k, (up, down) in enumerate(pairwise(standing), start=1):
            stay = down.index - up.index
            rest = min(edges[k] - edges[k - 1], edges[k + 2] - edges[k + 1])
            jump = min(abs(up.after - up.before), abs(down.after - down.before))
            if stay <= VISIT and rest >= REST * stay and comes_back(up, down):
                visits.append((jump, {up.index, down.index}))
        return min(visits, key=lambda visit: visit[0])[1] if visits else set()


def comes_back(up: Standing, down: Standing) -> bool:
    """Whether the second change undoes at least half of the first, the first half of the second."""
    jump = min(abs(up.after - up.before), abs(down.after - down.before))
    opposite = (up.after - up.before) * (down.after - down.before) < 0
    return opposite and abs(down.after - up.before) < jump / 2
