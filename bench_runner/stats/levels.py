"""The likeliest level of each stretch of a series, given what its noise looks like."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_runner.stats.density import STEP, Bins, Density
from bench_runner.stats.noise import Array, inflation

# Levels are looked for at so many places at most, four bins apart where there is room; then in every bin around.
_PLACES = 160
_COARSE = 4
_BEYOND = 40  # bins: the level of few points may lie beyond them all
_SHARES = np.array([0.1, 0.5, 0.9])
# A residual counts with at most so many sd where its square is taken.
_BOUND = 3.0
# The noise of two levels is estimated together with so many points of the whole series': few say little of it.
_POOLED = 8


@dataclass(frozen=True, slots=True)
class Level:
    """The likeliest level in bins, the log likelihood of the stretch there, its bounded squares around it, in sd."""

    bin: int
    likelihood: float
    squares: float


class Levels:
    """Levels of the stretches of one series in units of its noise; each is looked for once for each fit of the noise.

    A point of weight 1/4 counts as a quarter of a point: one whose own interval is twice as wide as the noise. `unseen`
    is the share of the noise that the points' own intervals tell of, and the points themselves do not show.
    """

    def __init__(self, values: Array, weights: Array | None = None, unseen: float = 0.0) -> None:
        bins = np.rint(values / STEP)
        self._values, self._code = np.unique(np.clip(bins, -(2**52), 2**52).astype(np.int64), return_inverse=True)
        self._weights, self._unseen = weights, unseen
        self._known: dict[tuple[int, ...], Level] = {}  # since the density was learnt
        self.inflation = 1.0

    def fit(self, places: Sequence[int]) -> None:
        """Learn the noise from what the levels between the places leave, and how its points depend on each other."""
        edges = list(pairwise([0, *places, len(self._code)]))
        if not self.fitted:
            self._learn(edges, [int(self._values[_middle(self._code[start:end])]) for start, end in edges])
        else:
            self._learn(edges, [self.level(*one).bin for one in edges])
        rest = _bounded(self._residuals(edges, [self.level(*one).bin for one in edges]))
        self.inflation = inflation(rest - rest.mean())

    @property
    def fitted(self) -> bool:
        """Whether the noise was learnt."""
        return bool(self._known)

    def _learn(self, edges: Sequence[tuple[int, int]], bins: Sequence[int]) -> None:
        """Learn the density of what some levels leave."""
        self.density = Density(self._residuals(edges, bins), self._unseen)
        self._known = {}

    def _residuals(self, edges: Sequence[tuple[int, int]], bins: Sequence[int]) -> Bins:
        """Return what the levels of stretches leave of the points, in bins."""
        rest: Bins = self._values[self._code] - np.repeat(bins, [end - start for start, end in edges])
        return rest

    def level(self, *edges: int) -> Level:
        """Return the level of one stretch (start, end), or the common one of two (start, end, start, end)."""
        if edges not in self._known:
            self._known[edges] = self._likeliest(*self._counted(edges))
        return self._known[edges]

    def gain(self, start: int, place: int, end: int) -> float:
        """Return by how much two levels make a stretch likelier than one (natural logarithm)."""
        two = self.level(start, place).likelihood + self.level(place, end).likelihood
        return max(0.0, two - self.level(start, end).likelihood)

    def spread(self, places: Sequence[int]) -> float:
        """Return the variance of the bounded residuals around the levels between the places, in sd squared."""
        edges = list(pairwise([0, *places, len(self._code)]))
        return sum(self.level(start, end).squares for start, end in edges) / max(1, len(self._code) - len(edges)) or 1.0

    def evidence(self, start: int, place: int, end: int, spread: float) -> float:
        """Return the square of the standard errors that speak for two levels; less where noise exceeds `spread`."""
        squares = self.level(start, place).squares + self.level(place, end).squares
        local = (squares + _POOLED * spread) / (end - start - 2 + _POOLED)
        return 2 * self.gain(start, place, end) / self.inflation / max(1.0, local / spread)

    def likelihoods(self, start: int, end: int, level: Level) -> Array:
        """Return the log likelihood of each point at a level."""
        found = self.density.of(self._values[self._code[start:end]] - level.bin)
        return found if self._weights is None else found * self._weights[start:end]

    def _counted(self, edges: Sequence[int]) -> tuple[Bins, Array]:
        """Return the bins that occur in some stretches, and how often (weights added up)."""
        code = _joined(self._code, edges)
        weights = None if self._weights is None else _joined(self._weights, edges)
        least = int(code.min())
        counts = np.bincount(code - least, weights)
        (at,) = counts.nonzero()
        return self._values[at + least], counts[at].astype(float)

    def _likeliest(self, bins: Bins, counts: Array) -> Level:
        """Look for the level coarsely between the outer tenths of the points, then closely."""
        below = counts.cumsum()
        tenth, half, most = bins[below.searchsorted(below[-1] * _SHARES)].tolist()
        low, high = min(tenth, half - _BEYOND), max(most, half + _BEYOND)
        stride = max(_COARSE, math.ceil((high - low) / _PLACES))
        rough, _ = self._best(bins, counts, np.arange(low, high + stride, stride))
        fine = rough + np.arange(-stride, stride + 1, max(1, stride // _COARSE))
        best, likelihood = self._best(bins, counts, fine)
        rest = _bounded(bins - best)
        mean = float(rest @ counts) / float(below[-1])
        return Level(best, likelihood, float((rest - mean) ** 2 @ counts))

    def _best(self, bins: Bins, counts: Array, levels: Bins) -> tuple[int, float]:
        """Return the likeliest of some levels, and how likely the points are there."""
        found = self.density.of(bins - levels[:, None]) @ counts
        best = int(found.argmax())
        return int(levels[best]), float(found[best])


def _joined(points: NDArray[Any], edges: Sequence[int]) -> NDArray[Any]:
    """Return the points of some stretches."""
    if len(edges) == 2:
        return points[edges[0] : edges[1]]
    return np.concatenate([points[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)])


def _middle(codes: Bins) -> int:
    """Return the median."""
    return int(np.sort(codes)[len(codes) // 2])


def _bounded(residuals: Bins) -> Array:
    """Return residuals in bins as sd, outliers pulled in."""
    found: Array = np.minimum(np.maximum(residuals * STEP, -_BOUND), _BOUND)
    return found
