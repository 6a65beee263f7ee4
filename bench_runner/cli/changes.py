"""`detect`: what moved, at which commit, and what is new of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner import units
from bench_runner.cli.policy import Now
from bench_runner.cli.project import Project
from bench_runner.cli.show import show_sheet
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.instrument.spans import span

if TYPE_CHECKING:
    from bench_runner.history.findings import Findings
    from bench_runner.history.series import History

REGRESSION = 3
Detector = Annotated[str | None, typer.Option("--detector", help="segments (default) or asv.", show_default=False)]


def detect(
    context: typer.Context,
    *,
    detector: Detector = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write the news into the ledger: changes/ below the results.")
    ] = False,
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

    With --record, confirmed changes are written into the ledger, a file for each, to be committed with the results.
    From then on a change keeps its id and its place, which only narrows when commits in the middle are measured. Below
    the table stands what is new against the ledger and what became of the changes in it. A change that is no longer
    seen is kept, with a warning, and does not count as a regression that stands.

    Examples:

    ```
    bench-runner detect
    bench-runner detect --exit-code || echo "something got slower"
    bench-runner detect --record && git add results   # every night
    ```
    """
    from bench_runner.history.production import beside
    from bench_runner.report.budgets import exceeded
    from bench_runner.report.changes import grouped
    from bench_runner.report.courses import course_sheet
    from bench_runner.report.events import event_sheet
    from bench_runner.report.production import deployed

    project = Project.of(context)
    if record and detector not in {None, project.config.detector}:
        raise UsageError(f"--record writes what {project.config.detector!r} finds, as configured: leave --detector out")
    history, told = found(project, detector, now)
    tell_elsewhere(history)
    show_sheet(grouped(told.groups, beside(told.seen)), "text")
    if told.events:
        show_sheet(event_sheet(told.events), "text")
    if told.courses:
        show_sheet(course_sheet(told.courses), "text")
    if history.production:
        show_sheet(deployed(told.seen, project.repository.tags()), "text")
    if told.budgets:
        show_sheet(exceeded(told.budgets), "text")
    if told.doubtful:
        many = units.count(sum(len(one.changes) for one in told.doubtful), "further change")
        typer.echo(f"{many} may well be luck: `bench-runner changes --all` lists them too", err=True)
    tell_news(project, told, record=record)
    if exit_code and (any(group.standing for group in told.groups) or told.exceeded):
        raise typer.Exit(REGRESSION)


def tell_news(project: Project, told: "Findings", *, record: bool) -> None:
    """Show what is new against the ledger, or say that nothing is recorded yet; write it if asked."""
    from bench_runner.report.ledger import news
    from bench_runner.store import ledger

    if record:
        ledger.write(project.store, told.proposals)
    if told.proposals and (record or ledger.paths(project.store)):
        show_sheet(news(told.proposals, recorded=record), "text")
    elif told.proposals:
        typer.echo("nothing is recorded yet: `bench-runner detect --record` lets changes keep their ids and places")


def tell_elsewhere(history: "History") -> None:
    """Say that commits off the branch have results, in which no change is looked for."""
    if commits := len({one.sha for one in history.elsewhere}):
        many = units.count(commits, "measured commit")
        typer.echo(f"{many} off the branch left out: `bench-runner show` lists what they are", err=True)


def found(project: Project, detector: str | None, now: str | None = None) -> "tuple[History, Findings]":
    """Return the history and what a detector, the configured one when None, finds in it, as of a day."""
    from bench_runner.cli.policy import today
    from bench_runner.history.findings import findings
    from bench_runner.store import ledger

    history = project.history()
    policy = project.policy(history, today(now))
    with span("detect"):
        known = ledger.read(project.store)
        told = findings(history, project.detector(detector), policy, known, project.config.project)
        project.examined.save()
    for warning in [*policy.asv.warnings, *policy.expired([*told.changes, *(one.change for one in told.seen)])]:
        typer.echo(f"warning: {plain(warning)}", err=True)
    return history, told
