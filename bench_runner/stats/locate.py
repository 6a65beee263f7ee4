"""Where a change may lie, given that it is one: the posterior over its place."""

import numpy as np

from bench_runner.stats.noise import Array

# The smallest set of places that holds the change with this probability is reported.
CREDIBLE = 0.95


def posterior(old: Array, new: Array) -> Array:
    """Return the probability of each place (how many points are still old), from 1 to one less than there are.

    `old` and `new` are the log likelihoods of the points at the old and at the new level; the prior is flat.
    """
    # Taking a point into the old level costs its likelihood at the new one, and saves that at the old.
    gains = np.cumsum(old - new)[:-1]
    likelihoods = np.exp(gains - gains.max())
    weights: Array = likelihoods / likelihoods.sum()
    return weights


def credible(weights: Array) -> tuple[int, int]:
    """Return the first and last index of the smallest set of places that holds CREDIBLE of the weights."""
    order = np.argsort(-weights, kind="stable")
    enough = int(np.searchsorted(np.cumsum(weights[order]), CREDIBLE * weights.sum())) + 1
    likely = order[:enough]
    return int(likely.min()), int(likely.max())
