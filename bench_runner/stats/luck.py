"""How clear a step chance alone makes in a series without any: simulation of noise like the series' own."""

import math
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from bench_runner.stats.clarity import FAR, Noise, inflation, remembered
from bench_runner.stats.noise import Array

# So many histories without a step are made up for each kind of noise.
TRIALS = 200
# Levels of these sizes are looked at in them on either side of every place.
SIZES = (1, 2, 3, 5, 9, 16, 30, 60, 120, 240)
# Longer series are taken for several of this length.
LONGEST = 500
# So many points on either side tell a jump from a spike.
JUMP = 3
# The slope that the largest of many squared normal values has at its far end; estimates below it are chance.
SLOPE = 2.0
_EULER = 0.5772


@dataclass(frozen=True, slots=True)
class Tail:
    """The distribution of the largest squared clarity (Gumbel's): where it lies and how slowly it falls."""

    place: float
    slope: float

    @classmethod
    def of(cls, largest: Array) -> "Tail":
        """Fit the squares of the largest clarities by their mean and sd."""
        squares = largest**2
        slope = max(SLOPE, float(squares.std()) * math.sqrt(6) / math.pi)
        return cls(float(squares.mean()) - _EULER * slope, slope)

    def beyond(self, clarity: float) -> float:
        """Return the probability that chance reaches a clarity."""
        height = (clarity**2 - self.place) / self.slope
        return -math.expm1(-math.exp(-height)) if height > -3 else 1.0


@dataclass(frozen=True, slots=True)
class Luck:
    """What chance reaches in `length` points of a noise, by the size of the shorter level (as in SIZES)."""

    length: int
    tails: tuple[Tail, ...]

    @classmethod
    def of(cls, length: int, noise: Noise, residuals: Array) -> "Luck":
        """Simulate an autoregression with the distribution of the residuals."""
        trials = _trials(length, noise.memory, residuals)
        return cls(length, tuple(Tail.of(column) for column in _largest(trials)))

    def beyond(self, clarity: float, shorter: int, length: int) -> float:
        """Return the probability of a step as clear, whose shorter level has so many points, in a series so long."""
        kind = int(np.searchsorted(SIZES, shorter, side="right")) - 1
        one = self.tails[min(max(kind, 0), len(self.tails) - 1)].beyond(clarity)
        return min(1.0, one * len(self.tails) * max(1.0, length / self.length))


@dataclass
class Lots:
    """Remembers the luck of each kind of noise: length, memory, skewness and kurtosis, roughly."""

    _known: dict[tuple[int, int, int, int], Luck] = field(default_factory=dict)

    def chance(self, clarity: float, sizes: tuple[int, int], noise: Noise, residuals: Array) -> float:
        """Return the chance that noise makes a step between levels of these sizes so clear anywhere in a series.

        Of points without any noise only their order can be chance.
        """
        length, shorter = len(residuals), min(sizes)
        if noise.sd == 0:
            return min(1.0, length / math.comb(sum(sizes), shorter))
        return self.luck(length, noise, residuals).beyond(abs(clarity), shorter, length)

    def luck(self, length: int, noise: Noise, residuals: Array) -> Luck:
        """Return what chance reaches in noise of this kind; the first series of a kind stands for all."""
        step = math.ceil(2 * math.log2(min(max(length, 6), LONGEST)))
        unit = residuals / (float(residuals.std()) or 1.0)
        skewness, kurtosis = float(np.mean(unit**3)), float(np.mean(unit**4))
        kind = (step, round(20 * noise.memory), round(abs(skewness)), round(2 * math.log2(kurtosis)))
        if kind not in self._known:
            self._known[kind] = Luck.of(min(round(2 ** (step / 2)), LONGEST), noise, residuals)
        return self._known[kind]


def wandering(jump: float, noise: Noise, length: int) -> float:
    """Return the chance that a level which wanders at random jumps so far anywhere, between JUMP points on either side.

    Its steps are as large as neighbours differ, whatever the noise remembers. Student's t is turned into a normal value
    by Wallace's approximation; neighbouring differences share points, so they count half.
    """
    apart = 1 + 2 * sum((k / JUMP) ** 2 for k in range(1, JUMP))
    step = noise.sd * math.sqrt(2 * (1 - noise.memory) * apart)
    freedom = length / 2
    normal = math.sqrt(freedom * math.log1p((jump / step) ** 2 / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return min(1.0, length * math.erfc(normal / math.sqrt(2)))


def _trials(length: int, memory: float, residuals: Array) -> Array:
    """Return made-up series, one a row: normal values that remember, given the residuals' own distribution by rank.

    Memory is known no better than so many points tell (Kendall's bias, twice Bartlett's
    error, as differences tell it): each row has its own.
    """
    rng = np.random.default_rng(1)
    made = rng.normal(size=(TRIALS, length))
    error = 2 * math.sqrt((1 - memory**2) / length)
    shift = memory * (1 + 3 * memory) / length
    memories = np.clip(memory + shift + error * rng.normal(size=TRIALS), 0.0, 0.99)
    for k in range(1, length):
        made[:, k] = memories * made[:, k - 1] + np.sqrt(1 - memories**2) * made[:, k]
    return _redistributed(made, np.sort(residuals))


def _redistributed(normal: Array, ordered: Array) -> Array:
    """Return the values of the ordered residuals at the ranks that standard normal values have."""
    grid = np.linspace(-4, 4, 1601)
    share = np.array([0.5 * math.erfc(-one / math.sqrt(2)) for one in grid])
    ranks = np.interp(normal, grid, share)
    values: Array = ordered[np.minimum((ranks * len(ordered)).astype(np.intp), len(ordered) - 1)]
    return values - float(ordered.mean())


def _largest(trials: Array) -> list[Array]:
    """Return for each size of the shorter level the largest clarity of each trial, its noise estimated from itself."""
    sd, memory = _noises(trials)
    sums = np.concatenate([np.zeros((len(trials), 1)), np.cumsum(trials, axis=1)], axis=1)
    sizes = [size for size in SIZES if 2 * size <= trials.shape[1]]
    shares = [inflation(size, memory) / size for size in sizes]
    largest = [np.zeros(len(trials)) for _ in sizes]
    for (k, left), (m, right) in product(enumerate(sizes), repeat=2):
        places = np.arange(left, trials.shape[1] - right + 1, max(1, min(left, right) // 4))
        if len(places):
            here = sums[:, places]
            gaps = (sums[:, places + right] - here) / right - (here - sums[:, places - left]) / left
            clear = np.abs(gaps).max(axis=1) / (sd * np.sqrt(shares[k] + shares[m]))
            largest[min(k, m)] = np.maximum(largest[min(k, m)], clear)
    return largest


def _noises(trials: Array) -> tuple[Array, Array]:
    """Return sd and memory of each trial, as `clarity.noise` does."""
    near = _variance(trials, 1)
    lags = [lag for lag in FAR if lag < trials.shape[1]]
    far = np.mean([_variance(trials, lag) for lag in lags], axis=0) if lags else near
    memory = remembered(near, far)
    near[near <= 0] = np.inf  # few points, all drawn alike: nothing is clear beside no noise
    return np.sqrt(near / (1 - memory)), memory


def _variance(trials: Array, lag: int) -> Array:
    """Return half the mean squared difference of each trial."""
    half: Array = np.mean((trials[:, lag:] - trials[:, :-lag]) ** 2, axis=1) / 2
    return half
