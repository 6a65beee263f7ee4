"""Measures what is left of an order: sees what is stored, and holds the session together."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bench_runner.cli.account import finish, show_plan, show_runs
from bench_runner.cli.machine import tell_name
from bench_runner.cli.order import Order, Work, understand, wanted
from bench_runner.cli.progress import Progress
from bench_runner.cli.project import Project
from bench_runner.envs.prepare import Preparer
from bench_runner.instrument.spans import span
from bench_runner.model.benchmark import Benchmark
from bench_runner.runner.execute import Processes
from bench_runner.runner.plan import Plan, plan
from bench_runner.runner.remembered import Memory, facts
from bench_runner.runner.session import Session, Tally
from bench_runner.store.stored import Stored, stored
from bench_runner.worker.metrics import SEPARATOR, TIME

if TYPE_CHECKING:
    from types import FrameType

FEW = 20  # commits, see stored_of
FINISHING = "finishing the commit in hand; Ctrl-C again drops it"


class Stoppable(Protocol):
    """What ends after what is in hand when it is told to."""

    stopping: bool


def measure(project: Project, order: Order, *, dry_run: bool = False, screen: Progress | None = None) -> Tally:
    """Do what was ordered; raises typer.Exit(130) after an interruption, and errors when nothing could be measured."""
    with span("select"):
        work = understand(project, order)
    with span("load"):
        done = stored_of(project, work, few=0 if dry_run else FEW) if work.stored else {}
    memory = memory_of(project, work)
    if dry_run:
        known = wanted(memory.recall() or listed_before(project), order)
        show_plan(plan(work.commits, work.environments, known, done, order.skip), work)
        return Tally()
    if idle := nothing_left(project, order, work, done, memory.recall()):
        finish(project, work, idle, Tally())
        return Tally()
    if work.stored and work.commits:
        tell_name(project)
    with screen or Progress() as progress, session_of(project, order, work, progress) as session:
        candidates = [(one, commit.sha) for commit in work.commits for one in work.environments]
        known = [] if work.suite.of_commit or not candidates else wanted(session.discover(candidates), order)
        if work.stored and session.benchmarks:
            project.store.save_benchmarks(session.benchmarks)
            memory.keep(session.benchmarks)
        with span("plan"):
            todo = plan(work.commits, work.environments, known, done, order.skip)
        progress.expect(todo)
        with stopping(session, progress):
            tally = session.run(todo.jobs)
    if not work.stored:
        show_runs(progress.runs, {one.name: one for one in session.benchmarks}, order)
    finish(project, work, todo, tally)
    return tally


def listed_before(project: Project) -> list[Benchmark]:
    """Return all benchmarks that were ever measured, with the further metrics that are asked for now."""
    known = [one for one in project.store.benchmarks().values() if SEPARATOR not in one.name]
    words = [word for word in project.config.metrics if word != TIME]
    further = ((one, word) for one in known if one.kind == TIME for word in words)
    return [*known, *(replace(one, name=one.name + SEPARATOR + word) for one, word in further)]


def nothing_left(
    project: Project, order: Order, work: Work, done: Mapping[tuple[str, str], Stored], listed: list[Benchmark] | None
) -> Plan | None:
    """Return the plan if it has no jobs, by the suite as it is remembered; None when that is to be seen for real."""
    if work.suite.of_commit or not work.commits:
        listed = []  # to be found in each commit, or of no use
    if listed is None:
        return None
    todo = plan(work.commits, work.environments, wanted(listed, order), done, order.skip)
    if listed and not todo.jobs:
        project.store.save_benchmarks(listed)
    return None if todo.jobs else todo


def memory_of(project: Project, work: Work) -> Memory:
    """Return the memory of the suite; where each commit has its own, or nothing is stored, it stays empty."""
    config = project.config
    known = work.stored and not work.suite.of_commit
    told = partial(facts, config, work.environments, work.commits) if known else None
    return Memory(work.suite.folder, project.cache, told, (config.env_dir, config.results_dir, config.html_dir))


def stored_of(project: Project, work: Work, *, few: int) -> dict[tuple[str, str], Stored]:
    """Return what this machine has stored of these environments, by (sha, environment name).

    Of `few` commits or less only their own files are read: that costs less than to load what reads the cache of all.
    """
    machine, names = project.machine.machine, {one.name for one in work.environments}
    if len(work.commits) > few:
        return stored(project.columns, machine, names)
    runs = project.store.runs(machine, {commit.sha for commit in work.commits})
    return {(run.commit_sha, run.environment.name): Stored.of(run) for run in runs if run.environment.name in names}


@contextmanager
def session_of(project: Project, order: Order, work: Work, progress: Progress) -> Iterator[Session]:
    """Give a session; its environments are other processes' again afterwards."""
    config = project.config
    if order.build_ahead is not None:
        config = replace(config, build_ahead=order.build_ahead)
    with Preparer(config, project.repository, project.cache) as preparer:
        yield Session(
            preparer,
            Processes(progress.tell, config.metrics),
            project.store if work.stored else None,
            machine=project.machine,
            suite=work.suite,
            sampling=work.sampling,
            watcher=progress,
            select=order.benchmarks,
            skip=order.skip,
        )


@contextmanager
def stopping(session: Stoppable, progress: Progress, word: str = FINISHING) -> Iterator[None]:
    """Let the first Ctrl-C end the session after what is in hand, and the second one at once."""

    def on_interrupt(_signal: int, _frame: "FrameType | None") -> None:
        if session.stopping:
            raise KeyboardInterrupt
        session.stopping = True
        progress.tell(word)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
