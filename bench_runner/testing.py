"""Doubles for statistics, time and other people's plug-ins: what is measured is what they are told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench_runner.envs.base import Workspace
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.environment import Environment
from bench_runner.model.run import Build, Fingerprint, Outcome, Result, Run
from bench_runner.model.sample import Round, Sample
from bench_runner.runner.events import Event, Measured
from bench_runner.runner.sampling import Sampling
from bench_runner.store.stored import Stored

Values = Callable[[str, Case], Sequence[float] | Outcome]


@dataclass
class ReplayPreparer:
    """Makes workspaces without a disk; commits in `broken` do not build."""

    broken: frozenset[str] = frozenset()
    prepared: list[tuple[str, str]] = field(default_factory=list)

    def prepare(
        self, environment: Environment, sha: str, *, say: Callable[[str], None], then: Iterable[str] = ()
    ) -> Workspace:
        """Return a workspace that is nowhere; `then` is of no use here."""
        del then
        say(f"preparing {sha[:8]}")
        self.prepared.append((environment.name, sha))
        build = Build(ok=False, detail="told not to build") if sha in self.broken else Build(ok=True, duration_s=1.0)
        nowhere = Path("nowhere")
        return Workspace(
            environment, sha, nowhere, nowhere / "python", nowhere / "source", build, Fingerprint("replay")
        )


@dataclass
class ReplayExecutor:
    """Measures what `values(sha, case)` says: the centres of the rounds, or an outcome such as "failed"."""

    benchmarks: Sequence[Benchmark]
    values: Values

    def discover(self, workspace: Workspace, suite: Path) -> list[Benchmark]:  # noqa: ARG002 - the protocol's
        """Return the benchmarks it was made with."""
        return list(self.benchmarks)

    def check(self, workspace: Workspace, suite: Path) -> list[str]:  # noqa: ARG002 - the protocol's
        """Find nothing wrong."""
        return []

    def measure(
        self,
        workspace: Workspace,
        suite: Path,  # noqa: ARG002 - the protocol's
        cases: Sequence[tuple[Benchmark, Sequence[Case]]],
        plan: Sampling,
        tell: Callable[[Event], None],
    ) -> Measured:
        """Return a result for each case, a round for each value."""
        results = []
        for benchmark, wanted in cases:
            for case in wanted:
                results.append(self._result(workspace.commit_sha, case, benchmark.version, plan.rounds))
                tell(Event("result", len(results), len(results), case=case, result=results[-1]))
        return Measured(tuple(results), launch="replay")

    def _result(self, sha: str, case: Case, version: str, rounds: int) -> Result:
        told = self.values(sha, case)
        if isinstance(told, str):
            return Result(case, version, told, detail="as told")
        centres = tuple(float(value) for value in told[:rounds])
        return Result(case, version, "ok", Sample(tuple(Round((value,)) for value in centres)), duration_s=sum(centres))


@dataclass
class MemoryStore:
    """Keeps runs in memory, the last one of each commit, environment and machine."""

    kept: dict[tuple[str, str, str], Run] = field(default_factory=dict)

    def add(self, run: Run, *, benchmarks: Iterable[Benchmark]) -> Path:
        """Keep a run; the benchmarks are of no use here."""
        del benchmarks
        key = (run.commit_sha, run.environment.name, run.machine.machine)
        self.kept[key] = run
        return Path("memory", *key)

    def find(self, sha: str, environment_name: str, machine: str) -> Run | None:
        """Return the run that is kept."""
        return self.kept.get((sha, environment_name, machine))

    @property
    def by_commit(self) -> Mapping[tuple[str, str], Run]:
        """The runs by commit and environment."""
        return {(sha, name): run for (sha, name, _), run in self.kept.items()}

    @property
    def stored(self) -> Mapping[tuple[str, str], Stored]:
        """The runs as `runner.plan` wants them."""
        return {key: Stored.of(run) for key, run in self.by_commit.items()}
