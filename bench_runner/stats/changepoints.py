"""The house's change detector: log scale, kernel segmentation, validation by the likelihood of its own noise."""

import math
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np

from bench_runner.model.change import Drift, Examined, Step
from bench_runner.stats import exact as counter
from bench_runner.stats.drift import drifts
from bench_runner.stats.levels import Levels
from bench_runner.stats.locate import credible, posterior
from bench_runner.stats.noise import Array, median, scale
from bench_runner.stats.recurring import states
from bench_runner.stats.scaling import Scaled
from bench_runner.stats.segmentation import MIN_POINTS, Places, segment
from bench_runner.stats.significance import KNOWN, Standing, Validation
from bench_runner.stats.watch import Watch, checkpoint

# A change is placed anew at most so many points from where the segmentation had it.
NEARBY = 50


def detect(values: Sequence[float], *, times: Sequence[float] | None = None) -> list[int]:  # noqa: ARG001 - part of the call that detectors are scored by; only the order counts
    """Return the first index of each new level, ascending; NaN and infinite values are missing."""
    return [step.index for step in Segments().steps(values)]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in the first points of a series: steps, states and drifts, all places of levels, and the watch."""

    examined: Examined
    places: tuple[int, ...]
    watch: Watch


@dataclass(frozen=True, slots=True)
class State:
    """The points of a series so far, and what was found in them."""

    values: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    examined: Examined = field(default_factory=Examined)


class Segments:
    """Finds steps of at least 1 % that stand out of the series' own noise, in both directions.

    `known` is what it found before, by a digest of the points: it may be kept, and is the same for the same points.
    """

    def __init__(self, known: MutableMapping[bytes, Checked] | None = None) -> None:
        self.known: MutableMapping[bytes, Checked] = {} if known is None else known

    def steps(
        self,
        values: Sequence[float],
        *,
        low: Sequence[float] | None = None,
        high: Sequence[float] | None = None,
        exact: bool = False,
    ) -> list[Step]:
        """Return the steps, ascending; a noisy level has 3 points or more (the first 5), a counter's 2 (newest 1)."""
        return list(self.examine(values, low=low, high=high, exact=exact).steps)

    def examine(
        self,
        values: Sequence[float],
        *,
        low: Sequence[float] | None = None,
        high: Sequence[float] | None = None,
        exact: bool = False,
    ) -> Examined:
        """Return the steps, and the states and drifts of a series instead of what looks like steps of them."""
        points = np.asarray(values, dtype=float)
        present = np.flatnonzero(np.isfinite(points))
        if exact and counter.is_exact(points[present]):
            return Examined(tuple(counter.steps(points, present)))
        if len(present) < 2 * MIN_POINTS:
            return Examined()
        own = [None if ends is None else np.asarray(ends, dtype=float)[present] for ends in (low, high)]
        checked = self._checked(points[present], *own)
        doubt = ("declared exact but differs at most points",) if exact else ()
        edges = [0, *checked.places, len(present)]
        found = (replace(step, warnings=(*doubt, *_doubts(step, edges))) for step in checked.examined.steps)
        slow = (
            replace(one, first=int(present[one.first]), last=int(present[one.last])) for one in checked.examined.drifts
        )
        return replace(checked.examined, steps=tuple(_in_place(step, present) for step in found), drifts=tuple(slow))

    def update(
        self, state: State, values: Sequence[float], *, low: Sequence[float] = (), high: Sequence[float] = ()
    ) -> State:
        """Return the state of a series that has grown; the same as that of the whole series at once.

        A state without points is the beginning of all; `low` and `high` are given always or never.
        """
        grown = State((*state.values, *values), (*state.low, *low), (*state.high, *high))
        found = self.examine(grown.values, low=grown.low or None, high=grown.high or None)
        return replace(grown, examined=found)

    def _checked(self, points: Array, low: Array | None, high: Array | None) -> Checked:
        """Return what holds of some points: found in the first of them, if those after say nothing against it."""
        size: int | None = checkpoint(len(points))
        while size is not None:
            part = [None if one is None else one[:size] for one in (points, low, high)]
            told = (b"-" if one is None else one.tobytes() for one in part)
            digest = blake2b(b"|".join([str(size).encode(), *told]), digest_size=16).digest()
            if digest not in self.known:
                self.known[digest] = _check(points[:size], *part[1:])
            found = self.known[digest]
            size = found.watch.next(points, size)
        return found


