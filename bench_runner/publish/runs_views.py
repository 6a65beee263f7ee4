"""What the page of runs prints, complete before its template is touched."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench_runner.publish.views import CommitView, ElsewhereView, FailureView


@dataclass(frozen=True, slots=True)
class WorkView:
    """What measuring a run took: wall and CPU time in words, (part, share in words) and (what, how many) in order."""

    wall: str
    cpu: str
    parts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StandingView:
    """How far an environment on a machine has come; `strip` draws which of the newest commits were measured.

    `work` is what measuring the newest took, None where that is not known.
    """

    machine: str
    environment: str
    newest: CommitView | None
    measured_at: str
    behind: int
    commits: int
    measured: int
    failed: int
    strip: str
    covered: str
    work: WorkView | None = None


@dataclass(frozen=True, slots=True)
class RunsPage:
    """Freshness, coverage, failures, and what was measured off the branch."""

    standings: tuple[StandingView, ...]
    machines: tuple[Mapping[str, str], ...]
    builds: tuple[FailureView, ...]
    failures: tuple[FailureView, ...]
    further_builds: int
    further_failures: int
    elsewhere: tuple[ElsewhereView, ...]
    further_elsewhere: int
