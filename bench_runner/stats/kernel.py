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

    def gains(self, width: int, stride: int, margin: int) -> tuple[NDArray[np.intp], Array]:
        """Return every `stride`-th place but for a margin at both ends, and what a change there gains.

        That is by how much it lowers the cost of the `width` points on either side of it.
        """
        places = np.arange(margin, self.size - margin + 1, stride)
        return places, self.split(np.maximum(places - width, 0), places, np.minimum(places + width, self.size))

    def split(self, starts: NDArray[np.intp], places: NDArray[np.intp], ends: NDArray[np.intp]) -> Array:
        """Return by how much a change at each place lowers the cost of the points from its start to its end."""
        # The sums would run straight from the start to the end if there were no change.
        left, size = places - starts, ends - starts
        gap = self.sums.take(ends, axis=0)
        start = self.sums.take(starts, axis=0)
        gap -= start
        gap *= (left / size)[:, None]
        gap += start
        gap -= self.sums.take(places, axis=0)
        gains: Array = np.einsum("ij,ij->i", gap, gap) * (size / (left * (ends - places)))
        return gains

    def merits(self, starts: NDArray[np.intp], ends: NDArray[np.intp], shortest: int) -> Array:
        """Return a row for each start: how well one level fits the points up to each end (their number minus the cost).

        What is shorter than `shortest` fits infinitely badly.
        """
        first = self.sums[starts[0]]  # sums from there on are small, and so is what rounding does to their products
        old, new = self.sums.take(starts, axis=0) - first, self.sums.take(ends, axis=0) - first
        squares = [np.einsum("ij,ij->i", one, one) for one in (old, new)]
        sizes = ends - starts[:, None]
        merits = squares[0][:, None] + squares[1] - 2 * (old @ new.T)
        found: Array = np.where(sizes >= shortest, merits / np.maximum(sizes, 1), -np.inf)
        return found