def _check(points: Array, low: Array | None, high: Array | None) -> Checked:
    """Examine present points, and set a watch at their end."""
    scaled = Scaled.of(points)
    spreads = scaled.spreads(low, high)
    shown = noise = scale(scaled.values)
    weights = None
    if spreads is not None:
        noise = max(shown, median(spreads[spreads > 0]))
        weights = np.minimum(1.0, (noise / np.maximum(spreads, noise)) ** 2) if noise > 0 else None
    if noise**2 <= 0:  # none at all, or so little that its square is lost
        return Checked(Examined(), (), Watch.of_constant(len(points)))
    middle = median(scaled.values)
    standard = (scaled.values - middle) / noise
    levels = Levels(standard, weights, math.sqrt(1 - (shown / noise) ** 2))
    validation = Validation(scaled.values, noise, scaled.floor, levels)
    places = _placed(validation.run(segment(standard)), levels, len(standard))
    standing = validation.judge(places)
    heights = [one.before for one in standing[:1]] + [one.after for one in standing]
    recurring = states(heights)
    edges = [0, *places, len(standard)]
    own = {k for k in range(len(standing)) if {k, k + 1} <= recurring}
    found = {k: _step(one, edges[k : k + 3], scaled, levels) for k, one in enumerate(standing) if k not in own}
    slow = drifts(
        standard, edges, {k: (one.after > one.before, _width(one)) for k, one in found.items()}, levels.inflation
    )
    for run in slow:
        for k in run:
            del found[k]
    examined = Examined(
        tuple(found.values()),
        tuple(scaled.back(heights[k]) for k in sorted(recurring)),
        tuple(
            Drift(one.first, one.last, *(scaled.back(middle + noise * at) for at in (one.before, one.after)))
            for one in slow.values()
        ),
    )
    return Checked(examined, tuple(places), Watch.of(levels, edges[-2:], (scaled.unit, middle, noise)))


def _placed(places: Sequence[int], levels: Levels, size: int) -> list[int]:
    """Return the places, each moved to where it is likeliest given the levels on both sides."""
    edges = [0, *places, size]
    for k in range(1, len(edges) - 1):
        start, place, end = edges[k - 1 : k + 2]
        first, last = max(start + MIN_POINTS, place - NEARBY), min(end - MIN_POINTS, place + NEARBY)
        if first <= last:
            weights = _weights((start, place, end), levels)[first - start - 1 : last - start]
            edges[k] = first + int(weights.argmax())
    return edges[1:-1]


def _weights(edges: Sequence[int], levels: Levels) -> Array:
    """Return the posterior over the place of a change; edges: start of the old level, step, end of the new one."""
    start, place, end = edges
    old, new = levels.level(start, place), levels.level(place, end)
    likelihoods = (levels.likelihoods(start, end, one) / levels.inflation for one in (old, new))
    return posterior(*likelihoods)


def _in_place(step: Step, present: Places) -> Step:
    """Return a step of the present points as one of all points, missing ones included."""
    earliest, latest = (None if at is None else int(present[at]) for at in (step.earliest, step.latest))
    return replace(step, index=int(present[step.index]), earliest=earliest, latest=latest)


def _width(step: Step) -> int:
    """Return at how many places a step may be."""
    return (step.latest or step.index) - (step.earliest or step.index) + 1


def _step(one: Standing, edges: Sequence[int], scaled: Scaled, levels: Levels) -> Step:
    """Return a standing change in the metric's unit; p is Bonferroni's over the places it could have been at."""
    places = len(scaled.values) / MIN_POINTS
    spread = 1.96 * one.error
    weights = _weights(edges, levels)
    here = one.index - edges[0] - 1
    first, last = credible(weights)
    first, last = min(first, here), max(last, here)
    return Step(
        index=one.index,
        before=scaled.back(one.before),
        after=scaled.back(one.after),
        ratio=scaled.ratio(one.before, one.after),
        ratio_low=scaled.ratio(one.before, one.after - spread),
        ratio_high=scaled.ratio(one.before, one.after + spread),
        p=min(1.0, places * math.erfc(one.z / math.sqrt(2))),
        earliest=edges[0] + 1 + first,
        latest=edges[0] + 1 + last,
        chances=tuple(np.round(weights[first : last + 1], 6).tolist()),
    )


def _doubts(step: Step, edges: Sequence[int]) -> tuple[str, ...]:
    """Return what is thin about a step among the edges of all levels."""
    k = edges.index(step.index)
    sizes = {"before": edges[k] - edges[k - 1], "after": edges[k + 1] - edges[k]}
    return tuple(f"only {size} points {side} it" for side, size in sizes.items() if size < KNOWN)
