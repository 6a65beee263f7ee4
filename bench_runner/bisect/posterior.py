"""Where the level changed, as probabilities: a robust likelihood with both levels and the noise unknown."""

import math
from collections.abc import Mapping, Sequence
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
# So much of a prior is for all commits alike.
_FAINT = 0.1
# How sure "timed out" or "did not" tells the slow commits from the others.
_SURE = 0.999
# Layout effects may be so many times as large, with these odds; the commits that were looked at tell which.
_LAYOUTS = np.array([1.0, 3.5])
_ODDS = np.array([0.97, 0.03])
# A commit's own level is tried as densely as its rounds and its layout tell it apart, at so many places at most, and up
# to so many sd of the layout beyond the levels of both sides.
_MOST, _REACH = 1500, 4.0
_SCALES = np.array([0.4, 0.63, 1.0, 1.6, 2.6])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was observed of commits `first` to `last`: on a scale where differences are relative (logarithms).

    `index`, `value` and `at` (seconds) are parallel, one entry per round; `slow` counts time-outs per commit, and
    `slow_is_new` says on which side those belong. `prior_none` is the probability that nothing changed, `prior` the one
    that the change lies not later than each commit, if there is one; None where all commits are as likely.
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
    prior: Floats | None = None

    @property
    def shares(self) -> Floats:
        """How likely the change lies in each interval between knots, before anything is measured."""
        knots = np.array(self.knots)
        widths = np.diff(knots if self.prior is None else self.prior[knots])
        shares: Floats = widths / widths.sum()
        return shares

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
    prior: Floats | None = None

    def inside(self, interval: int, indices: Sequence[int]) -> list[float]:
        """Return the probability that each of some commits inside an interval is new, given that there is a change."""
        begin, end = self.knots[interval : interval + 2]
        below, above = self.new[interval : interval + 2]
        places = np.array([begin, *indices, end])
        shares = places.astype(float) if self.prior is None else self.prior[places]
        parts = (shares[1:-1] - shares[0]) / (shares[-1] - shares[0])
        return [float(one) for one in below + parts * (above - below)]

    @property
    def likely(self) -> int:
        """The likeliest interval."""
        return max(range(len(self.mass)), key=self.mass.__getitem__)

    @property
    def new(self) -> list[float]:
        """For each knot, the probability that it has the new level, given that there is a change."""
        total = max(sum(self.mass), 1e-300)
        return [0.0, *(float(each) / total for each in np.cumsum(self.mass))]


def summed(prior: Sequence[float]) -> Floats:
    """Return the probability that the change lies not later than each commit, from a weight each; the first has none.

    A tenth is for all commits alike: what a history says may be wrong.
    """
    weights = np.array([0.0, *prior[1:]])
    even = np.array([0.0, *(1 / (len(weights) - 1) for _ in weights[1:])])
    known = weights / weights.sum() if weights.sum() > 0 else even
    found: Floats = ((1 - _FAINT) * known + _FAINT * even).cumsum()
    return found


def weigh(evidence: Evidence, previous: Belief | None = None) -> Belief:
    """Return the posterior; `previous` says which commits are settled, so that drift can be read off them."""
    knots = evidence.knots
    both = _measured(evidence, evidence.first) and _measured(evidence, evidence.last)
    value = _without_drift(evidence, previous) if evidence.drift and previous and both else evidence.value
    told = np.log(evidence.shares) + math.log(1 - evidence.prior_none)
    none = math.log(evidence.prior_none)
    by_value, none_by_value, layout = np.zeros(len(knots) - 1), 0.0, evidence.layout
    if both:
        by_value, none_by_value, layout = _by_value(evidence, knots, value)
    by_flag, none_by_flag = _by_flag(evidence, knots)
    told = told + by_value + by_flag
    none += none_by_value + none_by_flag
    top = max(float(told.max()), none)
    mass, nothing = np.exp(told - top), math.exp(none - top)
    total = float(mass.sum()) + nothing
    apart = (
        abs(_middle(evidence, value, evidence.last) - _middle(evidence, value, evidence.first)) if both else math.inf
    )
    return Belief(
        tuple(knots), tuple((mass / total).tolist()), nothing / total, apart, evidence.sigma, layout, evidence.prior
    )


def _measured(evidence: Evidence, commit: int) -> bool:
    return bool((evidence.index == commit).any())


def _middle(evidence: Evidence, value: Floats, commit: int) -> float:
    """Median value of one commit, infinite when it only timed out."""
    return float(np.median(value[evidence.index == commit])) if _measured(evidence, commit) else math.inf


