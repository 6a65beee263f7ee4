"""`compare`: two commits, or a baseline and a commit, case by case."""

from typing import Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.cli.show import Format, show_sheet

Across = Annotated[bool, typer.Option("--across-environments", help="Judge what was taken on unlike machines, too.")]


def compare(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="A commit, tag, branch, worktree, or the name of a baseline.")],
    after: Annotated[
        str | None, typer.Argument(help="A commit, tag, branch, or worktree.", show_default="HEAD")
    ] = None,
    *,
    bench: Bench = None,
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="Only this environment.")] = None,
    across: Across = False,
    changed: Annotated[bool, typer.Option("--only-changed", help="Only what is slower or faster.")] = False,
    form: Format = "text",
) -> None:
    """Compare stored results: both centres with their intervals, the change, and `~` where nothing can be said.

    Examples:

    ```
    bench-runner compare v1.0 HEAD
    bench-runner compare release-2.0 main --only-changed
    bench-runner compare HEAD~5 HEAD --format md
    bench-runner compare worktree        # HEAD with what `run worktree` measured
    bench-runner compare 1a2b3c4d v1.0   # also a commit that was rebased away, by digits of its sha
    ```
    """
    from bench_runner.cli.refs import Refs
    from bench_runner.cli.worktree import WORD
    from bench_runner.history.compare import compare as judge
    from bench_runner.history.rows import Terms
    from bench_runner.report.comparisons import sheet
    from bench_runner.runner.session import selector

    project, chosen = Project.of(context), selector(bench or ())
    if after is None:
        before, after = ("HEAD", WORD) if before == WORD else (before, "HEAD")
    found = judge(
        project.both,
        Refs(project),
        before,
        after,
        Terms(environment, project.chosen, project.config.project, project.policy_file.entries.renames, across=across),
    )
    rows = [one for one in found if chosen(one.case) and (not changed or one.verdict in {"slower", "faster"})]
    show_sheet(sheet(rows, before, after), form)
