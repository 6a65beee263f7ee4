"""How clear a step is beside the noise around it, noise that remembers itself included."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bench_runner.stats.noise import MAD_TO_SD, Array, centre, scale

# Residuals count with at most this many sd: what one slow run can say is bounded.
BOUND = 3.0
# Memory is read off how differences grow from the nearest points to those so far apart.
FAR = (4, 5, 6, 7, 8)
# Noise with a longer memory than this cannot be told from a level that wanders.
MOST_MEMORY = 0.95
# What noise that remembers does to far differences, for these memories; between them it is interpolated.
_MEMORIES = np.linspace(0.0, MOST_MEMORY, 96)
_GROWTH = np.array([np.mean([(1 - phi**k) / (1 - phi) for k in FAR]) for phi in _MEMORIES])


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of a series: sd of a point, and the correlation of neighbours (that of an autoregression, 0 to .95)."""

    sd: float
    memory: float = 0.0

    def error(self, before: int, after: int) -> float:
        """Return the standard error of the difference between the means of so many points before and after a step."""
        inflated = inflation(np.array([before, after]), self.memory) / np.array([before, after])
        return self.sd * math.sqrt(float(inflated.sum()))


def inflation(sizes: Array | int, memory: float | Array) -> Array:
    """Return by how much memory multiplies the variance of a mean of so many points of an autoregression."""
    rest = 1 - np.asarray(memory, dtype=float)
    inflated: Array = (2 - rest) / rest - 2 * (1 - rest) * (1 - (1 - rest) ** sizes) / (sizes * rest**2)
    return inflated


def residuals(values: Array, edges: Sequence[int]) -> Array:
    """Return what the levels between edges leave of present values, bounded; `edges` hold 0 and the length."""
    sd = scale(values)
    left = np.concatenate([values[a:b] - centre(values[a:b], sd) for a, b in pairwise(edges)])
    # Differences see little of noise that remembers: its size shows in the residuals themselves.
    bound = BOUND * max(sd, MAD_TO_SD * float(np.median(np.abs(left))))
    bounded: Array = np.clip(left, -bound, bound)
    return bounded


def noise(values: Array, edges: Sequence[int]) -> Noise:
    """Return the noise of (bounded) values or residuals by differences that cross none of the edges."""
    parts = [values[a:b] for a, b in pairwise(edges)]
    near, far = _spread(parts, (1,)), _spread(parts, FAR)
    memory = float(remembered(np.array([near]), np.array([far]))[0])
    return Noise(math.sqrt(near / (1 - memory)), memory)


def remembered(near: Array, far: Array) -> Array:
    """Return the memory for which the variances by near and by far differences are in this proportion."""
    growth = np.divide(far, near, out=np.ones_like(far), where=near > 0)
    memory: Array = np.interp(growth, _GROWTH, _MEMORIES)
    return memory


def _spread(parts: Sequence[Array], lags: Sequence[int]) -> float:
    """Return half the mean squared difference over all parts, the mean of lags that fit into any of them."""
    means = []
    for lag in lags:
        gaps = [part[lag:] - part[:-lag] for part in parts if len(part) > lag]
        if gaps:
            means.append(float(np.mean(np.concatenate(gaps) ** 2)) / 2)
    return float(np.mean(means)) if means else 0.0
