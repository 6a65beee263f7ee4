"""Steps of exact counters, where any lasting difference is a change."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench_runner.model.change import Step
from bench_runner.stats.noise import Array
from bench_runner.stats.scaling import quotient

Places = NDArray[np.intp]

# A counter that differs at more than every third point is no counter, whatever its suite says of it.
RESTLESS = 1 / 3
# From this many points on a declared counter can show that it is restless.
TELLING = 9


def is_exact(points: Array) -> bool:
    """Whether finite points behave as an exact counter does: mostly equal to their neighbour."""
    if len(points) < TELLING:
        return True
    return float(np.mean(points[1:] != points[:-1])) <= RESTLESS


def steps(points: Array, present: Places) -> list[Step]:
    """Return the steps of exact points; a value that is left again at the next point did not last and is none."""
    values = points[present]
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1), len(values)]
    if not len(values):
        return []
    lasting = [(a, float(values[a])) for a, b in pairwise(edges) if b - a > 1 or b == len(values)]
    return [_step(int(present[place]), old, new) for (_, old), (place, new) in pairwise(lasting) if old != new]


def _step(index: int, before: float, after: float) -> Step:
    """Return a step that nobody doubts."""
    ratio = quotient(before, after)
    return Step(index, before, after, ratio, ratio_low=ratio, ratio_high=ratio, p=0.0)
