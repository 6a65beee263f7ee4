"""How noisy a series is, told apart from its steps: robust scale, robust level, autocorrelation."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# 1.4826 makes a median absolute deviation the standard deviation of normal noise.
MAD_TO_SD = 1.4826
# Differences at lag 1 see fast noise, those at lag 3 slow noise as well; steps touch few differences of either.
LAGS = (1, 3)
# Winsorising at 2.5 sd costs 2 % of efficiency under normal noise and bounds what one slow run can do.
CLIP = 2.5


def scale(values: Array) -> float:
    """Return the noise sd of a series that may have steps; 0 for a constant one or fewer than two values."""
    robust = [_spread(values[lag:] - values[:-lag]) for lag in LAGS if len(values) > lag]
    best = max(robust, default=0.0)
    return best if best > 0 else _sparse(np.abs(np.diff(values)))


def _spread(differences: Array) -> float:
    """Return the sd of the noise behind differences of two values each."""
    return MAD_TO_SD * median(np.abs(differences)) / math.sqrt(2)


def _sparse(jumps: Array) -> float:
    """Return the noise sd where most neighbours are equal (quantised values): rare jumps count with a bounded size."""
    moved = jumps[jumps > 0]
    if not len(moved):
        return 0.0
    bound = max(float(np.quantile(jumps, 0.9)), float(moved.min()))
    return math.sqrt(float(np.mean(np.minimum(jumps, bound) ** 2)) / 2)


def centre(values: Array, sd: float) -> float:
    """Return the mean of the values after pulling those beyond CLIP * sd of their median in to there."""
    middle = median(values)
    return float(np.minimum(np.maximum(values, middle - CLIP * sd), middle + CLIP * sd).sum()) / len(values)


def median(values: Array) -> float:
    """Return the median of finite values; for short stretches five times as fast as numpy's."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def inflation(residuals: Array) -> float:
    """Return by how much autocorrelation multiplies the variance of a mean (1 for independent residuals, at most 6)."""
    n = len(residuals)
    power = float(np.dot(residuals, residuals))
    if n < 20 or power <= 0:  # too few to tell correlation from chance
        return 1.0
    total = 1.0
    for lag in range(1, min(n // 4, 12) + 1):
        correlation = float(np.dot(residuals[lag:], residuals[:-lag])) / power
        if correlation < 1 / math.sqrt(n):  # within one standard error of none: what follows is chance
            break
        total += 2 * correlation
    return min(total, 6.0)
