"""Says what measuring would cost, and what it has brought."""

from collections.abc import Iterable, Mapping

import typer

from bench_runner import units
from bench_runner.cli.order import Order, Work
from bench_runner.cli.project import Project
from bench_runner.cli.show import show_sheet
from bench_runner.errors import EnvironmentFailedError, NothingMeasuredError, StoreError
from bench_runner.hostile import plain
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.run import Run
from bench_runner.report.runs import one as sheet_of
from bench_runner.runner.plan import Plan
from bench_runner.runner.session import Tally, selector

INTERRUPTED = 130


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
    where = str(project.store.results) if work.stored else "not stored"
    typer.echo(f"{units.count(tally.jobs, 'run')}, {todo.complete} complete before: {outcomes}; {where}", err=True)
    if tally.stopped:
        typer.echo("stopped early; the same command goes on from here", err=True)
        raise typer.Exit(INTERRUPTED)
    if tally.refused:
        files = units.count(tally.refused, "result file")
        raise StoreError(f"{files} in another format left as it was: `bench-runner store verify` names each")
    if tally.jobs and tally.broken_builds == tally.jobs:
        raise EnvironmentFailedError("no commit of the range could be built: see `bench-runner show COMMIT`")
    if tally.jobs > tally.broken_builds and not tally.outcomes.keys() & {"ok", "skipped"}:
        raise NothingMeasuredError("no benchmark could be measured: see `bench-runner show COMMIT`")
