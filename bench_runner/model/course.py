"""What a series does by itself, with no single commit to blame: it has states, or it drifts."""

from dataclasses import dataclass
from typing import Literal

from bench_runner.model.metric import Metric
from bench_runner.model.series import SeriesKey

Kind = Literal["states", "drift"]


@dataclass(frozen=True, slots=True)
class Course:
    """A finding, and no change, from the commit `first` to `last` (full shas).

    A series with states goes back and forth between two or more `levels` (in the metric's unit, ascending) and was
    `stretches` times at any of them. One that drifts has gone slowly from the first of two levels to the second, within
    so many `commits`.
    """

    key: SeriesKey
    metric: Metric
    kind: Kind
    levels: tuple[float, ...]
    first: str
    last: str
    stretches: int = 0
    commits: int = 0

    @property
    def worse(self) -> bool:
        """Whether it drifts in the bad direction."""
        return self.kind == "drift" and self.metric.worse(self.levels[0], self.levels[-1])
