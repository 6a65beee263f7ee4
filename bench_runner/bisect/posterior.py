"""Where the level changed, as probabilities: a robust likelihood with both levels and the noise unknown."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Student's t with 2 degrees of freedom: published histories fit 1.4; with more, one outlier names a commit.
_NU = 2.0
_PEAK = 1 / (2 * math.sqrt(2))  # the density of that t at 0
# A busy machine makes rounds longer by any amount: with this density per unit of logarithm a value says nothing at all,
# else a burst of slow rounds would speak for whichever level is nearer.
_STRAY = 0.025
# Each commit has its own code layout, an effect of about this sd that no number of rounds averages out.
LAYOUT = 0.003
# Machines drift by about this sd over half an hour; the ends are measured again and again to see it.
DRIFT = 0.01
_DRIFT_S = 1800.0
# How wide the prior of a level is, around the middle of all values.
_SPREAD = 0.3
# How sure "timed out" or "did not" tells the slow commits from the others.
_SURE = 0.999
_NODES = np.array([-math.sqrt(3.0), 0.0, math.sqrt(3.0)])  # Gauss-Hermite with three points
_WEIGHTS = np.log(np.array([1.0, 4.0, 1.0]) / 6)
_SCALES = np.array([0.4, 0.63, 1.0, 1.6, 2.6])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was observed of commits `first` to `last`: on a scale where differences are relative (logarithms).

    `index`, `value` and `at` (seconds) are parallel, one entry per round; `slow` counts time-outs per commit, and
    `slow_is_new` says on which side those belong. `prior_none` is the probability that nothing changed.
    """

    first: int
    last: int
    index: Floats
    value: Floats
    at: Floats
    slow: Mapping[int, int] = field(default_factory=dict)
    slow_is_new: bool = True
    sigma: float = 0.02
    layout: float = LAYOUT
    drift: float = DRIFT
    prior_none: float = 0.2

    @property
    def knots(self) -> list[int]:
        """The observed commits and both ends, ascending."""
        return sorted({self.first, self.last, *map(int, self.index), *self.slow})


@dataclass(frozen=True, slots=True)
class Belief:
    """Probability that the change lies in (knots[j], knots[j + 1]], that there is none, and the distance of levels."""

    knots: tuple[int, ...]
    mass: tuple[float, ...]
    none: float
    distance: float
    sigma: float
    layout: float = LAYOUT

    @property
    def new(self) -> list[float]:
        """For each knot, the probability that it has the new level, given that there is a change."""
        total = max(sum(self.mass), 1e-300)
        return [0.0, *(float(each) / total for each in np.cumsum(self.mass))]


def weigh(evidence: Evidence, previous: Belief | None = None) -> Belief:
    """Return the posterior; `previous` says which commits are settled, so that drift can be read off them."""
    knots = evidence.knots
    both = _measured(evidence, evidence.first) and _measured(evidence, evidence.last)
    value = _without_drift(evidence, previous) if evidence.drift and previous and both else evidence.value
    told = np.log(np.diff(knots) / (evidence.last - evidence.first)) + math.log(1 - evidence.prior_none)
    none = math.log(evidence.prior_none)
    by_value, none_by_value = (np.zeros(len(knots) - 1), 0.0)
    if both:
        by_value, none_by_value = _by_value(evidence, knots, value)
    by_flag, none_by_flag = _by_flag(evidence, knots)
    told = told + by_value + by_flag
    none += none_by_value + none_by_flag
    top = max(float(told.max()), none)
    mass, nothing = np.exp(told - top), math.exp(none - top)
    total = float(mass.sum()) + nothing
    apart = (
        abs(_middle(evidence, value, evidence.last) - _middle(evidence, value, evidence.first)) if both else math.inf
    )
    return Belief(tuple(knots), tuple((mass / total).tolist()), nothing / total, apart, evidence.sigma, evidence.layout)


def _measured(evidence: Evidence, commit: int) -> bool:
    return bool((evidence.index == commit).any())


def _middle(evidence: Evidence, value: Floats, commit: int) -> float:
    """Median value of one commit, infinite when it only timed out."""
    return float(np.median(value[evidence.index == commit])) if _measured(evidence, commit) else math.inf


