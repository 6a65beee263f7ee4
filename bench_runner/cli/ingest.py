"""`ingest`: what a service measured of itself in production, into the history."""

from pathlib import Path
from typing import Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.hostile import plain


def ingest(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="FOLDER|FILE...", help="What `export.results` wrote: *.jsonl.")
    ],
    *,
    window: Annotated[
        int, typer.Option("--window", metavar="SECONDS", help="Stretches that windows are cut to and merged in.")
    ] = 60,
) -> None:
    """Store windows of production: timings, counters and resources of a service, by release and time.

    Windows of all processes of a release that start in the same stretch are merged: histograms, never percentiles. They
    are stored as results of the machine `prod:SERVICE`. Changes are looked for from window to window; they are shown by
    `detect`, `changes` and the site, marked as production, and never make `detect --exit-code` fail.

    The commit of a window is a tag or a sha. The same files may be ingested again, together or one by one: what is
    stored already is left alone.

    Exit codes: 2 an unknown ref, 7 a damaged line (nothing is stored then).

    Examples:

    ```
    bench-runner ingest /var/log/shop/windows
    bench-runner ingest --window 3600 windows/   # an hour each: 24 a day instead of 1440
    ```
    """
    from bench_runner.exchange.ingest import ingest as take

    project = Project.of(context)
    taken = take(project.store, project.repository, paths, window)
    for one in taken:
        release = one.release
        typer.echo(
            f"{plain(release.service)} {release.sha[:8]} in {plain(release.environment)}:"
            f" {units.count(one.fresh, 'window')} stored, {one.known} known before"
        )
    if not taken:
        typer.echo("no whole window in there yet")
