"""`changes` and `regressions`: what moved, and what became of it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.core import TyperGroup

from bench_runner import units
from bench_runner.cli import change_one
from bench_runner.cli.changes import Detector, found, tell_elsewhere
from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.model.change import Change
from bench_runner.model.change import State as States

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench_runner.history.findings import Findings
    from bench_runner.history.series import History

State = Annotated[str | None, typer.Option("--state", help=f"{', '.join(get_args(States))}.")]
Since = Annotated[str | None, typer.Option("--since", help="30d, 4w, 12h or a date: of commits made since.")]
Now = Annotated[
    str | None, typer.Option("--now", help="What --since counts from, a date.", show_default="the newest result's time")
]
Environment = Annotated[str | None, typer.Option("--environment", "-E", help="Only this environment.")]


class Verbs(TyperGroup):
    """What follows `changes`: the name of a verb, and no id."""

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> "Any":  # type: ignore[override]
        """Return the verb; UsageError says what to do with an id."""
        if args[0] not in self.commands:
            raise UsageError(f"changes {plain(args[0], 40)}: to look at one change say `bench-runner changes show ID`")
        return super().resolve_command(ctx, args)


app = typer.Typer(name="changes", cls=Verbs)
app.command()(change_one.show)
app.command()(change_one.dismiss)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are asked for; None and () ask for all."""

    state: str | None = None
    way: bool | None = None  # worse or not
    since: str | None = None
    now: str | None = None
    bench: tuple[str, ...] = ()
    environment: str | None = None
    machine: str | None = None
    doubtful: bool = False

    def __post_init__(self) -> None:
        if self.state not in {None, *get_args(States)}:
            raise UsageError(f"--state {self.state}: known are {', '.join(get_args(States))}")

    def of(self, told: "Findings", history: "History") -> "list[Change]":
        """Return those changes; what a person has dismissed only where that state is asked for."""
        from bench_runner.history.recent import moment_ms, newest_ms, since
        from bench_runner.runner.session import selector

        chosen = selector(self.bench)
        doubtful = [change for one in told.doubtful if self.doubtful for change in one.changes]
        every = [*told.changes, *doubtful, *(one.change for one in told.seen)]
        some = [
            one
            for one in (told.dismissed if self.state == "dismissed" else every)
            if self.state in {None, one.state}
            and (self.way is None or one.worse == self.way)
            and self.environment in {None, one.key.environment}
            and self.machine in {None, one.key.machine}
            and chosen(one.key.case)
        ]
        now = moment_ms(self.now, "--now") if self.now else newest_ms(history)
        return since(some, history, self.since, now) if self.since else some


@app.callback(invoke_without_command=True)
def changes(
    context: typer.Context,
    *,
    state: State = None,
    worse: Annotated[bool, typer.Option("--worse", help="Only regressions.")] = False,
    better: Annotated[bool, typer.Option("--better", help="Only improvements.")] = False,
    since: Since = None,
    now: Now = None,
    bench: Bench = None,
    environment: Environment = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that may well be luck (q above 5 %).")] = False,
    form: Format = "text",
    detector: Detector = None,
) -> None:
    """List every change with its place, both levels and what became of it; look at one, or dismiss one.

    A change is *pending* while too few points follow it, then *confirmed*, and *recovered* when its level came back.
    *Accepted* are those that the policy lives with, *dismissed* those of which a person said that they are noise; these
    are listed with --state dismissed alone. Ids stay, once `detect --record` has recorded a change. With --machine
    only those of one machine.

    Examples:

    ```
    bench-runner changes --worse --state confirmed
    bench-runner changes --since 30d -b sort        # the 30 days before the newest result
    bench-runner changes --format json > changes.json
    bench-runner changes show 3f2a9c1b              # all about one, with a picture
    bench-runner changes dismiss 3f2a --reason "the disk was full"
    ```
    """
    if context.invoked_subcommand is None:
        project = Project.of(context)
        some = (since, now, tuple(bench or ()), environment, project.chosen, every)
        _list(project, Wanted(state, worse if worse != better else None, *some), form, detector)


def regressions(
    context: typer.Context,
    *,
    since: Since = None,
    now: Now = None,
    bench: Bench = None,
    environment: Environment = None,
    form: Format = "text",
    detector: Detector = None,
) -> None:
    """List the regressions that stand: `changes --worse` without those that recovered or were accepted.

    Examples:

    ```
    bench-runner regressions
    bench-runner regressions --since 2026-01-31 --format md
    ```
    """
    project = Project.of(context)
    wanted = Wanted(None, True, since, now, tuple(bench or ()), environment, project.chosen)
    _list(project, wanted, form, detector, standing=True)


def _list(project: Project, wanted: Wanted, form: str, detector: str | None, *, standing: bool = False) -> None:
    """Print the changes that are wanted."""
    from bench_runner.report.changes import sheet

    history, told = found(project, detector, wanted.now)
    tell_elsewhere(history)
    some = [one for one in wanted.of(told, history) if one.standing or not standing]
    table = sheet(some, history.commits, [*told.groups, *told.doubtful], told.events, told.courses)
    show_sheet(replace(table, notes=(*table.notes, *_left_out(wanted, told.dismissed))), form)


def _left_out(wanted: Wanted, dismissed: "Sequence[Change]") -> list[str]:
    """Say how many dismissed changes are not in the list."""
    if not dismissed or wanted.state:
        return []
    return [f"{units.count(len(dismissed), 'dismissed change')} left out: --state dismissed lists them"]
