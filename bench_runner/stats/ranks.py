"""Exact tests by ranks, ties included: of two samples (Mann and Whitney), and of pairs (Wilcoxon)."""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from bench_runner.stats.noise import Array

# Beyond this many values in both samples the exact count takes long and the normal approximation errs by less than 1 %.
EXACT_UP_TO = 100
# Sums are compared to a hair, because they are averages of halves.
HAIR = 1e-9


def p_value(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the two-sided p of `a` and `b` being one population (permutation of the rank sum); 1 if one is empty."""
    if not a or not b:
        return 1.0
    doubled = tuple(int(rank) for rank in 2 * midranks([*a, *b]))
    observed = sum(doubled[: len(a)])
    if len(doubled) > EXACT_UP_TO:
        return _approximate(np.array(doubled, dtype=float), len(a), observed)
    ways = _ways(tuple(sorted(doubled)), len(a))
    sums = np.arange(len(ways))
    expected = len(a) * sum(doubled) / len(doubled)
    extreme = np.abs(sums - expected) >= abs(observed - expected) - HAIR
    return min(1.0, float(ways[extreme].sum() / ways.sum()))


def least_p(a: int, b: int) -> float:
    """Return the smallest two-sided p that samples of these sizes can reach: 2 / C(a + b, a)."""
    return min(1.0, 2 / math.comb(a + b, a))


def signed_p(gaps: Sequence[float]) -> float:
    """Return the two-sided p of gaps having either sign alike (sign flips of the signed rank sum); 1 without any.

    Gaps of zero say nothing, and are left out (Wilcoxon, 1945).
    """
    found = np.asarray([gap for gap in gaps if gap != 0], dtype=float)
    if not len(found):
        return 1.0
    doubled = tuple(int(rank) for rank in 2 * midranks(np.abs(found).tolist()))
    observed = sum(rank for rank, gap in zip(doubled, found, strict=True) if gap > 0)
    ways = _flips(tuple(sorted(doubled)))
    extreme = np.abs(np.arange(len(ways)) - sum(doubled) / 2) >= abs(observed - sum(doubled) / 2) - HAIR
    return min(1.0, float(ways[extreme].sum() / ways.sum()))


def signed_least_p(pairs: int) -> float:
    """Return the smallest two-sided p that so many pairs can reach: 2 / 2**pairs."""
    return min(1.0, 2.0 ** (1 - pairs))


def signed_cut(pairs: int, alpha: float) -> int:
    """Return how many of the ordered Walsh averages a 1 - alpha interval leaves out on each side; -1: too few."""
    ways = _flips(tuple(2 * rank for rank in range(1, pairs + 1)))[::2]
    below = np.cumsum(ways) / ways.sum()
    return int(np.searchsorted(below, alpha / 2, side="right")) - 1


def midranks(values: Sequence[float]) -> Array:
    """Return the ranks from 1, ties sharing their mean rank."""
    points = np.asarray(values, dtype=float)
    _, place, count = np.unique(points, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: Array = (last - (count - 1) / 2)[place]
    return ranks


def confidence_cut(a: int, b: int, alpha: float) -> int:
    """Return how many of the a * b ordered differences a 1 - alpha interval leaves out on each side; -1: too few."""
    if a + b > EXACT_UP_TO:
        reach = NormalDist().inv_cdf(1 - alpha / 2) * math.sqrt(a * b * (a + b + 1) / 12)
        return math.floor(a * b / 2 - reach)
    ways = _ways(tuple(2 * rank for rank in range(1, a + b + 1)), a)[a * (a + 1) :: 2]
    below = np.cumsum(ways) / ways.sum()
    return int(np.searchsorted(below, alpha / 2, side="right")) - 1


@lru_cache(maxsize=256)
def _ways(ranks: tuple[int, ...], size: int) -> Array:
    """Return in how many ways `size` of the ranks add up to each sum."""
    ways = np.zeros((size + 1, sum(ranks[-size:]) + 1))
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    chosen: Array = ways[size]
    return chosen


@lru_cache(maxsize=256)
def _flips(ranks: tuple[int, ...]) -> Array:
    """Return in how many ways some of the ranks, or none, add up to each sum."""
    ways = np.zeros(sum(ranks) + 1)
    ways[0] = 1
    for rank in ranks:
        ways[rank:] += ways[: len(ways) - rank].copy()
    return ways


def _approximate(ranks: Array, size: int, observed: float) -> float:
    """Return the normal approximation, with the variance that ties leave."""
    n = len(ranks)
    variance = size * (n - size) / (n * (n - 1)) * float(np.sum((ranks - ranks.mean()) ** 2))
    if variance == 0:
        return 1.0
    return math.erfc(abs(observed - size * float(ranks.mean())) / math.sqrt(2 * variance))
