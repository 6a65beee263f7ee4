"""asv's own step detector, for those who want the judgement they know."""

import math
from collections.abc import Sequence
from itertools import pairwise

from bench_runner.model.change import Step
from bench_runner.stats.scaling import quotient

# asv says of a level (first index, end, value, smallest value, mean absolute residual).
_Level = tuple[int, int, float, float, float]
_NO_P = "asv's detector gives no significance"


class AsvSteps:
    """Steps as `asv publish` fits them: every one of them, improvements and recovered ones included."""

    def steps(
        self,
        values: Sequence[float],
        *,
        low: Sequence[float] | None = None,
        high: Sequence[float] | None = None,
        exact: bool = False,  # noqa: ARG002 - asv knows no exact metrics
    ) -> list[Step]:
        """Return the steps, ascending; p is NaN, for asv does not say, and ratios span the levels' mean residuals."""
        from asv.step_detect import detect_steps

        points = [float(value) if math.isfinite(value) else math.nan for value in values]
        if sum(not math.isnan(point) for point in points) < 2:
            return []
        levels = detect_steps(points, _weights(low, high))
        return [_step(old, new) for old, new in pairwise(levels)]


def _weights(low: Sequence[float] | None, high: Sequence[float] | None) -> list[float | None] | None:
    """Return asv's weight of each point, 2 / width of its interval; None where that is not known."""
    if low is None or high is None:
        return None
    widths = [b - a for a, b in zip(low, high, strict=True)]
    return [2 / width if math.isfinite(width) and width > 0 else None for width in widths]


def _step(old: _Level, new: _Level) -> Step:
    """Return the step between two neighbouring levels."""
    before, after, error = old[2], new[2], old[4] + new[4]
    ratio = quotient(before, after)
    return Step(
        index=new[0],
        before=before,
        after=after,
        ratio=ratio,
        ratio_low=quotient(before, max(after - error, 0.0)) if ratio >= 0 else ratio,
        ratio_high=quotient(before, after + error),
        p=math.nan,
        warnings=(_NO_P,),
    )
