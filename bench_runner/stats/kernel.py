"""Cost of calling a stretch of a series one level, by a kernel that no outlier can dominate."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bench_runner.stats.noise import Array

# A Gaussian kernel as wide as the noise: values 3 sd apart are as unlike as values 30 sd apart. The average of this
# many cosines, at the quantiles of the kernel's own spectrum, stands for it: every cost becomes a difference of sums.
FREQUENCIES = 16


class Kernel:
    """Cumulative kernel features of standardised values; costs of stretches in constant time each."""

    def __init__(self, values: Array) -> None:
        spectrum = NormalDist()
        at = [spectrum.inv_cdf(0.5 + (k + 0.5) / (2 * FREQUENCIES)) for k in range(FREQUENCIES)]
        angles = np.outer(values, at)
        features = np.hstack([np.cos(angles), np.sin(angles)]) / math.sqrt(FREQUENCIES)
        self.size = len(values)
        self.sums = np.zeros((self.size + 1, features.shape[1]))
        np.cumsum(features, axis=0, out=self.sums[1:])

    def gains(self, places: NDArray[np.intp], width: int) -> Array:
        """Return how much a change at each place lowers the cost of the `width` points on either side of it."""
        left = np.minimum(places, width)[:, None]
        right = np.minimum(self.size - places, width)[:, None]
        here = self.sums[places]
        gap = (here - self.sums[places - left[:, 0]]) / left - (self.sums[places + right[:, 0]] - here) / right
        gains: Array = np.einsum("ij,ij->i", gap, gap) * (left * right / (left + right))[:, 0]
        return gains

    def merits(self, starts: NDArray[np.intp], end: int) -> Array:
        """Return for each start how well one level fits the points up to `end` (their number minus the cost)."""
        total = self.sums[end] - self.sums[starts]
        merits: Array = np.einsum("ij,ij->i", total, total) / (end - starts)
        return merits
