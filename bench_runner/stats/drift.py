"""Tells a slow drift from the stairs that any detector of steps makes of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bench_runner.stats.noise import Array, median

# What takes fewer points is a step that noise has blurred.
SLOW = 20
# Knots are looked for at so many places, then at so many between two of them.
_PLACES, _FINER = 32, 4
_OUTLYING = 3.0  # sd around the level of a stair


@dataclass(frozen=True, slots=True)
class Ramp:
    """A level until index `first`, a straight line, another level from `last` on; `rest` is the sum of squares."""

    first: int
    last: int
    before: float
    after: float
    rest: float


def drifts(
    values: Array, edges: Sequence[int], steps: Mapping[int, tuple[bool, int]], inflation: float
) -> dict[range, Ramp]:
    """Return the ramps that fit better than stairs, each by the range of the steps it stands for.

    `edges` are 0, the places of all steps, and the end; `steps` are those in question by their number: whether it goes
    up, and at how many places it may be. A single step is asked when that is SLOW or more, several in one direction are
    asked together.
    """
    found = {}
    for run in _runs({k: up for k, (up, _) in steps.items()}):
        if len(run) > 1 or steps[run[0]][1] >= SLOW:
            inner = edges[run[0] : run[-1] + 3]
            pulled = np.concatenate([_pulled(values[a:b]) for a, b in pairwise(inner)])
            ramp = better(pulled, [edge - inner[0] for edge in inner], inflation)
            if ramp is not None:
                found[run] = replace(ramp, first=ramp.first + inner[0], last=ramp.last + inner[0])
    return found


def _runs(up: Mapping[int, bool]) -> list[range]:
    """Return the longest ranges of neighbours in one direction."""
    runs: list[range] = []
    for k in sorted(up):
        if runs and runs[-1].stop == k and up[k] == up[k - 1]:
            runs[-1] = range(runs[-1].start, k + 1)
        else:
            runs.append(range(k, k + 1))
    return runs


def _pulled(values: Array) -> Array:
    """Return values of one level in units of the noise, outliers pulled in."""
    level = median(values)
    pulled: Array = np.clip(values, level - _OUTLYING, level + _OUTLYING)
    return pulled


def better(values: Array, edges: Sequence[int], inflation: float) -> Ramp | None:
    """Return the ramp that fits values better than their stairs, or None.

    `edges` are 0, the places of the stairs' steps, and the end; `values` have their outliers pulled in. Stairs of k
    steps have 2 k + 1 parameters, a ramp 4, which count as 5, since steps are the rule; they are compared by Schwarz's
    criterion (Annals of Statistics 6, 1978), with as many independent points as autocorrelation leaves.
    """
    size = len(values)
    if size < 2 * SLOW:
        return None
    stairs = sum(float(np.var(values[a:b])) * (b - a) for a, b in pairwise(edges))
    ramp = _best(values)
    if ramp is None or min(ramp.rest, stairs) <= 0:  # stairs without noise fit best of all
        return None
    independent = size / inflation
    saved = (2 * (len(edges) - 2) + 1 - 5) * math.log(independent)
    if independent * math.log(stairs / ramp.rest) + saved <= 0:
        return None
    return ramp


def _best(values: Array) -> Ramp | None:
    """Return the ramp with the least squares, on a grid of knots that is refined once."""
    last = len(values) - 1
    grid = np.linspace(0, last, _PLACES)
    rough = _among(values, grid, grid)
    if rough is None:
        return None
    near = np.linspace(-1, 1, 2 * _FINER + 1) * last / (_PLACES - 1)
    return _among(values, *(np.clip(knot + near, 0, last) for knot in (rough.first, rough.last)))


def _among(values: Array, firsts: Array, lasts: Array) -> Ramp | None:
    """Return the best of the ramps between some knots, each fitted in constant time by sums of sums."""
    size, mean = len(values), float(values.mean())
    first, last = (one.ravel() for one in np.meshgrid(*(np.rint(knots).astype(np.intp) for knots in (firsts, lasts))))
    slow = last - first >= SLOW
    if not slow.any():
        return None
    first, last = first[slow], last[slow]
    length = last - first
    risen = (length - 1) / 2 + size - last  # sums of a ramp from 0 to 1, of its squares, and times the centred values
    power = (length - 1) * (2 * length - 1) / (6 * length) + size - last - risen**2 / size
    sums = np.concatenate([[0.0], np.cumsum(np.cumsum(values - mean))])
    rise = (sums[first] - sums[last]) / length
    slopes = rise / power
    rests = float(np.square(values - mean).sum()) - slopes * rise
    k = int(rests.argmin())
    low = mean - float(slopes[k] * risen[k]) / size
    return Ramp(int(first[k]), int(last[k]), low, low + float(slopes[k]), float(rests[k]))
