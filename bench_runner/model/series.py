"""A series: one case's summaries over commits, in one environment on one machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bench_runner.model.benchmark import Case
from bench_runner.model.metric import Metric


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Whose numbers these are."""

    case: Case
    environment: str
    machine: str


@dataclass(frozen=True, slots=True)
class Series:
    """Points in git order, oldest first; all sequences have one length.

    `revisions` are ordinals on the branch (gaps are commits that were not measured), `values` with `low` and `high` in
    the metric's unit, NaN where a benchmark was skipped or failed. `segments` holds the first index of each segment,
    0 first: a new benchmark version or measurement protocol starts a new one, and nothing is tested across it. `doubts`
    are the warnings of each point in one line; () where nobody asks for them.

    A series of production has a point for each window instead, in the order of time: `times` are when they start (ms),
    `revisions` and `shas` those of the release that ran then, so they repeat, and fall where a release was taken back;
    a revision of -1 is that of a commit which is not on the branch.
    """

    key: SeriesKey
    metric: Metric
    revisions: Sequence[int]
    shas: Sequence[str]
    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    segments: tuple[int, ...] = (0,)
    doubts: Sequence[str] = ()
    times: Sequence[int] = ()

    def part(self, first: int, last: int) -> "Series":
        """Return the points from one to another, both included."""
        cut = slice(first, last + 1)
        inside = (start - first for start in self.segments if first < start <= last)
        return replace(
            self,
            revisions=self.revisions[cut],
            shas=self.shas[cut],
            values=self.values[cut],
            low=self.low[cut],
            high=self.high[cut],
            segments=(0, *inside),
            doubts=self.doubts[cut],
            times=self.times[cut],
        )

    def stretches(self) -> list[slice]:
        """Return the segments as slices."""
        edges = [*self.segments, len(self.values)]
        return [slice(a, b) for a, b in pairwise(edges)]
