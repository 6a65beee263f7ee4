"""What noise of a series looks like: a density of its residuals, whatever its shape."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bench_runner.stats.noise import Array

Bins = NDArray[np.intp]

# Residuals are counted in bins of a twentieth of the noise's sd; beyond 40 sd all are equally unlikely.
STEP = 0.05
HALF = 800
_BINS = 2 * HALF + 1
# A series says less of its tails the shorter it is: so many points of Student's t (3 degrees of freedom) are added.
PRIOR = 4.0
_SIZE = 2048  # of the transforms: what lies beyond 40 sd is room for the kernels
_RATIO = 1.4  # bandwidths are rounded to a power of this
_NARROWEST, _WIDEST = -2, 7


class Density:
    """Logarithm of the density of residuals in bins of STEP standard deviations, by an adaptive kernel estimate.

    The bandwidth is Silverman's (Density Estimation, 1986, 3.31: 0.9 sd n^-1/5) for the pilot, and then inverse to the
    square root of the pilot's density at each point (Abramson, Annals of Statistics 10, 1982): a narrow floor with
    slow outliers above it stays narrow, and the outliers are spread. `unseen` is the sd of noise that the residuals do
    not show, and which is known to be there.
    """

    def __init__(self, residuals: Bins, unseen: float = 0.0) -> None:
        places = np.minimum(np.maximum(residuals, -HALF), HALF) + HALF
        size = len(places)
        first, kernels = _kernels(size, unseen)
        log = np.log(_smooth(np.bincount(places, minlength=_BINS), first).take(places))
        wider = (float(log.sum()) / size - log) / (2 * math.log(_RATIO))
        rows = np.rint(np.minimum(np.maximum(wider, _NARROWEST), _WIDEST)).astype(np.intp) - _NARROWEST
        some = int(rows.max()) + 1
        counts = np.bincount(rows * _BINS + places, minlength=some * _BINS).reshape(some, _BINS)
        self.log: Array = np.log(_smooth(counts, kernels[:some]) / (size + PRIOR))

    def of(self, residuals: Bins) -> Array:
        """Return the log density at each residual, in bins."""
        found: Array = self.log.take(residuals + HALF, mode="clip")
        return found


def _student() -> Array:
    """Return Student's t with 3 degrees of freedom over the bins, adding up to 1."""
    at = np.arange(-HALF, HALF + 1) * STEP
    density = (1 + at**2 / 3) ** -2
    shares: Array = density / density.sum()
    return shares


@lru_cache(maxsize=16)
def _kernels(size: int, unseen: float) -> tuple[Array, Array]:
    """Return the transforms of the pilot's kernel for so many points, and of those it may ask for, a row each."""
    factors = np.concatenate([[1.0, 3.0, 9.0], _RATIO ** np.arange(_NARROWEST, _WIDEST + 1)])
    sds = np.hypot(0.9 * size**-0.2 * factors, unseen) / STEP
    kernels = np.exp(np.square(sds)[:, None] * _DAMPING)
    return np.array([0.6, 0.25, 0.15]) @ kernels[:3], kernels[3:]


def _smooth(counts: NDArray[np.intp], kernels: Array) -> Array:
    """Return how many points there are at each bin, each row of counts spread by its kernel, and those of the prior."""
    spread = np.atleast_2d(np.fft.rfft(counts, _SIZE) * kernels).sum(axis=0)
    smooth: Array = np.maximum(np.fft.irfft(spread, _SIZE)[:_BINS] + PRIOR * _STUDENT, 1e-12)
    return smooth


_DAMPING = -0.5 * (2 * math.pi * np.fft.rfftfreq(_SIZE)) ** 2
_STUDENT = _student()
