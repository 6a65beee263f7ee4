"""Changes of level in a series, and comparisons of two summaries."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from bench_runner.model.benchmark import Case
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Acceptance
from bench_runner.model.sample import Summary
from bench_runner.model.series import SeriesKey

State = Literal["pending", "confirmed", "recovered", "accepted", "dismissed"]
UNSEEN = "no longer seen"  # a warning: recorded once, and the detector does not find it any more
Verdict = Literal["slower", "faster", "unchanged", "undecided", "missing", "failed", "new", "unlike"]


@dataclass(frozen=True, slots=True)
class Step:
    """What a detector says of one series: the first index of the new level, both levels, and how sure.

    `before` and `after` are level values in the metric's unit, `ratio` = after / before with its 95 % interval
    (`ratio_low`, `ratio_high`); `p` is the probability of so large a step without a change. The true index lies from
    `earliest` to `latest` with 95 % probability, None where a detector cannot say; `chances` are the probabilities of
    each index in that range that has a value.
    """

    index: int
    before: float
    after: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    warnings: tuple[str, ...] = ()
    earliest: int | None = None
    latest: int | None = None
    chances: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """A slow move between two levels (in the metric's unit), from index `first` to `last`."""

    first: int
    last: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Examined:
    """The steps of a series, the levels (in the metric's unit) between which it goes back and forth, its drifts."""

    steps: tuple[Step, ...] = ()
    states: tuple[float, ...] = ()
    drifts: tuple[Drift, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a series, placed in the history: it lies after `last_old` and not later than `first_new` (full shas).

    `candidates` counts the commits it may be; `recovered_by` is the sha where the level came back. `span` is wider than
    that: the revisions (first, last) that hold it with 95 % probability, since noise blurs its place among the points.
    `posterior` says with what probability it is among which of them: (first, last, probability) from one measured
    commit to the next; empty where that is not known.

    A change of production lies between two windows (`between`, when they start, in ms), and so between the releases
    that ran in them. A `span` that ends before it begins holds no commit: nothing was deployed there, or an older
    release (`candidates` counts the commits that were taken back). It is None where a release is not on the branch.

    `known_as` is the id under which it stands in the ledger, "" where it does not; `reason` is that of the person who
    dismissed it.
    """

    key: SeriesKey
    metric: Metric
    step: Step
    last_old: str
    first_new: str
    revision: int
    candidates: int = 1
    state: State = "confirmed"
    recovered_by: str = ""
    warnings: tuple[str, ...] = field(default=())
    acceptance: Acceptance | None = None  # of the policy; one that has expired leaves the state as it is
    span: tuple[int, int] | None = None
    posterior: tuple[tuple[int, int, float], ...] = ()
    between: tuple[int, int] | None = None
    known_as: str = ""
    reason: str = ""

    @property
    def id(self) -> str:
        """Eight hex digits: those it was recorded under, else made of its place and stable while that stays."""
        if self.known_as:
            return self.known_as
        place = self.first_new if self.between is None else f"{self.first_new} {self.between[1]}"
        parts = (self.key.case.id, self.key.environment, self.key.machine, place)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]

    def chance(self, revision: int) -> float | None:
        """Return the probability that one commit made it, all else being equal; None where that is not known."""
        shares = [chance / (last - first + 1) for first, last, chance in self.posterior if first <= revision <= last]
        return sum(shares) if self.posterior else None

    @property
    def production(self) -> bool:
        """Whether it was seen in production: news, and never a gate."""
        return self.between is not None

    @property
    def inside(self) -> bool:
        """Whether it surely happened while one release was in production, so that no commit made it."""
        deployed = self.span is not None and self.span[0] <= self.span[1]
        return self.production and self.last_old == self.first_new and not deployed

    @property
    def worse(self) -> bool:
        """Whether it is a regression."""
        return self.metric.worse(self.step.before, self.step.after)

    @property
    def way(self) -> tuple[Case, bool]:
        """Which call changed, and whether it is a regression: the same for all metrics and machines that show it."""
        return self.key.case.call, self.worse

    @property
    def standing(self) -> bool:
        """Whether it is a regression that is seen to be there, and that nobody has accepted or dismissed."""
        return self.worse and self.state in {"pending", "confirmed"} and UNSEEN not in self.warnings


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two summaries of one case: `ratio` = after / before with its interval, p after correction."""

    case: Case
    metric: Metric
    before: Summary | None
    after: Summary | None
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    verdict: Verdict
    reason: str = ""
    environment: str = ""
    machine: str = ""
