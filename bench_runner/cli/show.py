"""`show`: what is stored of a commit."""

from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.errors import NothingMeasuredError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench_runner.model.commit import Commit
    from bench_runner.model.run import Run
    from bench_runner.report.sheet import Sheet

Format = Annotated[str, typer.Option("--format", help="text, json, md or csv.")]


def show(
    context: typer.Context,
    commit: Annotated[str | None, typer.Argument(help="Without one: the list of runs.", show_default=False)] = None,
    *,
    bench: Bench = None,
    form: Format = "text",
) -> None:
    """Show the stored results of a commit, with what failed and why; without a commit, list all runs.

    Examples:

    ```
    bench-runner show
    bench-runner show HEAD -b sort
    ```
    """
    from bench_runner.report.runs import listed, one
    from bench_runner.runner.session import selector

    project = Project.of(context)
    sha = project.repository.resolve(commit) if commit else None
    runs = [run for run in project.store.runs(project.chosen) if sha in {None, run.commit_sha}]
    if not runs and project.store.damaged:
        count = units.count(len(project.store.damaged), "result file")
        raise StoreError(f"{count} cannot be read: `bench-runner store verify` says why")
    if not runs:
        what = f"of {sha[:8]}" if sha else "yet"
        measure = f"bench-runner run {commit + '^!' if commit else 'NEW'}"
        raise NothingMeasuredError(f"no results {what} in {project.config.results_dir}: start with `{measure}`")
    if sha is None:
        show_sheet(listed(runs, in_git_order(project, runs)), form)
        return
    wanted = selector(bench or ())
    if not any(wanted(result.case) for run in runs for result in run.results) and bench:
        raise UsageError(
            f"-b {' '.join(bench)!r} selects nothing that was measured at {commit}: see `bench-runner list --cases`"
        )
    for run in runs:
        show_sheet(one(run, project.store.benchmarks(), wanted), form)


def in_git_order(project: Project, runs: "Sequence[Run]") -> "list[Commit]":
    """Return the commits of runs, those of the branch newest first, then the others by date."""
    branch = project.repository.history(next(iter(project.config.branches), None))[::-1]
    there = {one.sha for one in branch}
    return [*branch, *project.repository.known({run.commit_sha for run in runs} - there)]


def show_sheet(sheet: "Sheet", form: str) -> None:
    """Print a sheet: as a coloured table on a terminal, else in the format of that name."""
    from rich.console import Console

    from bench_runner.report.sheet import render
    from bench_runner.report.text import below, table

    console = Console(highlight=False)
    if form != "text" or not console.is_terminal:
        typer.echo(render(sheet, form))
        return
    console.print(table(sheet))
    for line in below(sheet):
        console.print(line, markup=False, emoji=False, style="dim")
