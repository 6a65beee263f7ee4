"""Where a change may lie, given that it is one: the posterior over its place."""

import numpy as np

from bench_runner.stats.noise import Array

# The smallest set of places that holds the change with this probability is reported.
CREDIBLE = 0.95
# No place farther from the best one than this is asked: steps worth telling are placed within a few points.
NEARBY = 50


def credible(values: Array, index: int, levels: tuple[float, float], variance: float) -> tuple[int, int]:
    """Return the earliest and latest first index of the new level that the values allow (95 %, flat prior).

    `values` are the points of both levels, `index` the best place in them, `variance` the noise of a point, inflated
    where points depend on each other. Residuals beyond 3 sd count ever less, but the nearer level stays the likelier.
    """
    start, end = max(1, index - NEARBY), min(len(values) - 1, index + NEARBY)
    bound = 9 * variance
    old, new = (bound * np.log1p((values[start:end] - level) ** 2 / bound) for level in levels)
    # Taking the point at `start` into the old level, then the next: each costs its misfit to the old, saves the new's.
    steps = np.concatenate([[0.0], np.cumsum(new - old)]) / (2 * variance)
    weights = np.exp(steps - steps.max())
    order = np.argsort(-weights, kind="stable")
    enough = int(np.searchsorted(np.cumsum(weights[order]), CREDIBLE * weights.sum())) + 1
    likely = order[:enough]
    return min(index, start + int(likely.min())), max(index, start + int(likely.max()))
