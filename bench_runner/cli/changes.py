"""`detect` and `changes`: what moved, when, and whether it is still so."""

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import UsageError
from bench_runner.instrument.spans import span
from bench_runner.model.change import State

if TYPE_CHECKING:
    from bench_runner.history.changes import Group
    from bench_runner.history.production import Seen
    from bench_runner.history.series import History

REGRESSION = 3
Detector = Annotated[str | None, typer.Option("--detector", help="segments (default) or asv.", show_default=False)]


def detect(
    context: typer.Context,
    *,
    detector: Detector = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 3 when a regression still stands.")] = False,
) -> None:
    """Look for changes in every series and show them, grouped by the commit that most likely made them.

    The history is that of the first of the configured `branches` along first parents. What was seen in production
    (`bench-runner ingest`) stands in a table of its own, with what moved in the benchmarks among the same commits;
    --exit-code looks at benchmarks alone.

    Examples:

    ```
    bench-runner detect
    bench-runner detect --exit-code || echo "something got slower"
    ```
    """
    from bench_runner.history.production import beside
    from bench_runner.report.changes import grouped
    from bench_runner.report.production import deployed

    project = Project.of(context)
    history, groups, seen = found(project, detector)
    tell_elsewhere(history)
    show_sheet(grouped(groups, beside(seen)), "text")
    if history.production:
        show_sheet(deployed(seen, project.repository.tags()), "text")
    standing = any(one.worse and one.state != "recovered" for group in groups for one in group.changes)
    if exit_code and standing:
        raise typer.Exit(REGRESSION)


def changes(
    context: typer.Context,
    *,
    state: Annotated[str | None, typer.Option("--state", help="pending, confirmed or recovered.")] = None,
    worse: Annotated[bool, typer.Option("--worse", help="Only regressions.")] = False,
    form: Format = "text",
    detector: Detector = None,
) -> None:
    """List every change with its place, both levels and how sure it is.

    Examples:

    ```
    bench-runner changes --worse --state confirmed
    bench-runner changes --format json > changes.json
    ```
    """
    from bench_runner.report.changes import sheet

    if state not in {None, *get_args(State)}:
        raise UsageError(f"--state {state}: known are {', '.join(get_args(State))}")
    history, groups, seen = found(Project.of(context), detector)
    tell_elsewhere(history)
    every = [*(one for group in groups for one in group.changes), *(one.change for one in seen)]
    wanted = [one for one in every if state in {None, one.state} and (one.worse or not worse)]
    show_sheet(sheet(wanted, history.commits), form)


def tell_elsewhere(history: "History") -> None:
    """Say that commits off the branch have results, in which no change is looked for."""
    if commits := len({one.sha for one in history.elsewhere}):
        many = units.count(commits, "measured commit")
        typer.echo(f"{many} off the branch left out: `bench-runner show` lists what they are", err=True)


def found(project: Project, detector: str | None) -> "tuple[History, list[Group], list[Seen]]":
    """Return the history, its changes, grouped, worst first, and those of production with what they are linked to."""
    from bench_runner import plugins
    from bench_runner.history.changes import find, group
    from bench_runner.history.policy import Policy
    from bench_runner.history.production import Deployed, linked

    history = project.history()
    policy = Policy.of(project.config, project.repository, history.commits)
    for warning in policy.warnings:
        typer.echo(f"warning: {warning}", err=True)
    chosen = plugins.load("detectors", detector or project.config.detector)()
    with span("detect"):
        groups = group(find(history, chosen, policy), history)
        deployed = find(Deployed(history.commits, history.production), chosen, policy)
        return history, groups, linked(deployed, groups)
