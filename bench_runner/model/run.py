"""A run: all results of one commit in one environment on one machine, which is one file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench_runner.model.benchmark import Case
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.production import JointWindow
from bench_runner.model.sample import Sample, Summary
from bench_runner.model.work import Work

Outcome = Literal["ok", "failed", "timeout", "skipped", "crashed"]


@dataclass(frozen=True, slots=True)
class Build:
    """How the commit was built: duration in seconds, and for a failure the last lines of the output."""

    ok: bool
    duration_s: float = 0.0
    detail: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How numbers were taken; a difference here is a segment boundary in a series, never compared across.

    `suite` is "worktree" or "commit"; `suite_sha` the commit it was taken from, "" for a dirty or foreign one.
    """

    runner: str
    engine: str
    rounds: int
    launch: str
    suite: str = "worktree"
    suite_sha: str = ""

    @property
    def key(self) -> str:
        """What must agree for two points to be compared."""
        return f"{self.engine}/{self.launch}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the numbers were taken on: CPU model, kernel, Python build, installed distributions (name -> version)."""

    cpu: str = ""
    kernel: str = ""
    python: str = ""
    distributions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """One case's sample, or why there is none.

    `detail` is one sentence ("killed by SIGSEGV", "no answer within 60 s"), `output` the end of what the benchmark
    printed. `started_ms` since 1970; `duration_s` over all rounds, setup included. `protocol` and `fingerprint` are
    None where they are the run's; a result kept from an earlier measurement of the same commit brings its own.
    """

    case: Case
    version: str
    outcome: Outcome
    sample: Sample | None = None
    summary: Summary | None = None
    detail: str = ""
    output: str = ""
    started_ms: int = 0
    duration_s: float = 0.0
    protocol: Protocol | None = None
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One result file; `windows` are what its results were computed from if they come from production.

    `work` is what the newest measurement took.
    """

    commit_sha: str
    commit_time_ms: int
    environment: Environment
    machine: Machine
    build: Build
    protocol: Protocol
    fingerprint: Fingerprint
    results: tuple[Result, ...] = ()
    setup_cache_s: Mapping[str, float] = field(default_factory=dict)
    windows: tuple[JointWindow, ...] = ()
    work: Work = field(default_factory=Work)
