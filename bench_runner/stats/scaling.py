"""The scale on which steps add up: logarithms where all values are positive, else units of the largest."""

import math
from dataclasses import dataclass

import numpy as np

from bench_runner.stats.noise import Array, median

# Steps below 1 % are often real (another layout, another build), but nobody's to act on.
FLOOR = 0.01
# The 99 % interval of few rounds is about twice as wide as the standard error makes it: 2 x 2.576 sd on each side.
INTERVAL_TO_SD = 1 / (2 * 2 * 2 * 2.576)

# The largest power of e that a float holds.
MOST = 709.0


@dataclass(frozen=True, slots=True)
class Scaled:
    """Values on their scale, the smallest step that matters there, and the unit (None: logarithms)."""

    values: Array
    floor: float
    unit: float | None

    @classmethod
    def of(cls, points: Array) -> "Scaled":
        """Choose the scale of finite points; on the linear one the floor is 1 % of their median size."""
        if points.min() > 0:
            return cls(np.log(points), math.log1p(FLOOR), None)
        unit = float(np.abs(points).max()) or 1.0
        values = points / unit
        return cls(values, FLOOR * median(np.abs(values)), unit)

    def spreads(self, low: Array | None, high: Array | None) -> Array | None:
        """Return the sd of each point that its own 99 % interval implies, 0 where it has none; None if none has."""
        if low is None or high is None:
            return None
        widths = np.where(np.isfinite(high - low), high - low, 0.0)
        size = self.unit if self.unit is not None else math.exp(median(self.values))
        spreads: Array = np.maximum(widths, 0.0) * (INTERVAL_TO_SD / size)
        return spreads if spreads.any() else None

    def back(self, value: float) -> float:
        """Return a level in the metric's unit."""
        return exp(value) if self.unit is None else value * self.unit

    def ratio(self, before: float, after: float) -> float:
        """Return after / before of two levels."""
        return exp(after - before) if self.unit is None else quotient(before, after)


def exp(value: float) -> float:
    """Return e to the value, infinite where floats end."""
    return math.exp(value) if value < MOST else math.inf


def quotient(before: float, after: float) -> float:
    """Return after / before of plain numbers: infinite from zero up, NaN where a ratio means nothing."""
    if before == after:
        return 1.0
    if before < 0 or after < 0:
        return math.nan
    return after / before if before else math.inf
