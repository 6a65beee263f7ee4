"""`changes show` and `changes dismiss`: one change by its id."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner.cli.changes import Detector, found
from bench_runner.cli.project import Project
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import UsageError
from bench_runner.hostile import plain

if TYPE_CHECKING:
    from bench_runner.history.findings import Findings
    from bench_runner.history.series import History
    from bench_runner.model.change import Change
    from bench_runner.report.one_change import Context

Id = Annotated[str, typer.Argument(metavar="ID", help="The id that `changes` lists; its first digits do.")]
NAMED = 6  # changes that an error names


def show(
    context: typer.Context,
    name: Id,
    *,
    svg: Annotated[Path | None, typer.Option("--svg", help="Draw the points around it into this file.")] = None,
    form: Format = "text",
    detector: Detector = None,
) -> None:
    """Show what the detector saw of a change: levels, size with its interval, where it may lie, who moved with it.

    The picture has the points around the change, and the levels as lines. Below it a triangle stands at the first point
    of the new level; the axis is thick where that may be.

    Examples:

    ```
    bench-runner changes show 3f2a9c1b
    bench-runner changes show 3f2a --svg change.svg
    bench-runner changes show 3f2a --format json
    ```
    """
    from bench_runner.report.one_change import sheet

    history, told = found(Project.of(context), detector)
    change = pick(told, name)
    around = context_of(change, history, told)
    if svg is None:
        show_sheet(sheet(change, around), form)
        return
    _draw(change, around, svg)
    typer.echo(f"wrote {svg}")


def dismiss(
    context: typer.Context,
    name: Id,
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why it is none, for those who come later.")],
) -> None:
    """Say of a change that it is none: noise, a busy machine. It is no longer reported, and says so in the ledger.

    The ledger is a file for each change in changes/ below the results; commit it. A change that the project lives with
    is not dismissed but accepted. To take it back, restore the file from git, or remove it.

    Example:

    ```
    bench-runner changes dismiss 3f2a9c1b --reason "the machine was rebooted meanwhile"
    ```
    """
    from bench_runner.history.ledger import dismissed
    from bench_runner.store import ledger

    if not reason.strip():
        raise UsageError("--reason is empty: say why it is no change, for those who come later")
    project = Project.of(context)
    history, told = found(project, None)
    change = pick(told, name)
    ledger.write(project.store, [dismissed(change, ledger.read(project.store), history, reason.strip())])
    typer.echo(f"dismissed {change.id}, {plain(change.key.case.id)}: commit {project.config.results_dir}/changes")


def pick(told: "Findings", name: str) -> "Change":
    """Return the change whose id begins so; UsageError names those it could be."""
    every = [*told.changes, *(one.change for one in told.seen), *told.dismissed]
    matching = [one for one in every if one.id.startswith(name.lower())] if name else []
    exact = [one for one in matching if one.id == name.lower()]
    if len(exact or matching) == 1:
        return (exact or matching)[0]
    some = matching or every
    listed = ", ".join(f"{one.id} ({plain(one.key.case.id, 40)})" for one in some[:NAMED])
    more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
    if matching:
        raise UsageError(f"{plain(name, 40)!r} begins more than one id: {listed}{more}; give more digits")
    known = f"there are {listed}{more}" if some else "there are none"
    raise UsageError(f"no change {plain(name, 40)!r}: {known}; `bench-runner changes` lists them")


def context_of(change: "Change", history: "History", told: "Findings") -> "Context":
    """Return what stands around a change."""
    from bench_runner.report.one_change import Context

    series = next(one for one in [*history.series, *history.production] if one.key == change.key)
    every = [*told.changes, *(one.change for one in told.seen)]
    group = next((one.changes for one in told.groups if change in one.changes), ())
    return Context(
        series=series,
        changes=[one for one in every if one.key == change.key],
        commits=history.commits,
        neighbours=group,
        releases=history.releases,
    )


def _draw(change: "Change", around: "Context", svg: Path) -> None:
    """Draw the points around a change into a file."""
    from bench_runner.publish.charts import plot
    from bench_runner.report.picture import window

    if svg.suffix != ".svg":
        raise UsageError(f"{svg}: the picture's name must end in .svg")
    if change.production:
        raise UsageError("a change of production has its picture on the page that `bench-runner publish` writes")
    part = around.series.part(*window(around.series, change))
    inside = [one for one in around.changes if one.first_new in part.shas]
    plot([part], inside, around.commits, svg)