def _by_value(evidence: Evidence, knots: list[int], value: Floats) -> tuple[Floats, float, float]:
    """Return the log likelihood of the values per interval and with no change, and the layout effect they show."""
    all_values = float(np.median(value))
    log_scale = (np.log(_ODDS)[:, None] - 0.5 * (np.log(_SCALES) / 0.5) ** 2).ravel()
    log_scale -= np.log(np.exp(log_scale).sum())

    def prior(grid: Floats) -> Floats:
        """Density of a level times the width of a grid cell."""
        density = -0.5 * ((grid - all_values) / _SPREAD) ** 2 - math.log(_SPREAD * math.sqrt(2 * math.pi))
        return density + math.log(grid[1] - grid[0])

    old, new = (_grid(evidence, value, commit) for commit in (evidence.first, evidence.last))
    low, high = min(float(old[0]), float(new[0])), max(float(old[-1]), float(new[-1]))
    width = min(float(old[1] - old[0]), float(new[1] - new[0]))
    one = np.linspace(low, high, min(int((high - low) / width) + 2, 65))
    told = _Told.of(evidence, knots, value, low, high)
    up = np.cumsum(told.at(old), axis=0)
    down = np.cumsum(told.at(new)[::-1], axis=0)[::-1]
    before = _log_sum(up[:-1] + prior(old)[None, :, None], 1)
    after = _log_sum(down[1:] + prior(new)[None, :, None], 1)
    flat = _log_sum(told.at(one).sum(axis=0) + prior(one)[:, None], 0)
    split, whole = before + after + log_scale, flat + log_scale
    shares = np.exp(split - split.max()).sum(axis=0).reshape(len(_LAYOUTS), -1).sum(axis=1)
    layout = evidence.layout * float((_LAYOUTS * shares).sum() / shares.sum())
    return _log_sum(split, 1), float(_log_sum(whole, 0)), layout


def _grid(evidence: Evidence, value: Floats, commit: int) -> Floats:
    """Levels to try on one side: around the median of its end, as wide as its error allows."""
    rounds = int((evidence.index == commit).sum())
    half = 6 * math.sqrt(1.6 * evidence.sigma**2 / rounds + float(evidence.layout * _LAYOUTS.max()) ** 2)
    middle = _middle(evidence, value, commit)
    return np.linspace(middle - half, middle + half, 25)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the values of each commit say of its own level, which is that of its side and the effect of its layout.

    `likely` has the shape (levels, commits * scales), each column divided by its largest, whose logarithm is in `tops`.
    """

    levels: Floats
    likely: Floats
    tops: Floats
    layouts: Floats

    @classmethod
    def of(cls, evidence: Evidence, knots: list[int], value: Floats, low: float, high: float) -> "_Told":
        """Return this for levels of a side from `low` to `high`."""
        layouts, whose = evidence.layout * _LAYOUTS, np.searchsorted(knots, evidence.index)
        width = 1 / math.sqrt(1 / evidence.layout**2 + int(np.bincount(whose).max()) / evidence.sigma**2)
        margin = _REACH * float(layouts.max())
        count = min(int((high - low + 2 * margin) / width) + 2, _MOST)
        levels = np.linspace(low - margin, high + margin, count)
        scale = evidence.sigma * _SCALES
        order = np.argsort(whose, kind="stable")
        z = (value[order][:, None, None] - levels[:, None]) / scale
        q = 1 + z * z / _NU
        each = np.log(_PEAK / scale / (q * np.sqrt(q)) + _STRAY)  # q to the power of (nu + 1) / 2
        measured, starts = np.unique(whose[order], return_index=True)
        logs = np.zeros((len(knots), *each.shape[1:]))
        logs[measured] = np.add.reduceat(each, starts, axis=0)
        tops = logs.max(axis=1)
        likely = np.exp(logs - tops[:, None]).transpose(1, 0, 2).reshape(count, -1)
        return cls(levels, likely, tops, layouts)

    def at(self, grid: Floats) -> Floats:
        """Return the log likelihood of each commit by the level of its side: (commits, levels, layouts * scales)."""
        tables = []
        for layout in self.layouts:
            kernel = np.exp(-0.5 * ((self.levels - grid[:, None]) / layout) ** 2)
            kernel /= kernel.sum(axis=1, keepdims=True)
            mixed = np.log(np.maximum(kernel @ self.likely, 1e-300)).reshape(len(grid), *self.tops.shape)
            tables.append(mixed.transpose(1, 0, 2) + self.tops[:, None])
        return np.concatenate(tables, axis=2)


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
