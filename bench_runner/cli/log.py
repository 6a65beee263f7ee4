"""`log`: what the last runs did, step by step."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.errors import NothingMeasuredError, UsageError

if TYPE_CHECKING:
    from bench_runner.instrument.spans import Span

app = typer.Typer(name="log", help="Ask what the last runs did.", no_args_is_help=True)
LogFile = Annotated[Path | None, typer.Argument(help="A log of `run`; default: the newest that is kept.")]


@app.command()
def show(
    context: typer.Context,
    file: LogFile = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only what did not end well, or never ended.")] = False,
) -> None:
    """Print the steps of a run, one line each with its duration.

    A run that was killed ends with the steps it was in: "never ended".

    Examples:

    ```
    bench-runner log show --failed       # why did last night fail?
    bench-runner log show night.jsonl
    ```
    """
    from rich.console import Console

    from bench_runner.cli import steps

    console = Console(soft_wrap=True, highlight=False)
    for span in steps_of(context, file):
        if steps.ending(span) or not failed:
            steps.show(console, span)


@app.command()
def trace(
    context: typer.Context,
    file: LogFile = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The trace to write.")] = Path("trace.json"),
) -> None:
    """Write a run as a Chrome trace, for Perfetto or about:tracing; a killed run too.

    Example:

    ```
    bench-runner log trace -o night.trace.json
    ```
    """
    from bench_runner.instrument.trace import document

    spans = steps_of(context, file)
    try:
        out.write_text(json.dumps(document(spans, "bench-runner run")), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}: choose another file with -o") from error
    typer.echo(f"{out}: {len(spans)} steps")


def steps_of(context: typer.Context, file: Path | None) -> "list[Span]":
    """Return the steps of the last run in a log, by default the newest that is kept."""
    from bench_runner.runner import logbook, logged

    if file is None:
        folder = Project.of(context).config.env_dir
        kept = logbook.logs(folder)
        if not kept:
            raise NothingMeasuredError(
                f"no log is kept in {folder / logbook.FOLDER}: runs that have work to do leave one"
            )
        file = kept[0]
        typer.echo(f"{file}", err=True)
    return logged.spans(logged.read(file))
