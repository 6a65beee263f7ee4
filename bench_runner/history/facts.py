"""What is known of commits and their runs beside the series: failures, how well it went, and what stands elsewhere."""

from dataclasses import dataclass, field

from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit
from bench_runner.model.metric import Metric
from bench_runner.model.run import Fingerprint, Outcome
from bench_runner.model.series import SeriesKey
from bench_runner.model.work import Work


@dataclass(frozen=True, slots=True)
class Failure:
    """A case without a number, or (case None) a commit that could not be built, and the end of what was printed."""

    sha: str
    environment: str
    machine: str
    outcome: Outcome
    case: Case | None = None
    detail: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class RunFact:
    """That a commit was measured in an environment on a machine: when the last case began (ms, 0 unknown), how well.

    `measured` counts numbers, `failed` cases that failed, crashed or ran out of time; `work` is what measuring took.
    `fingerprint` is what it ran on, `canary_s` how long its canary usually took (0 unknown).
    """

    sha: str
    environment: str
    machine: str
    finished_ms: int = 0
    measured: int = 0
    failed: int = 0
    built: bool = True
    work: Work = field(default_factory=Work)
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    canary_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Number:
    """One case's value with its interval at a commit that is not on the branch."""

    key: SeriesKey
    metric: Metric
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A run of a commit that is not on the branch: what the commit is, in words, and the numbers.

    Of a commit that the repository does not have any more only sha and time are known.
    """

    commit: Commit
    where: str
    run: RunFact
    numbers: tuple[Number, ...] = ()

    @property
    def sha(self) -> str:
        """The full sha."""
        return self.commit.sha
