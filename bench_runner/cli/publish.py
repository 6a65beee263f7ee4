"""`publish` and `preview`: write the history site, look at it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.instrument.spans import span

Html = Annotated[
    Path | None, typer.Option("--html-dir", "-o", help="Where to; default as configured.", show_default=False)
]
Trace = Annotated[Path | None, typer.Option("--trace", help="Write where the time went, for Perfetto.")]
Detector = Annotated[str | None, typer.Option("--detector", help="segments (default) or asv.", show_default=False)]


def publish(context: typer.Context, *, html_dir: Html = None, detector: Detector = None, trace: Trace = None) -> None:
    """Write the site from the stored results; only files whose content changed are touched.

    Examples:

    ```
    bench-runner publish
    bench-runner publish -o public --detector asv
    ```
    """
    from bench_runner.cli.observe import traced

    with traced(trace, "publish"):
        folder = write(Project.of(context), html_dir, detector)
    typer.echo(f"open {folder / 'index.html'}")


def preview(
    context: typer.Context,
    *,
    port: Annotated[int, typer.Option("--port", "-p", help="0 takes a free one.")] = 0,
    html_dir: Html = None,
    detector: Detector = None,
) -> None:
    """Publish, then serve the site on this machine's loopback until Ctrl-C.

    Example:

    ```
    bench-runner preview --port 8000
    ```
    """
    from bench_runner.publish.serve import serve

    serve(write(Project.of(context), html_dir, detector), port=port, say=typer.echo)


def write(project: Project, html_dir: Path | None, detector: str | None) -> Path:
    """Publish into `html_dir` or the configured folder, say what was written, and return the folder."""
    from bench_runner.cli.changes import found
    from bench_runner.publish.build import publish as build
    from bench_runner.publish.pages import material_of, site
    from bench_runner.store.baselines import list_

    folder = (html_dir or project.config.html_dir).resolve()
    history, told = found(project, detector)
    with span("layout"):
        marks = {f"baseline {one.name}": one.commit_sha for one in list_(project.store)} | project.repository.tags()
        material = material_of(history, told.groups, project.config, marks, told.seen, told.events)
        laid = site(replace(material, courses=told.courses))
    done = build(laid, folder)
    typer.echo(
        f"{folder}: {len(done.written)} files written, {len(done.kept)} unchanged, {len(done.removed)} removed",
        err=True,
    )
    return folder
