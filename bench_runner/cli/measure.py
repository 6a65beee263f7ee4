"""From the words of `run` to a session: which commits in which environments, and the loop over what is left."""

import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from bench_runner import units
from bench_runner.cli.memory import limit
from bench_runner.cli.progress import Progress
from bench_runner.cli.project import Project
from bench_runner.cli.show import show_sheet
from bench_runner.envs.matrix import environments
from bench_runner.envs.prepare import Preparer
from bench_runner.errors import EnvironmentFailedError, NothingMeasuredError, UsageError
from bench_runner.hostile import plain
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.run import Run
from bench_runner.repo.select import select
from bench_runner.repo.suite import origin
from bench_runner.report.runs import one as sheet_of
from bench_runner.repo.thin import ALL_OF_THEM, Thinning
from bench_runner.runner.execute import Processes
from bench_runner.runner.plan import Plan, Skip, coarse_to_fine, plan
from bench_runner.runner.sampling import Launch, Sampling
from bench_runner.runner.session import Session, Suite, Tally, selector
from bench_runner.store.stored import Stored, stored

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    commits: str = ""
    benchmarks: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    thinning: Thinning = ALL_OF_THEM
    rounds: int | None = None
    quick: bool = False
    skip: Skip = Skip.ALL
    suite_from: str | None = None
    launch: str | None = None
    set_commit: str | None = None
    affinity: tuple[int, ...] = ()
    memory: str | None = None
    pull: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """What an order means in this project; results of an existing environment without a commit are not stored."""

    commits: list[Commit]
    environments: list[Environment]
    suite: Suite
    sampling: Sampling
    stored: bool


def measure(project: Project, order: Order, *, dry_run: bool = False, show_output: bool = False) -> Tally:
    """Do what was ordered; raises typer.Exit(130) after an interruption, and errors when nothing could be measured."""
    work = understand(project, order)
    done = stored_of(project, work.environments) if work.stored else {}
    if dry_run:
        known = _wanted(project.store.benchmarks().values(), order)
        show_plan(plan(work.commits, work.environments, known, done, order.skip), work)
        return Tally()
    with Progress(show_output=show_output) as progress, session_of(project, order, work, progress) as session:
        candidates = [(one, commit.sha) for commit in work.commits for one in work.environments]
        known = [] if work.suite.of_commit or not candidates else _wanted(session.discover(candidates), order)
        if work.stored and session.benchmarks:
            project.store.save_benchmarks(session.benchmarks)
        todo = plan(work.commits, work.environments, known, done, order.skip)
        progress.expect(todo)
        with stopping(session, progress):
            tally = session.run(todo.jobs)
    if not work.stored:
        show_runs(progress.runs, {one.name: one for one in session.benchmarks}, order)
    finish(project, work, todo, tally)
    return tally


def understand(project: Project, order: Order) -> Work:
    """Resolve an order: commits, environments, suite and sampling; UsageError where it cannot be."""
    config = project.config
    chosen = environments(config, order.environments)
    existing = any(one.backend == "existing" for one in chosen)
    if existing:
        commits = project.repository.known([project.repository.resolve(order.set_commit or "HEAD")])
    else:
        commits = chosen_commits(project, order, chosen)
    return Work(
        commits,
        chosen,
        suite_of(project, order),
        Sampling(
            rounds=order.rounds or config.rounds,
            quick=order.quick,
            launch=launch_of(order.launch or config.launch_method),
            timeout=config.default_benchmark_timeout,
            affinity=order.affinity,
            memory=limit(config.memory_limit, order.memory),
        ),
        stored=not order.quick and (not existing or order.set_commit is not None),
    )


def chosen_commits(project: Project, order: Order, chosen: Sequence[Environment]) -> list[Commit]:
    """Return the commits of the range in the order of measuring; NEW oldest first, so that it can be gone on with."""
    if order.pull:
        project.repository.fetch()
    names = {one.name for one in chosen}
    mine = (one for one in project.columns.entries if one.machine == project.machine.machine and not one.damage)
    measured = Counter(one.sha for one in mine if one.environment in names)
    done = {sha for sha, times in measured.items() if times == len(chosen)}
    branches = project.config.branches
    found = select(
        project.repository, order.commits, branches=branches, measured=done, thinning=order.thinning, warn=warn
    )
    return found[::-1] if order.commits.strip() == "NEW" else coarse_to_fine(found)


