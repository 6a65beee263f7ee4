"""`show`: what is stored of a commit."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.errors import NothingMeasuredError, StoreError, UsageError

if TYPE_CHECKING:
    from bench_runner.report.sheet import Sheet

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show how quiet it was: canary, others, switches.")]
Format = Annotated[str, typer.Option("--format", help="text, json, md, csv, junit or github.")]


def show(
    context: typer.Context,
    commit: Annotated[
        str | None, typer.Argument(metavar="[COMMIT|worktree]", help="Without one: the list of runs.")
    ] = None,
    *,
    bench: Bench = None,
    verbose: Verbose = False,
    form: Format = "text",
) -> None:
    """Show the stored results of a commit, with what failed and why; without a commit, list all runs.

    The list has all there is: also commits that are only tagged, on another branch, merged, or not in the repository
    any more, and working trees; its last column says so. What git does not know any more goes by digits of its sha.

    Examples:

    ```
    bench-runner show
    bench-runner show HEAD -b sort
    bench-runner show HEAD -v            # and how quiet the machine was
    bench-runner show worktree           # what `run worktree` measured
    bench-runner show 1a2b3c4d           # also after it was rebased away
    ```
    """
    from bench_runner.cli.refs import Refs
    from bench_runner.report.runs import listed, one
    from bench_runner.runner.session import selector

    project = Project.of(context)
    refs = Refs(project)
    sha = refs.resolve(commit) if commit else None
    runs = [run for run in project.both.runs(project.chosen) if sha in {None, run.commit_sha}]
    if not runs and project.both.damaged:
        count = units.count(len(project.both.damaged), "result file")
        raise StoreError(f"{count} cannot be read: `bench-runner store verify` says why")
    if not runs:
        what = f"of {sha[:8]}" if sha else "yet"
        measure = f"bench-runner run {commit + '^!' if commit else 'NEW'}"
        raise NothingMeasuredError(f"no results {what} in {project.config.results_dir}: start with `{measure}`")
    where = refs.where({run.commit_sha for run in runs})
    if sha is None:
        show_sheet(listed(runs, [*refs.line, *project.repository.known(where)], where), form)
        return
    wanted = selector(bench or ())
    if not any(wanted(result.case) for run in runs for result in run.results) and bench:
        raise UsageError(
            f"-b {' '.join(bench)!r} selects nothing that was measured at {commit}: see `bench-runner list --cases`"
        )
    for run in runs:
        show_sheet(one(run, project.both.benchmarks(), wanted, where.get(sha, ""), verbose=verbose), form)


def show_sheet(sheet: "Sheet", form: str) -> None:
    """Print a sheet: as a coloured table on a terminal, else in the format of that name."""
    from rich.console import Console

    from bench_runner.report.sheet import render
    from bench_runner.report.text import below, table

    summarise(sheet, form)
    console = Console(highlight=False)
    if form != "text" or not console.is_terminal:
        typer.echo(render(sheet, form))
        return
    console.print(table(sheet))
    for line in below(sheet):
        console.print(line, markup=False, emoji=False, style="dim")


def summarise(sheet: "Sheet", form: str) -> None:
    """Add a sheet to the summary of a GitHub workflow's step, within its limit, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if form == "github" and path:
        from bench_runner.report.github import SUMMARY_BYTES, fitted

        with Path(path).open("a", encoding="utf-8") as file:
            left = SUMMARY_BYTES - file.tell() - 2
            file.write(fitted(sheet, left) + "\n\n")
