"""What noise of a series looks like: a density of its residuals, whatever its shape."""

import math

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


class Density:
    """Logarithm of the density of residuals in bins of STEP standard deviations, by an adaptive kernel estimate.

    The bandwidth is Silverman's (Density Estimation, 1986, 3.31: 0.9 sd n^-1/5) for the pilot, and then inverse to the
    square root of the pilot's density at each point (Abramson, Annals of Statistics 10, 1982): a narrow floor with
    slow outliers above it stays narrow, and the outliers are spread. `unseen` is the sd of noise that the residuals do
    not show, and which is known to be there.
    """

    def __init__(self, residuals: Bins, unseen: float = 0.0) -> None:
        places = np.minimum(np.maximum(residuals, -HALF), HALF) + HALF
        bandwidth = 0.9 * len(places) ** -0.2
        added = PRIOR * _STUDENT
        narrow, wide, widest = _kernels(np.hypot(bandwidth * np.array([1.0, 3.0, 9.0]), unseen))
        pilot = added + _smooth(np.bincount(places, minlength=_BINS), 0.6 * narrow + 0.25 * wide + 0.15 * widest)
        here = pilot[places]
        wider = np.clip(np.sqrt(math.exp(float(np.log(here).mean())) / here), 0.6, 12.0)
        steps = np.rint(np.log(wider) / math.log(_RATIO)).astype(np.intp)
        least = int(steps.min())
        rows = int(steps.max()) - least + 1
        counts = np.bincount((steps - least) * _BINS + places, minlength=rows * _BINS).reshape(rows, _BINS)
        total = added + _smooth(counts, _kernels(np.hypot(bandwidth * _RATIO ** (least + np.arange(rows)), unseen)))
        self.log: Array = np.log(np.maximum(total, 1e-12) / (len(places) + PRIOR))

    def of(self, residuals: Bins) -> Array:
        """Return the log density at each residual, in bins."""
        found: Array = self.log[np.minimum(np.maximum(residuals, -HALF), HALF) + HALF]
        return found


def _student() -> Array:
    """Return Student's t with 3 degrees of freedom over the bins, adding up to 1."""
    at = np.arange(-HALF, HALF + 1) * STEP
    density = (1 + at**2 / 3) ** -2
    shares: Array = density / density.sum()
    return shares


def _kernels(sds: Array) -> Array:
    """Return the transforms of Gaussian kernels of some standard deviations, a row each."""
    kernels: Array = np.exp(np.square(sds / STEP)[:, None] * _DAMPING)
    return kernels


def _smooth(counts: NDArray[np.intp], kernels: Array) -> Array:
    """Return how many points there are at each bin, each row of counts spread by its kernel, added up."""
    spread = np.atleast_2d(np.fft.rfft(counts, _SIZE) * kernels).sum(axis=0)
    smooth: Array = np.fft.irfft(spread, _SIZE)[:_BINS]
    return smooth


_DAMPING = -0.5 * (2 * math.pi * np.fft.rfftfreq(_SIZE)) ** 2
_STUDENT = _student()
