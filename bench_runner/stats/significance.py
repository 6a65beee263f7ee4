"""Decides which proposed changes of a series are real: clearer than its noise, large enough to care, and lasting."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from statistics import NormalDist

from bench_runner.stats.levels import Levels
from bench_runner.stats.noise import Array, centre
from bench_runner.stats.recurring import BACK, Excursion, visit

# A change stands when normal noise makes one as clear at one place with at most this probability: 3.8 sd.
CHANCE = 1 / 7000
# A level of m points must be (1 + SHORT / m) times clearer: few neighbours share one cause more often than many do.
SHORT = 1.0
# No level is known better than one of this many points: machines wander, however long they are watched.
WANDER = 200.0
# The first level of a history has at least so many points: with fewer, nobody knew yet what was normal.
KNOWN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing change: index, both levels, the difference's standard error, z."""

    index: int
    before: float
    after: float
    error: float
    z: float


class Validation:
    """Backward elimination: the least credible change goes until every one left stands.

    `values` in the scale on which steps add up, `noise` their sd there, `floor` the smallest step that matters.
    """

    def __init__(self, values: Array, noise: float, floor: float, levels: Levels) -> None:
        self._values, self._noise, self._floor, self._levels = values, noise, floor, levels
        self._known: dict[tuple[int, int], float] = {}
        self._measured: dict[tuple[int, int, int], Standing] = {}

    def run(self, places: Sequence[int]) -> list[int]:
        """Return the places of the changes that stand, ascending; when some went, the noise is learnt anew."""
        kept = list(places)
        while kept:
            self._levels.fit(kept)
            left = self._eliminate(kept)
            if len(left) == len(kept):
                break
            kept = left
        return kept

    def judge(self, places: Sequence[int]) -> list[Standing]:
        """Measure every change: the likelihood of two levels over that of one, as standard errors."""
        self._measured = {}
        return self._standing(places, self._levels.spread(places) if places else 1.0)

    def _standing(self, places: Sequence[int], spread: float) -> list[Standing]:
        """Measure every change that was not measured since the noise was learnt."""
        edges = [0, *places, len(self._values)]
        triples = [(edges[k], edges[k + 1], edges[k + 2]) for k in range(len(places))]
        self._measured |= {one: self._one(spread, *one) for one in triples if one not in self._measured}
        return [self._measured[one] for one in triples]

    def _eliminate(self, places: Sequence[int]) -> list[int]:
        """Take out one change after the other, or both ends of a visit, until all that are left stand."""
        kept, spread = list(places), self._levels.spread(places)
        self._measured = {}
        while kept:
            standing = self._standing(kept, spread)
            gone = visit(self._excursions(standing)) or self._weakest(standing)
            if not gone:
                break
            kept = [place for place in kept if place not in gone]
        return kept

    def _level(self, start: int, end: int) -> float:
        """Return the level of a stretch in the values' own scale, once."""
        if (start, end) not in self._known:
            self._known[start, end] = centre(self._values[start:end], self._noise)
        return self._known[start, end]

    def _one(self, spread: float, start: int, place: int, end: int) -> Standing:
        before, after = self._level(start, place), self._level(place, end)
        sizes = place - start, end - place
        points = sum(1 / size for size in sizes)
        certain = self._levels.evidence(start, place, end, spread) * points / (points + 2 / WANDER)
        error = self._noise * math.sqrt(self._levels.inflation * points)
        return Standing(place, before, after, error, math.sqrt(certain) / (1 + SHORT / min(sizes)))

    def _weakest(self, standing: Sequence[Standing]) -> set[int]:
        """Return the place of the least credible change, if it does not stand."""
        margin, place = min((self._margin(one), one.index) for one in standing)
        return {place} if margin < 1 else set()

    def _margin(self, one: Standing) -> float:
        """Return how far a change is above the lower of its bars; it stands from 1."""
        size = abs(one.after - one.before) / self._floor if self._floor else math.inf
        return 0.0 if one.index < KNOWN else min(one.z / _clear(), size)

    def _excursions(self, standing: Sequence[Standing]) -> list[Excursion]:
        """Return the stretches whose level is left again for one that cannot be told from the level before them."""
        edges = [0, *(one.index for one in standing), len(self._values)]
        return [
            Excursion(
                up.index,
                down.index,
                min(edges[k] - edges[k - 1], edges[k + 2] - edges[k + 1]),
                up.after - up.before,
                jump,
            )
            for k, (up, down) in enumerate(pairwise(standing), start=1)
            if (jump := _returns(up, down)) and self._alike(*edges[k - 1 : k + 3])
        ]

    def _alike(self, start: int, up: int, down: int, end: int) -> bool:
        """Whether what is before and what is after an excursion may be one level."""
        apart = self._levels.level(start, up).likelihood + self._levels.level(down, end).likelihood
        return (
            2 * (apart - self._levels.level(start, up, down, end).likelihood) < _clear() ** 2 * self._levels.inflation
        )


@cache
def _clear() -> float:
    """Return how many sd of normal noise CHANCE is, two-sided."""
    return NormalDist().inv_cdf(1 - CHANCE / 2)


def _returns(up: Standing, down: Standing) -> float:
    """Return the smaller of two opposite jumps if they bring back the level of before, else 0."""
    first, second = up.after - up.before, down.after - down.before
    jump = min(abs(first), abs(second))
    return jump if first * second < 0 and abs(down.after - up.before) < BACK * jump else 0.0
