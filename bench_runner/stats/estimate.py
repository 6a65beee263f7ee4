"""The level of values that belong together as an estimate, and how much worse one is than another."""

import math
from collections.abc import Sequence
from statistics import median

from bench_runner.model.budget import Estimate, Judged
from bench_runner.model.metric import Better
from bench_runner.stats.summary import interval


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median of finite values with its 99 % interval, which is infinite for one value alone."""
    if not values:
        return Estimate()
    low, high = interval(values)
    return Estimate(median(values), low, high, len(values))


def counted(values: Sequence[float]) -> Estimate:
    """Return the level of an exact counter: no more than one value is needed where all are the same."""
    return Estimate(values[-1], values[-1], values[-1], len(values)) if len(set(values)) == 1 else estimate(values)


def worse_by(before: Estimate, after: Estimate, better: Better) -> Estimate:
    """Return by how much a level is worse than an independent one before it, relative to that: 0.05 is 5 %.

    The interval joins those of both levels on a log scale as the method of variance estimates recovery does (Zou and
    Donner, Statistics in Medicine 27, 2008). NaN where a level is not above zero and the two differ.
    """
    sign = -1 if better == "higher" else 1
    points = min(before.points, after.points)
    if before == after and before.low == before.high:
        return Estimate(0.0, 0.0, 0.0, points)
    if min(before.value, after.value) <= 0 or not points:
        return Estimate(points=points)
    down = math.hypot(_log(after.value, after.low), _log(before.high, before.value))
    up = math.hypot(_log(after.high, after.value), _log(before.value, before.low))
    middle = math.log(after.value / before.value)
    low, high = sorted(sign * _grown(one) for one in (middle - down, middle + up))
    return Estimate(sign * _grown(middle), low, high, points)


def judge(value: Estimate, limit: float) -> Judged:
    """Return whether a value is surely above a limit, surely not, or neither."""
    if value.low > limit:
        return "exceeded"
    return "within" if value.high <= limit else "inconclusive"


def turned(value: Estimate) -> Estimate:
    """Return a value with the other sign, so that a limit from below becomes one from above."""
    return Estimate(-value.value, -value.high, -value.low, value.points)


def _log(large: float, small: float) -> float:
    """Return the logarithm of a ratio, infinite where an end lies at or below zero, or has none."""
    return math.log(large / small) if small > 0 and large < math.inf else math.inf


def _grown(logarithm: float) -> float:
    """Return the relative growth behind the logarithm of a ratio."""
    return math.expm1(logarithm) if logarithm < 700 else math.inf
