"""`show`: what is stored of a commit."""

from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.errors import NothingMeasuredError

if TYPE_CHECKING:
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

        bench-runner show
        bench-runner show HEAD -b sort
    """
    from bench_runner.report.runs import listed, one
    from bench_runner.runner.session import selector

    project = Project.of(context)
    sha = project.repository.resolve(commit) if commit else None
    runs = [run for run in project.store.runs(project.chosen) if sha in {None, run.commit_sha}]
    if not runs:
        what = f"of {sha[:8]}" if sha else "yet"
        measure = f"bench-runner run {commit + '^!' if commit else 'NEW'}"
        raise NothingMeasuredError(f"no results {what} in {project.config.results_dir}: start with `{measure}`")
    if sha is None:
        show_sheet(listed(runs, project.repository.known(run.commit_sha for run in runs)), form)
        return
    for run in runs:
        show_sheet(one(run, project.store.benchmarks(), selector(bench or ())), form)


def show_sheet(sheet: "Sheet", form: str) -> None:
    """Print a sheet: as a coloured table on a terminal, else in the format of that name."""
    from rich.console import Console

    from bench_runner.report.sheet import render
    from bench_runner.report.text import table

    console = Console(highlight=False)
    if form != "text" or not console.is_terminal:
        typer.echo(render(sheet, form))
        return
    console.print(table(sheet))
    for note in sheet.notes:
        console.print(note, markup=False, style="dim")
