"""The house's change detector: log scale, kernel segmentation, backward validation."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench_runner.model.change import Step
from bench_runner.stats import exact as counter
from bench_runner.stats.locate import credible
from bench_runner.stats.noise import scale
from bench_runner.stats.scaling import Scaled
from bench_runner.stats.segmentation import MIN_POINTS, Places, segment
from bench_runner.stats.significance import Standing, Validation

# A level of fewer points than this may still wander, so a step to it says so.
FEW = 5


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
        """Return the steps, ascending; a noisy level has at least 3 points, an exact counter's 2 (the newest 1)."""
        points = np.asarray(values, dtype=float)
        present = np.flatnonzero(np.isfinite(points))
        if exact and counter.is_exact(points[present]):
            return counter.steps(points, present)
        if len(present) < 2 * MIN_POINTS:
            return []
        scaled = Scaled.of(points[present])
        noise = max(scale(scaled.values), scaled.noise(low, high))
        if noise**2 <= 0:  # none at all, or so little that its square is lost
            return []
        places = segment((scaled.values - float(np.median(scaled.values))) / noise)
        standing = Validation(scaled.values, noise, scaled.floor).run(places)
        edges = [0, *(one.index for one in standing), len(present)]
        doubt = ("declared exact but differs at most points",) if exact else ()
        found = [_step(one, edges[k : k + 3], scaled) for k, one in enumerate(standing)]
        return [_in_place(step, present, doubt) for step in found]


def _in_place(step: Step, present: Places, doubt: tuple[str, ...]) -> Step:
    """Return a step of the present points as one of all points, missing ones included."""
    earliest, latest = (None if at is None else int(present[at]) for at in (step.earliest, step.latest))
    warnings = (*doubt, *step.warnings)
    return replace(step, index=int(present[step.index]), earliest=earliest, latest=latest, warnings=warnings)


def _step(one: Standing, edges: Sequence[int], scaled: Scaled) -> Step:
    """Return a standing change in the metric's unit; p is Bonferroni's over the places it could have been at.

    `edges` are the start of the old level, the step, and the end of the new level.
    """
    start, place, end = edges
    places = len(scaled.values) / MIN_POINTS
    spread = 1.96 * one.error
    earliest, latest = credible(scaled.values[start:end], place - start, (one.before, one.after), one.variance)
    return Step(
        index=place,
        before=scaled.back(one.before),
        after=scaled.back(one.after),
        ratio=scaled.ratio(one.before, one.after),
        ratio_low=scaled.ratio(one.before, one.after - spread),
        ratio_high=scaled.ratio(one.before, one.after + spread),
        p=min(1.0, places * math.erfc(one.z / math.sqrt(2))),
        warnings=_doubts(edges),
        earliest=start + earliest,
        latest=start + latest,
    )


def _doubts(edges: Sequence[int]) -> tuple[str, ...]:
    """Return what is thin about a step between edges."""
    sizes = {"before": edges[1] - edges[0], "after": edges[2] - edges[1]}
    return tuple(f"only {size} points {side} it" for side, size in sizes.items() if size < FEW)
