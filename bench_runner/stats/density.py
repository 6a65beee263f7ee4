"""What noise of a series looks like: a density of its residuals, whatever its shape."""

import math

import numpy as np
from numpy.typing import NDArray

from bench_runner.stats.noise import Array

Bins = NDArray[np.intp]

# Residuals are counted in bins of a twentieth of the noise's sd; beyond 40 sd all are equally unlikely.
STEP = 0.05
HALF = 800
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
        places = np.clip(residuals, -HALF, HALF) + HALF
        bandwidth = 0.9 * len(places) ** -0.2
        added = PRIOR * _STUDENT
        pilot = added + sum(
            share * _smooth(places, math.hypot(bandwidth * wide, unseen))
            for share, wide in ((0.6, 1), (0.25, 3), (0.15, 9))
        )
        here = pilot[places]
        wider = np.clip(np.sqrt(math.exp(float(np.log(here).mean())) / here), 0.6, 12.0)
        steps = np.rint(np.log(wider) / math.log(_RATIO)).astype(np.intp)
        total = added + sum(
            _smooth(places[steps == one], math.hypot(bandwidth * _RATIO ** float(one), unseen))
            for one in np.unique(steps)
        )
        self.log: Array = np.log(np.maximum(total, 1e-12) / (len(places) + PRIOR))

    def of(self, residuals: Bins) -> Array:
        """Return the log density at each residual, in bins."""
        found: Array = self.log[np.clip(residuals, -HALF, HALF) + HALF]
        return found


def _student() -> Array:
    """Return Student's t with 3 degrees of freedom over the bins, adding up to 1."""
    at = np.arange(-HALF, HALF + 1) * STEP
    density = (1 + at**2 / 3) ** -2
    shares: Array = density / density.sum()
    return shares


def _smooth(places: Bins, sd: float) -> Array:
    """Return how many points there are at each bin, spread by a Gaussian kernel of `sd` standard deviations."""
    counts = np.bincount(places, minlength=2 * HALF + 1)
    spread = np.fft.irfft(np.fft.rfft(counts, _SIZE) * np.exp(-0.5 * (_FREQUENCIES * (sd / STEP)) ** 2), _SIZE)
    smooth: Array = spread[: 2 * HALF + 1]
    return smooth


_FREQUENCIES = 2 * math.pi * np.fft.rfftfreq(_SIZE)
_STUDENT = _student()