def suite_of(project: Project, order: Order) -> Suite:
    """Return where the benchmarks come from."""
    folder, word = project.config.benchmark_dir, order.suite_from or project.config.suite_from
def warn(sentence: str) -> None:
    """Tell of what does not stop a run."""
    typer.echo(f"warning: {plain(sentence)}", err=True)


    if word not in {"worktree", "commit"}:
        raise UsageError(f"--suite-from {word}: it is worktree (one suite for all commits) or commit (each its own)")
    if not folder.is_dir():
        raise UsageError(f"{folder} is not there: write a suite with `bench-runner init`, or set benchmark_dir")
    from_ = origin(folder)
    return Suite(folder, word == "commit", from_.inside, from_.sha)


def launch_of(word: str | None) -> Launch:
    """Return how processes are started; UsageError for an unknown word."""
    match word:
        case None | "auto":
            return "auto"
        case "spawn" | "forkserver":
            return word
    raise UsageError(f"--launch-method {word}: it is auto, forkserver or spawn")


def stored_of(project: Project, chosen: Sequence[Environment]) -> dict[tuple[str, str], Stored]:
    """Return what this machine has stored of these environments, by (sha, environment name)."""
    return stored(project.columns, project.machine.machine, {one.name for one in chosen})


@contextmanager
def session_of(project: Project, order: Order, work: Work, progress: Progress) -> Iterator[Session]:
    """Give a session; its environments are other processes' again afterwards."""
    with Preparer(project.config, project.repository, project.cache) as preparer:
        yield Session(
            preparer,
            Processes(progress.tell),
            project.store if work.stored else None,
            machine=project.machine,
            suite=work.suite,
            sampling=work.sampling,
            watcher=progress,
            select=order.benchmarks,
            skip=order.skip,
        )


@contextmanager
def stopping(session: Session, progress: Progress) -> Iterator[None]:
    """Let the first Ctrl-C end the session after the job in hand, and the second one at once."""

    def on_interrupt(_signal: int, _frame: "FrameType | None") -> None:
        if session.stopping:
            raise KeyboardInterrupt
        session.stopping = True
        progress.tell("finishing the commit in hand; Ctrl-C again drops it")

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def show_plan(todo: Plan, work: Work) -> None:
    """Print what would be done, and the guess of its cost."""
    for job in todo.jobs:
        typer.echo(f"{job.commit.short}  {plain(job.environment.name)}  {plain(job.commit.subject)[:70]}")
    jobs = units.count(len(todo.jobs), "run")
    cost = units.duration(todo.expected_s)
    typer.echo(f"{jobs} to measure in {work.sampling.rounds} rounds, about {cost}; {todo.complete} complete already")


def show_runs(runs: Iterable[Run], benchmarks: Mapping[str, Benchmark], order: Order) -> None:
    """Print what is shown only here, because it is stored nowhere."""
    for run in runs:
        show_sheet(sheet_of(run, benchmarks, selector(order.benchmarks)), "text")


def finish(project: Project, work: Work, todo: Plan, tally: Tally) -> None:
    """Say what was done and how to go on; raise when nothing could be measured at all."""
    outcomes = ", ".join(f"{number} {word}" for word, number in tally.outcomes.most_common()) or "nothing to do"
    where = str(project.config.results_dir) if work.stored else "not stored"
    typer.echo(f"{units.count(tally.jobs, 'run')}, {todo.complete} complete before: {outcomes}; {where}", err=True)
    if tally.stopped:
        typer.echo("stopped early; the same command goes on from here", err=True)
        raise typer.Exit(INTERRUPTED)
    if tally.jobs and tally.broken_builds == tally.jobs:
        raise EnvironmentFailedError("no commit of the range could be built: see `bench-runner show COMMIT`")
    if tally.jobs > tally.broken_builds and not tally.outcomes.keys() & {"ok", "skipped"}:
        raise NothingMeasuredError("no benchmark could be measured: see `bench-runner show COMMIT`")


def _wanted(benchmarks: Iterable[Benchmark], order: Order) -> list[tuple[Case, str]]:
    """Return the cases that were asked for, with the versions of their benchmarks."""
    chosen, cases = selector(order.benchmarks), [(case, one.version) for one in benchmarks for case in one.cases()]
    wanted = [(case, version) for case, version in cases if chosen(case)]
    if cases and not wanted:
        raise UsageError(
            f"-b {' '.join(order.benchmarks)!r} selects nothing of {len(cases)} cases: see `bench-runner list --cases`"
        )
    return wanted
