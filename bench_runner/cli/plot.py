"""`plot`: one benchmark's history as a picture."""

from pathlib import Path
from typing import Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.errors import UsageError


def plot(
    context: typer.Context,
    bench: Annotated[str, typer.Argument(metavar="BENCH", help="A regular expression, as -b elsewhere.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="history.svg, .png or .pdf.")] = Path("history.svg"),
) -> None:
    """Draw the history of the matching series, with their changes, into a file.

    Examples:

    ```
    bench-runner plot 'time_sort\\(100\\)' -o sort.svg
    bench-runner plot Sort -o sort.png
    ```
    """
    from bench_runner.cli.changes import found
    from bench_runner.publish.charts import SUFFIXES
    from bench_runner.publish.charts import plot as draw
    from bench_runner.runner.session import selector

    if output.suffix not in SUFFIXES:
        raise UsageError(f"{output}: the picture's name must end in {', '.join(SUFFIXES)}")
    wanted = selector([bench])
    history, told = found(Project.of(context), None)
    series = [one for one in history.series if wanted(one.key.case)]
    if not series and any(wanted(one.key.case) for one in history.production):
        raise UsageError(f"{bench!r} is of production: its history is a page of what `bench-runner publish` writes")
    if not series:
        raise UsageError(f"no series matches {bench!r}: see `bench-runner list`")
    keys = {one.key for one in series}
    changes = [one for one in told.changes if one.key in keys]
    draw(series, changes, history.commits, output)
    typer.echo(f"wrote {output}")
