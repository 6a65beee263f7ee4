"""Cuts a standardised series into levels: candidate places at every scale, then the best choice among them."""

import math

import numpy as np
from numpy.typing import NDArray

from bench_runner.stats.kernel import Kernel
from bench_runner.stats.noise import Array

Places = NDArray[np.intp]

# Fewer points than this never make a level.
MIN_POINTS = 3
# A candidate must lower the cost of its window by this; far below any accepted change, it only keeps them few.
CANDIDATE_GAIN = 1.0
# A level of so few points cannot pay for itself: among the newest ones, it is proposed for that same gain, and beside a
# change for what three points gain that are far from both their neighbours.
FEW = 8
BESIDE = 3.0
# A level reaches back over at most this many candidates at a time; the chosen are chosen from again until all fit.
REACH = 64
_BLOCK = 256  # edges of which the merits are reckoned at a time


def segment(values: Array) -> list[int]:
    """Return the first indices of new levels in standardised values, too many rather than too few.

    Near-linear in the length, for flat series too. A change must pay log(n / MIN_POINTS): one of so many places.
    """
    size = len(values)
    if size < 2 * MIN_POINTS:
        return []
    kernel = Kernel(values)
    penalty = math.log(size / MIN_POINTS)
    places = candidates(kernel)
    while True:
        chosen = _best(kernel, places, penalty)
        if len(places) < REACH or len(chosen) == len(places):
            short = _short(kernel, np.concatenate([[0], chosen, [size]]))
            return sorted({*chosen.tolist(), *short.tolist()})
        places = chosen


def candidates(kernel: Kernel) -> Places:
    """Return the places, ascending, where the gain of some window width peaks."""
    size, width = kernel.size, MIN_POINTS
    found = []
    while width <= max(size // 2, MIN_POINTS):
        stride = max(1, width // 12)  # wide windows see smooth gains: looking closer finds nothing
        places, gains = kernel.gains(width, stride, MIN_POINTS)
        peak = gains >= np.maximum(_running_maximum(gains, max(1, width // 3 // stride)), CANDIDATE_GAIN)
        found.append(places[peak])
        width = math.ceil(width * 1.5)
    return np.unique(np.concatenate(found))


def _short(kernel: Kernel, edges: Places) -> Places:
    """Return the best place for a short level at either end of each level, where it gains enough."""
    starts, ends = edges[:-1], edges[1:]
    sizes = np.arange(MIN_POINTS, FEW + 1)
    places = np.concatenate([starts[1:, None] + sizes, ends[:, None] - sizes])
    starts, ends = (np.concatenate([one[1:], one]) for one in (starts, ends))
    room = (places - starts[:, None] >= MIN_POINTS) & (ends[:, None] - places >= MIN_POINTS)
    gains = np.zeros(places.shape)
    rows = room.nonzero()[0]
    gains[room] = kernel.split(starts[rows], places[room], ends[rows])
    least = np.full(len(places), BESIDE)
    least[-1] = CANDIDATE_GAIN
    best = gains.argmax(axis=1)[:, None]
    enough = np.take_along_axis(gains, best, axis=1)[:, 0] >= least
    found: Places = np.take_along_axis(places, best, axis=1)[enough, 0]
    return found


def _running_maximum(values: Array, radius: int) -> Array:
    """Return the largest of the values within `radius` of each, in O(n log radius)."""
    padded: Array = np.full(len(values) + 2 * radius, -np.inf)
    padded[radius:-radius] = values
    width, span = 2 * radius + 1, 1
    while span * 2 <= width:
        padded = np.maximum(padded[:-span], padded[span:])
        span *= 2
    rest = width - span
    return np.maximum(padded[: len(values)], padded[rest : rest + len(values)])


def _best(kernel: Kernel, places: Places, penalty: float) -> Places:
    """Choose the places whose levels fit best, each change paying the penalty (dynamic programme over the places)."""
    edges = np.concatenate([[0], places, [kernel.size]])
    score = np.full(len(edges), -np.inf)
    score[0] = penalty  # the first level is no change
    origin = np.zeros(len(edges), dtype=np.intp)
    for k in range(1, len(edges)):
        if k % _BLOCK == 1:
            base = max(0, k - REACH)
            starts, ends = edges[base : k + _BLOCK - 1], edges[k : k + _BLOCK]
            merits = kernel.merits(starts, ends, MIN_POINTS) - penalty
        first = max(0, k - REACH)
        scores = score[first:k] + merits[first - base : k - base, (k - 1) % _BLOCK]
        best = int(scores.argmax())
        score[k], origin[k] = scores[best], first + best
    chosen = []
    k = int(origin[-1])
    while k > 0:
        chosen.append(edges[k])
        k = int(origin[k])
    return np.array(chosen[::-1], dtype=np.intp)
