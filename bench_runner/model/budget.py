"""What became of a budget in one series."""

import math
from dataclasses import dataclass
from typing import Literal

from bench_runner.model.metric import Metric
from bench_runner.model.policy import Budget
from bench_runner.model.series import SeriesKey

Judged = Literal["within", "exceeded", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 99 % interval, from so many points; NaN from none."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    points: int = 0


@dataclass(frozen=True, slots=True)
class BudgetVerdict:
    """A budget held against the newest level of a series.

    `level` is in the metric's unit, and so is `limit` of an absolute budget. Of a cumulative one `worse` says how much
    worse the level is than at `since_sha`, relative as `limit` is. `reason` says why nothing can be said, or that
    another commit had to stand for the one that was named.
    """

    budget: Budget
    key: SeriesKey
    metric: Metric
    verdict: Judged
    limit: float
    level: Estimate = Estimate()
    worse: Estimate = Estimate()
    since_sha: str = ""
    reason: str = ""
