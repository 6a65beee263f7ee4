"""What newer points must show before a series that was examined is examined again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_runner.stats.density import HALF, STEP, Bins
from bench_runner.stats.levels import Levels
from bench_runner.stats.noise import Array
from bench_runner.stats.recurring import REST, VISIT
from bench_runner.stats.segmentation import MIN_POINTS

# A series is examined anew when it has grown by a sixteenth to an eighth; one of fewer points than ALWAYS with each.
SHARE = 8
ALWAYS = 64
# So much likelier (natural logarithm, for each unit of inflation) must another level be for some stretch of points that
# ends among the new ones, and by 1 more than what was known; a change that stands takes nearly twice as much.
CALLING = 4.0
# A level of fewer points may turn out to be a visit: it is examined again when it has grown by half.
RIPE = REST * VISIT
_COARSE = 2  # bins of the density in one of ours
_REACH = 200  # of ours: what lies farther from a level than 20 sd counts as that far
_FAR = 1000  # of ours: all that is farther from the level counts as one place
_NEAR, _NEAR_STRIDE, _FAR_STRIDE = 16, 2, 4  # of ours: where other levels are looked for


def checkpoint(size: int) -> int:
    """Return the size at which a series of `size` points is examined first."""
    return size if size < ALWAYS else size - size % (1 << (size // SHARE).bit_length() - 1)


@dataclass(frozen=True, slots=True)
class Watch:
    """The last level of an examined series and its noise: what the next points are held against.

    `unit` as in `Scaled`; `level` and `noise` on its scale; `log` is the logarithm of the noise's density in tenths of
    an sd, none where the series did not vary. `back` points before the newer ones belong to the level; what was found
    holds for `lasts` newer points at most.
    """

    unit: float | None
    level: float
    noise: float
    log: NDArray[np.float32] | None
    inflation: float
    back: int
    lasts: int

    @classmethod
    def of_constant(cls, size: int) -> "Watch":
        """Return the watch of a series of `size` points that does not vary."""
        return cls(None, 0.0, 0.0, None, 1.0, size, size)

    @classmethod
    def of(cls, levels: Levels, last: Sequence[int], scale: tuple[float | None, float, float]) -> "Watch":
        """Return the watch behind a level (start, end); `scale`: the unit, and 0 and 1 of the levels' values."""
        unit, middle, noise = scale
        start, end = last
        if not levels.fitted:
            levels.fit([])
        level = middle + noise * STEP * levels.level(start, end).bin
        at = HALF + _COARSE * np.arange(-_REACH, _REACH + 1)
        log = levels.density.log[at].astype(np.float32)
        age = end - start
        lasts = age // 2 if start and age < RIPE else end
        return cls(unit, level, noise, log, levels.inflation, min(age, end // SHARE), lasts)

    def next(self, points: Array, size: int) -> int | None:
        """Return where some points must be examined again, of which the first `size` were; None if not at all.

        That is where they may have another level for the first time, or twice as many newer points after it, or four
        times: the last of these that there are.
        """
        new = len(points) - size
        if not new:
            return None
        first = min(self._calls(points, new), self.lasts + 1)
        return size + first * (1 << (new // first).bit_length() - 1) if first <= new else None

    def _calls(self, points: Array, new: int) -> int:
        """Return after how many of the `new` last points a stretch that ends there may be of another level."""
        points = points[-new - self.back :]
        if self.log is None:
            return _first(points[-new:] != points[0])
        if self.unit is None and points.min() <= 0:
            return _first(points[-new:] <= 0)
        standard = ((np.log(points) if self.unit is None else points / self.unit) - self.level) / self.noise
        bins = np.rint(np.minimum(np.maximum(standard / (STEP * _COARSE), -_FAR), _FAR)).astype(np.int64)
        near = np.arange(-_NEAR, _NEAR + 1, _NEAR_STRIDE)
        far = np.unique(np.rint(bins / _FAR_STRIDE).astype(np.int64) * _FAR_STRIDE)
        levels = np.concatenate([near, far[np.abs(far) > _NEAR]])
        likelier = _at(self.log, bins - levels[:, None]) - _at(self.log, bins)
        sums = np.zeros((len(levels), len(bins) + 1))
        np.cumsum(likelier, axis=1, out=sums[:, 1:])
        known, size = len(bins) - new, len(bins)
        gains = np.zeros(new + 1)  # of the stretches that end at `known`, and at each point after it
        width = MIN_POINTS
        while width <= size:
            end = max(known, width)
            most = (sums[:, end:] - sums[:, end - width : size + 1 - width]).max(axis=0) / (1 + 1 / width) ** 2
            gains[end - known :] = np.maximum(gains[end - known :], most)
            width = math.ceil(width * 1.5)
        return _first(gains[1:] >= max(CALLING, gains[0] / self.inflation + 1) * self.inflation)


def _first(those: NDArray[np.bool_]) -> int:
    """Return the number of the first of those, from 1; one more than there are if none."""
    return int(those.argmax()) + 1 if those.any() else len(those) + 1


def _at(log: NDArray[np.float32], bins: Bins) -> NDArray[np.float32]:
    """Return the log density at some bins of ours."""
    found: NDArray[np.float32] = log.take(bins + _REACH, mode="clip")
    return found
