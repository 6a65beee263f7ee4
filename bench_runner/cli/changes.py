"""`detect` and `changes`: what moved, when, and whether it is still so."""

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from bench_runner import units
from bench_runner.cli.policy import Now
from bench_runner.cli.project import Project
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.instrument.spans import span
from bench_runner.model.change import State

if TYPE_CHECKING:
    from bench_runner.history.findings import Findings
    from bench_runner.history.series import History

REGRESSION = 3
Detector = Annotated[str | None, typer.Option("--detector", help="segments (default) or asv.", show_default=False)]


def detect(
    context: typer.Context,
    *,
    detector: Detector = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 when a regression still stands or a budget is exceeded.")
    ] = False,
    now: Now = None,
) -> None:
    """Look for changes in every series and show them, grouped by the commit that most likely made them.

    The history is that of the first of the configured `branches` along first parents. What was seen in production
    (`bench-runner ingest`) stands in a table of its own, with what moved in the benchmarks among the same commits;
    --exit-code looks at benchmarks alone.

    What `bench-policy.toml` accepts does not stand, from its floors down nothing is shown, and budgets that are
    exceeded have a table of their own. An inconclusive budget changes no exit code.

    Examples:

    ```
    bench-runner detect
    bench-runner detect --exit-code || echo "something got slower"
    ```
    """
    from bench_runner.history.production import beside
    from bench_runner.report.budgets import exceeded
    from bench_runner.report.changes import grouped
    from bench_runner.report.production import deployed

    project = Project.of(context)
    history, told = found(project, detector, now)
    tell_elsewhere(history)
    show_sheet(grouped(told.groups, beside(told.seen)), "text")
    if history.production:
        show_sheet(deployed(told.seen, project.repository.tags()), "text")
    if told.budgets:
        show_sheet(exceeded(told.budgets), "text")
    if exit_code and (any(group.standing for group in told.groups) or told.exceeded):
        raise typer.Exit(REGRESSION)


def changes(
    context: typer.Context,
    *,
    state: Annotated[str | None, typer.Option("--state", help="pending, confirmed, accepted ...")] = None,
    worse: Annotated[bool, typer.Option("--worse", help="Only regressions.")] = False,
    form: Format = "text",
    detector: Detector = None,
    now: Now = None,
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
    history, told = found(Project.of(context), detector, now)
    tell_elsewhere(history)
    every = [*told.changes, *(one.change for one in told.seen)]
    wanted = [one for one in every if state in {None, one.state} and (one.worse or not worse)]
    show_sheet(sheet(wanted, history.commits), form)


def tell_elsewhere(history: "History") -> None:
    """Say that commits off the branch have results, in which no change is looked for."""
    if commits := len({one.sha for one in history.elsewhere}):
        many = units.count(commits, "measured commit")
        typer.echo(f"{many} off the branch left out: `bench-runner show` lists what they are", err=True)


def found(project: Project, detector: str | None, now: str | None = None) -> "tuple[History, Findings]":
    """Return the history and what a detector, the configured one when None, finds in it, as of a day."""
    from bench_runner.cli.policy import today
    from bench_runner.history.findings import findings

    history = project.history()
    policy = project.policy(history, today(now))
    with span("detect"):
        told = findings(history, project.detector(detector), policy)
    for warning in [*policy.asv.warnings, *policy.expired([*told.changes, *(one.change for one in told.seen)])]:
        typer.echo(f"warning: {plain(warning)}", err=True)
    return history, told
