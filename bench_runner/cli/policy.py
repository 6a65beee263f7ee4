"""`accept` and `policy`: the reviewed file of what counts as a change, what is allowed, and what is lived with."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import NothingMeasuredError, UsageError
from bench_runner.hostile import plain

if TYPE_CHECKING:
    from bench_runner.history.floors import Suggestion
    from bench_runner.history.policy_check import Remark
    from bench_runner.history.policy_file import PolicyFile

app = typer.Typer(name="policy", help="The reviewed file bench-policy.toml.", no_args_is_help=True)
USAGE = 2
_SPAN = re.compile(r"(?P<number>[0-9]{1,5})\s*(?P<unit>[dw])")
Now = Annotated[
    str | None, typer.Option("--now", help="The day to judge as of.", show_default="that of the newest result")
]


def accept(
    context: typer.Context,
    change: Annotated[
        str, typer.Argument(metavar="ID", help="As `bench-runner changes` shows it; its first digits do.")
    ],
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why it may stay, for those who come later.")],
    owner: Annotated[str | None, typer.Option("--owner", help="Who answers for it.", show_default="git's user")] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="The last day: 2027-01-31, 30d or 8w.", show_default="for good")
    ] = None,
) -> None:
    """Accept a change: it is shown as accepted and counts as a standing regression no more, until a day if one is set.

    Adds an entry to `bench-policy.toml` beside the configuration; what stands there stays as it is. From the day after
    its last one on the change counts again, with a warning. A budget knows nothing of accepted changes.

    Examples:

    ```
    bench-runner accept 1a2b3c4d --reason "correctness costs this"
    bench-runner accept 1a2b3c4d -m "mended in 2.1" --until 30d --owner "A Uthor"
    ```
    """
    from bench_runner.cli.change_one import pick
    from bench_runner.cli.changes import found
    from bench_runner.history.policy_file import NAME
    from bench_runner.history.policy_writing import append, table

    project = Project.of(context)
    last = None if until is None else day_of(until, datetime.now(UTC).date())
    if not plain(reason):
        raise UsageError('--reason is empty: say why the change may stay, such as --reason "correctness costs this"')
    history, told = found(project, None)
    if last is not None and history.today is not None and last < history.today:
        raise UsageError(f"--until {last} lies before the newest result, which is of {history.today}")
    one = pick(told, change)
    who = project.repository.user if owner is None else owner
    path = project.config.root / NAME
    values = {"change": one.id, "reason": reason, "owner": plain(who), "until": last or ""}
    about = f"{one.key.case.id} {units.percent(one.step.ratio)} at {one.first_new[:8]}"
    with project.store.writing():
        append(path, [table("accept", values, about)])
    typer.echo(f"accepted {one.id} {plain(about)}, in {path}")
    if one.state == "pending":
        typer.echo(f"warning: {one.id} is pending: with another place it gets another id", err=True)


@app.command()
def check(context: typer.Context, *, now: Now = None, form: Format = "text") -> None:
    """Find what is wrong with the policy: unknown keys, bad units, entries that match nothing or contradict others.

    Exit code 2 when there is an error; warnings (an acceptance that has expired, entries about ignored series) have
    none.

    Example:

    ```
    bench-runner policy check
    ```
    """
    from bench_runner.history.policy_file import NAME, read
    from bench_runner.report.policy import checked

    project = Project.of(context)
    file = read(project.config.root / NAME)
    if not file.path.is_file():
        typer.echo(f"no {file.path} yet: `bench-runner policy suggest --write` begins one", err=True)
        return
    remarks = _remarks(project, file, now)
    if not remarks and form == "text":
        typer.echo(f"{file.path}: nothing to mend")
        return
    show_sheet(checked(file.path.name, remarks), form)
    if not all(one.doubt for one in remarks):
        raise typer.Exit(USAGE)


@app.command()
def suggest(
    context: typer.Context,
    *,
    write: Annotated[bool, typer.Option("--write", help="Add them to bench-policy.toml.")] = False,
) -> None:
    """Print floors for the benchmarks that have none, from the noise of their own series, as TOML to paste.

    A floor is the smallest step that is found reliably in the median series of a benchmark: three standard deviations
    of its noise, rounded up. Exact counters get none: any change of theirs is real.

    Examples:

    ```
    bench-runner policy suggest
    bench-runner policy suggest --write
    ```
    """
    from bench_runner.history.floors import suggest as floors
    from bench_runner.history.policy_writing import append

    project = Project.of(context)
    history = project.history()
    found = floors(history, project.policy(history))
    entries = [_floor(one) for one in found.floors]
    typer.echo("\n".join(entries), nl=False)
    left = {"have a floor": found.covered, "are too quiet to need one": found.quiet, "say too little": found.short}
    words = [f"{number} {what}" for what, number in left.items() if number]
    if words:
        typer.echo(f"series left out: {', '.join(words)}", err=True)
    if write and entries:
        path = project.policy_file.path
        with project.store.writing():
            append(path, entries)
        typer.echo(f"added {units.count(len(entries), 'floor')} to {path}", err=True)


@app.command()
def show(context: typer.Context, *, bench: Bench = None, now: Now = None, form: Format = "text") -> None:
    """List what the policy says of each benchmark: floors, budgets and what became of them, accepted changes.

    Examples:

    ```
    bench-runner policy show
    bench-runner policy show -b time_load
    ```
    """
    from bench_runner.cli.changes import found
    from bench_runner.history.policy_rules import rules
    from bench_runner.report.policy import applying
    from bench_runner.runner.session import selector

    project, wanted = Project.of(context), selector(bench or ())
    history, told = found(project, None, now)
    series = [one for one in history.series if wanted(one.key.case)]
    policy = project.policy(history, today(now))
    show_sheet(applying(list(rules(policy, series, told.budgets, told.changes))), form)


@app.command()
def example() -> None:
    """Print a policy with an entry of each kind, explained."""
    from bench_runner.history.policy_file import EXAMPLE

    typer.echo(EXAMPLE, nl=False)


def today(now: str | None) -> date | None:
    """Return the day that --now names, None where it is not given."""
    if now is None:
        return None
    try:
        return datetime.fromisoformat(now).date()
    except ValueError as error:
        raise UsageError(f"--now {plain(now)!r} is no day such as 2027-01-31") from error


def day_of(text: str, start: date) -> date:
    """Return the day that --until means, counted from a day on."""
    match = _SPAN.fullmatch(text.strip())
    try:
        if match is None:
            return date.fromisoformat(text.strip())
        return start + timedelta(days=int(match["number"]) * (7 if match["unit"] == "w" else 1))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--until {plain(text)!r} is no day such as 2027-01-31, 30d or 8w") from error


def _remarks(project: Project, file: "PolicyFile", now: str | None) -> "list[Remark]":
    """Return what is wrong with a policy, as far as there is a history to hold it against."""
    from bench_runner.history.findings import findings
    from bench_runner.history.policy_check import Known, Remark, check, unresolved
    from bench_runner.history.policy_file import PolicyFile
    from bench_runner.store import ledger

    remarks = [Remark(one.line, one.message) for one in file.problems]
    project.__dict__["policy_file"] = file
    try:
        history = project.history()
    except NothingMeasuredError as error:
        typer.echo(f"{error}; entries were not held against results", err=True)
        return remarks
    entries, unknown = unresolved(file.entries, lambda name: project.references(history, [name]))
    project.__dict__["policy_file"] = PolicyFile(file.path, entries)
    policy = project.policy(history, today(now))
    told = findings(history, project.detector(), policy, ledger.read(project.store))
    project.examined.save()
    names = history.names | project.store.benchmarks().keys()
    known = Known([*history.series, *history.production], [*told.changes, *(one.change for one in told.seen)], names)
    return sorted([*remarks, *unknown, *check(policy, known)], key=lambda one: one.line)


def _floor(one: "Suggestion") -> str:
    """Return a suggestion as TOML."""
    from bench_runner.history.policy_writing import table

    spread = " to ".join(dict.fromkeys(f"{100 * sd:.2g}" for sd in (one.quietest, one.noisiest)))
    values = {"benchmark": one.scope.benchmark, "metric": one.scope.metric, "change": f"{100 * one.change:g} %"}
    return table("floor", values, f"noise {spread} % (sd) in {one.series} series")