def _by_value(evidence: Evidence, knots: list[int], value: Floats) -> tuple[Floats, float]:
    """Log likelihood of the values per interval, and with no change at all."""
    all_values = float(np.median(value))
    log_scale = -0.5 * (np.log(_SCALES) / 0.5) ** 2
    log_scale -= np.log(np.exp(log_scale).sum())

    def prior(grid: Floats) -> Floats:
        """Density of a level times the width of a grid cell."""
        density = -0.5 * ((grid - all_values) / _SPREAD) ** 2 - math.log(_SPREAD * math.sqrt(2 * math.pi))
        return density + math.log(grid[1] - grid[0])

    old, new = (_grid(evidence, value, commit) for commit in (evidence.first, evidence.last))
    low, high = min(float(old[0]), float(new[0])), max(float(old[-1]), float(new[-1]))
    width = min(float(old[1] - old[0]), float(new[1] - new[0]))
    one = np.linspace(low, high, min(int((high - low) / width) + 2, 65))
    up = np.cumsum(_tables(evidence, knots, value, old), axis=0)
    down = np.cumsum(_tables(evidence, knots, value, new)[::-1], axis=0)[::-1]
    before = _log_sum(up[:-1] + prior(old)[None, :, None], 1)
    after = _log_sum(down[1:] + prior(new)[None, :, None], 1)
    flat = _log_sum(_tables(evidence, knots, value, one).sum(axis=0) + prior(one)[:, None], 0)
    return _log_sum(before + after + log_scale, 1), float(_log_sum(flat + log_scale, 0))


def _grid(evidence: Evidence, value: Floats, commit: int) -> Floats:
    """Levels to try on one side: around the median of its end, as wide as its error allows."""
    rounds = int((evidence.index == commit).sum())
    half = 6 * math.sqrt(1.6 * evidence.sigma**2 / rounds + evidence.layout**2)
    middle = _middle(evidence, value, commit)
    return np.linspace(middle - half, middle + half, 25)


def _tables(evidence: Evidence, knots: list[int], value: Floats, grid: Floats) -> Floats:
    """Log likelihood of each knot's values, by level and noise scale: shape (knots, levels, scales)."""
    scale = evidence.sigma * _SCALES
    shift = _NODES * evidence.layout
    z = (value[:, None, None, None] - grid[:, None, None] - shift[:, None]) / scale
    each = np.log(_PEAK / scale * (1 + z * z / _NU) ** (-(_NU + 1) / 2) + _STRAY)
    out = np.zeros((len(knots), len(grid), len(shift), len(scale)))
    np.add.at(out, np.searchsorted(knots, evidence.index), each)
    return _log_sum(out + _WEIGHTS[:, None], 2)


def _by_flag(evidence: Evidence, knots: list[int]) -> tuple[Floats, float]:
    """Log likelihood of time-outs (and of their absence, once an end times out) per interval, and with no change."""
    binary = not (_measured(evidence, evidence.first) and _measured(evidence, evidence.last))
    slow = np.array([evidence.slow.get(knot, 0) for knot in knots], dtype=float)
    quick = np.array([float((evidence.index == knot).sum()) * binary for knot in knots])
    for_slow, for_quick = _told(slow, quick), _told(quick, slow)
    new, old = (for_slow, for_quick) if evidence.slow_is_new else (for_quick, for_slow)
    split = np.cumsum(old)[:-1] + np.cumsum(new[::-1])[::-1][1:]
    return split, max(float(for_slow.sum()), float(for_quick.sum()))


def _told(right: Floats, wrong: Floats) -> Floats:
    return right * math.log(_SURE) + wrong * math.log(1 - _SURE)


def _without_drift(evidence: Evidence, previous: Belief) -> Floats:
    """Subtract the machine's drift, an Ornstein-Uhlenbeck process, as far as the settled commits show it."""
    probability = dict(zip(previous.knots, previous.new, strict=True))
    chance = np.array([probability.get(int(index), 0.5) for index in evidence.index])
    chance[evidence.index == evidence.first], chance[evidence.index == evidence.last] = 0.0, 1.0
    residual = np.zeros(len(chance))
    settled = (chance < 0.002) | (chance > 0.998)
    for side in (chance < 0.002, chance > 0.998):
        if side.any():
            residual[side] = evidence.value[side] - np.median(evidence.value[side])
    residual = np.clip(residual, -2.5 * evidence.sigma, 2.5 * evidence.sigma)
    near = np.exp(-np.abs(evidence.at[:, None] - evidence.at[settled][None]) / _DRIFT_S) * evidence.drift**2
    noise = np.eye(int(settled.sum())) * 1.3 * evidence.sigma**2
    smooth = near @ np.linalg.solve(near[settled] + noise, residual[settled])
    return np.asarray(evidence.value - smooth)


def _log_sum(a: Floats, axis: int) -> Floats:
    """Log of the sum of exponentials along one axis."""
    top = a.max(axis=axis, keepdims=True)
    return np.asarray((top + np.log(np.exp(a - top).sum(axis=axis, keepdims=True))).squeeze(axis))
