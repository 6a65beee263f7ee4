"""A series with states of its own: it goes back and forth between levels, which is a finding and no change."""

from dataclasses import dataclass

from bench_runner.model.metric import Metric
from bench_runner.model.series import SeriesKey


@dataclass(frozen=True, slots=True)
class Restless:
    """A series and the levels between which it goes back and forth: in the metric's unit, ascending, two or more.

    `stretches` is how often it was at any of them; `since` is the full sha of its first point.
    """

    key: SeriesKey
    metric: Metric
    levels: tuple[float, ...]
    stretches: int
    since: str
