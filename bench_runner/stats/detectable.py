"""How large a step has to be so that it is found reliably in the noise of a series."""

import math
from collections.abc import Sequence

import numpy as np

from bench_runner.stats.noise import scale

# A step of so many standard deviations of the noise is found in at least nine of ten series once there are ten points
# on each side of it; the tests hold the detector to that.
CLEAR = 3.0
FEWEST = 10  # points that tell a noise at all
# Steps that people would name, relative; nothing smaller than 1 % is ever reported.
LADDER = (0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)


def noise(values: Sequence[float]) -> float | None:
    """Return the relative noise sd of a series; None for too few values, or values that are not above zero."""
    points = np.array([value for value in values if math.isfinite(value)])
    if len(points) < FEWEST or points.min() <= 0:
        return None
    return scale(np.log(points))


def detectable(noise_sd: float) -> float:
    """Return the smallest sensible step that is found reliably in such noise, the largest where none is."""
    return next((step for step in LADDER if math.log1p(step) >= CLEAR * noise_sd - 1e-9), LADDER[-1])
