"""Runs a plan: prepares each workspace, measures what is left, and stores the run before the next one starts."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from bench_runner import __version__
from bench_runner.envs.base import Workspace
from bench_runner.errors import NothingMeasuredError, StoreError, UsageError
from bench_runner.instrument.spans import span
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import Metric
from bench_runner.model.run import Protocol as Measuring
from bench_runner.model.run import Result, Run
from bench_runner.runner import work
from bench_runner.runner.execute import Cases, Event, Executor
from bench_runner.runner.plan import Job, Skip, done_of
from bench_runner.runner.sampling import Sampling
from bench_runner.stats.summary import summarise
from bench_runner.store.stored import Stored
from bench_runner.worker.messages import ASV_RUNNER

Say = Callable[[str], None]


class Preparer(Protocol):
    """Makes workspaces (`envs.prepare`, or a double)."""

    def prepare(self, environment: Environment, sha: str, *, say: Say, then: Iterable[str] = ()) -> Workspace:
        """Return the commit installed in the environment, or a workspace that says why it does not build.

        Commits of `then`, which will be wanted next, may be built meanwhile; nothing of it goes on afterwards.
        """
        ...


class Keeper(Protocol):
    """Keeps runs (`store.files.Store`, or a double)."""

    def add(self, run: Run, *, benchmarks: Iterable[Benchmark]) -> Path:
        """Store a run at once and for good."""
        ...

    def find(self, sha: str, environment_name: str, machine: str) -> Run | None:
        """Return what can be read of a commit; StoreError where nothing may be added."""
        ...


class Watcher(Protocol):
    """Is told what happens, for people to see."""

    def start(self, job: Job) -> None:
        """Show that a job begins."""
        ...

    def tell(self, news: str | Event) -> None:
        """Show what happens within the job."""
        ...

    def done(self, job: Job, run: Run) -> None:
        """Show what a job, now stored, has brought."""
        ...


@dataclass(frozen=True, slots=True)
class Suite:
    """Where benchmarks come from: the folder, or with `of_commit` the same place in each commit's own tree.

    `sha` is the commit of the working tree that the folder belongs to, "" when it has changes or no commit.
    """

    folder: Path
    of_commit: bool = False
    inside: str = ""
    sha: str = ""

    def at(self, workspace: Workspace) -> Path:
        """Return the folder of benchmarks that measures this workspace."""
        return workspace.source / self.inside if self.of_commit else self.folder

    def measuring(self, sampling: Sampling, commit_sha: str) -> Measuring:
        """Return the protocol of measurement that is stored with each run."""
        return Measuring(
            runner=__version__,
            engine=f"asv_runner {ASV_RUNNER}",
            rounds=sampling.rounds,
            launch="",
            suite="commit" if self.of_commit else "worktree",
            suite_sha=commit_sha if self.of_commit else self.sha,
        )


@dataclass(slots=True)
class Tally:
    """What a session did: jobs finished, outcomes by word, builds that failed, whether it was stopped early.

    `refused` jobs were left alone, because the store may not touch what it holds of them.
    """

    jobs: int = 0
    refused: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broken_builds: int = 0
    stopped: bool = False


class Session:
    """One go at a list of jobs; set `stopping` (from a signal handler) to end after the job in hand."""

    def __init__(  # noqa: PLR0913 - the parts of a night's work, each replaceable in a test
        self,
        preparer: Preparer,
        executor: Executor,
        store: Keeper | None,
        *,
        machine: Machine,
        suite: Suite,
        sampling: Sampling,
        watcher: Watcher,
        select: Sequence[str] = (),
        skip: Skip = Skip.ALL,
    ) -> None:
        self.preparer, self.executor, self.store = preparer, executor, store
        self.machine, self.suite, self.sampling, self.watcher = machine, suite, sampling, watcher
        self._wanted, self._skip = selector(select), skip
        self.benchmarks: list[Benchmark] = []
        self._listed: Workspace | None = None
        self.stopping = False

    def run(self, jobs: Sequence[Job]) -> Tally:
        """Do the jobs in order; a broken commit or benchmark is a recorded result, never the end."""
        tally = Tally()
        for place, job in enumerate(jobs):
            if self.stopping:
                tally.stopped = True
                break
            self.watcher.start(job)
            with span("job", commit=job.commit.sha, environment=job.environment.name):
                run = self._do(job, jobs[place + 1 :])
            if run is None:
                tally.refused += 1
                continue
            self.watcher.done(job, run)
            tally.jobs += 1
            tally.broken_builds += not run.build.ok
            tally.outcomes.update(result.outcome for result in run.results)
        return tally

    def discover(self, candidates: Iterable[tuple[Environment, str]]) -> list[Benchmark]:
        """Return the suite's benchmarks, from the first of (environment, sha) that builds and imports them.

        Returns [] when none of them builds; raises NothingMeasuredError when some build but none imports the suite.
        """
        reason: NothingMeasuredError | None = None
        for environment, sha in candidates:
            if reason is not None:
                self.watcher.tell(f"{str(reason).partition(chr(10))[0]}; trying {sha[:8]}")
            workspace = self._prepare(environment, sha)
            if not workspace.build.ok:
                continue
            try:
                self.benchmarks = self._discover(workspace)
            except NothingMeasuredError as error:
                reason = error
            else:
                self._listed = workspace
                return self.benchmarks
        if reason is not None:
            raise reason
        return []

    def _prepare(self, environment: Environment, sha: str, later: Iterable[Job] = ()) -> Workspace:
        listed, self._listed = self._listed, None
        if listed is not None and (listed.environment, listed.commit_sha) == (environment, sha):
            return listed  # nothing has run in it since
        then = (one.commit.sha for one in later if one.environment == environment)
        return self.preparer.prepare(environment, sha, say=self.watcher.tell, then=then)

    def _discover(self, workspace: Workspace) -> list[Benchmark]:
        """Return the benchmarks of the suite in one workspace."""
        folder = self.suite.at(workspace)
        found = self.executor.discover(workspace, folder)
        if not found:
            raise NothingMeasuredError(
                f"no benchmarks in {folder}: their names begin with time_, mem_, peakmem_, track_"
            )
        return found

    def _do(self, job: Job, later: Iterable[Job]) -> Run | None:
        """Measure and store what is left of a job; what another process stored while we waited is left alone.

        None, and a word about it, where what is stored is in another format: that costs this job, not the others.
        """
        with work.kept() as ledger:
            return self._done(job, later, ledger)

    def _done(self, job: Job, later: Iterable[Job], ledger: work.Ledger) -> Run | None:
        """Do a job, whose work goes into the ledger."""
        workspace, known = self._prepare(job.environment, job.commit.sha, later), self.benchmarks
        try:
            stored = self._stored(job)
        except StoreError as error:
            self.watcher.tell(str(error))
            return None
        job = replace(job, done=job.done | done_of(Stored.of(stored) if stored else None, self._skip))
        if workspace.build.ok and self.suite.of_commit:
            workspace, known = self._own_suite(workspace)
        cases = self._left(job, known) if workspace.build.ok else []
        if stored is not None and known and workspace.build.ok and not cases:
            return stored
        run = self._measured(self._run(job.commit, workspace), workspace, cases, self.sampling)
        run = replace(run, work=ledger.work())
        if self.store is not None:
            self.store.add(run, benchmarks=known)
        return run

    def _stored(self, job: Job) -> Run | None:
        """Return what is stored of a job's commit by now."""
        if self.store is None:
            return None
        return self.store.find(job.commit.sha, job.environment.name, self.machine.machine)

    def once(
        self, environment: Environment, commit: Commit, benchmark: Benchmark, case: Case, sampling: Sampling
    ) -> Run:
        """Return the run of one case at one commit, without storing it."""
        workspace = self._prepare(environment, commit.sha)
        cases = [(benchmark, [case])] if workspace.build.ok else []
        return self._measured(self._run(commit, workspace), workspace, cases, sampling)

    def _measured(self, empty: Run, workspace: Workspace, cases: Cases, sampling: Sampling) -> Run:
        """Return a run with the results of these cases."""
        if not cases:
            return empty
        measured = self.executor.measure(workspace, self.suite.at(workspace), cases, sampling, self.watcher.tell)
        metrics = {one.name: one.metric for one, _ in cases}
        results = tuple(_summarised(result, metrics[result.case.benchmark]) for result in measured.results)
        protocol = replace(empty.protocol, launch=measured.launch)
        return replace(empty, results=results, protocol=protocol, setup_cache_s=measured.setup_cache_s)

    def _left(self, job: Job, known: Iterable[Benchmark]) -> list[tuple[Benchmark, list[Case]]]:
        """Return the cases that were asked for and are not stored yet, by benchmark."""
        return [(one, cases) for one in known if (cases := job.left(one, self.cases(one)))]

    def _own_suite(self, workspace: Workspace) -> tuple[Workspace, list[Benchmark]]:
        """Return a commit's own benchmarks; without any the build, well as it is, says why there are none."""
        try:
            return workspace, self._discover(workspace)
        except NothingMeasuredError as error:
            first, _, rest = str(error).partition("\n")
            return replace(workspace, build=replace(workspace.build, detail=first, output=rest)), []

    def cases(self, benchmark: Benchmark) -> list[Case]:
        """Return the cases of a benchmark that were asked for."""
        return [case for case in benchmark.cases() if self._wanted(case)]

    def _run(self, commit: Commit, workspace: Workspace) -> Run:
        """Return the run of a workspace, without results yet."""
        return Run(
            commit_sha=commit.sha,
            commit_time_ms=commit.time_ms,
            environment=workspace.environment,
            machine=self.machine,
            build=workspace.build,
            protocol=self.suite.measuring(self.sampling, commit.sha),
            fingerprint=workspace.fingerprint,
        )


def _summarised(result: Result, metric: Metric) -> Result:
    """Return a result with the summary of its sample."""
    return replace(result, summary=summarise(result.sample, metric)) if result.sample else result


def selector(patterns: Sequence[str]) -> Callable[[Case], bool]:
    """Return the rule for -b: any pattern found in "name(param, ...)", as asv's regular expression or as it stands.

    No pattern selects everything; UsageError for one that is no expression.
    """
    try:
        found = [re.compile(one) for one in patterns]
    except re.error as error:
        raise UsageError(
            f"-b {error.pattern!r} is no regular expression ({error}): write \\( and \\[ for the letters"
        ) from error
    return lambda case: (
        not found or any(one.search(case.id) for one in found) or any(text in case.id for text in patterns)
    )
