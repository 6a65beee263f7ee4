"""The house's change detector: log scale, kernel segmentation, validation by the likelihood of its own noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench_runner.model.change import Step
from bench_runner.stats import exact as counter
from bench_runner.stats.levels import Levels
from bench_runner.stats.locate import credible, posterior
from bench_runner.stats.noise import Array, scale
from bench_runner.stats.recurring import states
from bench_runner.stats.scaling import Scaled
from bench_runner.stats.segmentation import MIN_POINTS, Places, segment
from bench_runner.stats.significance import KNOWN, Standing, Validation

# A change is placed anew at most so many points from where the segmentation had it.
NEARBY = 50


@dataclass(frozen=True, slots=True)
class Examined:
    """The steps of a series, and the levels (in the metric's unit) between which it goes back and forth."""

    steps: tuple[Step, ...] = ()
    states: tuple[float, ...] = ()


def detect(values: Sequence[float], *, times: Sequence[float] | None = None) -> list[int]:  # noqa: ARG001 - part of the call that detectors are scored by; only the order counts
    """Return the first index of each new level, ascending; NaN and infinite values are missing."""
    return [step.index for step in Segments().steps(values)]


class Segments:
    """Finds steps of at least 1 % that stand out of the series' own noise, in both directions."""

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
        """Return the steps and, where a series goes back and forth between levels, these instead of their steps."""
        points = np.asarray(values, dtype=float)
        present = np.flatnonzero(np.isfinite(points))
        if exact and counter.is_exact(points[present]):
            return Examined(tuple(counter.steps(points, present)))
        if len(present) < 2 * MIN_POINTS:
            return Examined()
        scaled = Scaled.of(points[present])
        own = [None if ends is None else np.asarray(ends, dtype=float)[present] for ends in (low, high)]
        found = _examine(scaled, scaled.spreads(*own))
        doubt = ("declared exact but differs at most points",) if exact else ()
        return replace(found, steps=tuple(_in_place(step, present, doubt) for step in found.steps))


def _examine(scaled: Scaled, spreads: Array | None) -> Examined:
    """Examine present points; `spreads` are the sd that each point's own interval implies, in the scale's unit."""
    shown = noise = scale(scaled.values)
    weights = None
    if spreads is not None:
        noise = max(shown, float(np.median(spreads[spreads > 0])))
        weights = np.minimum(1.0, (noise / np.maximum(spreads, noise)) ** 2) if noise > 0 else None
    if noise**2 <= 0:  # none at all, or so little that its square is lost
        return Examined()
    standard = (scaled.values - float(np.median(scaled.values))) / noise
    levels = Levels(standard, weights, math.sqrt(1 - (shown / noise) ** 2))
    validation = Validation(scaled.values, noise, scaled.floor, levels)
    places = _placed(validation.run(segment(standard)), levels, len(standard))
    standing = validation.judge(places)
    heights = [one.before for one in standing[:1]] + [one.after for one in standing]
    recurring = states(heights)
    edges = [0, *places, len(standard)]
    steps = [
        _step(one, edges[k : k + 3], scaled, levels) for k, one in enumerate(standing) if not {k, k + 1} <= recurring
    ]
    return Examined(tuple(steps), tuple(scaled.back(heights[k]) for k in sorted(recurring)))


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


def _in_place(step: Step, present: Places, doubt: tuple[str, ...]) -> Step:
    """Return a step of the present points as one of all points, missing ones included."""
    earliest, latest = (None if at is None else int(present[at]) for at in (step.earliest, step.latest))
    warnings = (*doubt, *step.warnings)
    return replace(step, index=int(present[step.index]), earliest=earliest, latest=latest, warnings=warnings)


def _step(one: Standing, edges: Sequence[int], scaled: Scaled, levels: Levels) -> Step:
    """Return a standing change in the metric's unit; p is Bonferroni's over the places it could have been at."""
    places = len(scaled.values) / MIN_POINTS
    spread = 1.96 * one.error
    earliest, latest = (edges[0] + 1 + place for place in credible(_weights(edges, levels)))
    return Step(
        index=one.index,
        before=scaled.back(one.before),
        after=scaled.back(one.after),
        ratio=scaled.ratio(one.before, one.after),
        ratio_low=scaled.ratio(one.before, one.after - spread),
        ratio_high=scaled.ratio(one.before, one.after + spread),
        p=min(1.0, places * math.erfc(one.z / math.sqrt(2))),
        warnings=_doubts(edges),
        earliest=min(earliest, one.index),
        latest=max(latest, one.index),
    )


def _doubts(edges: Sequence[int]) -> tuple[str, ...]:
    """Return what is thin about a step between edges."""
    sizes = {"before": edges[1] - edges[0], "after": edges[2] - edges[1]}
    return tuple(f"only {size} points {side} it" for side, size in sizes.items() if size < KNOWN)
