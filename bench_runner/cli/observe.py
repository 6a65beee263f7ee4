"""Has somebody listen to what a command does: its log, its trace, and those who want to watch."""

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import typer
from rich.console import Console

from bench_runner import __version__
from bench_runner.cli import steps
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.instrument.spans import listening, span
from bench_runner.instrument.trace import Recording
from bench_runner.runner import work
from bench_runner.runner.log import Log
from bench_runner.runner.logbook import Kept


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be told of a run: a log to append to ("-" is stderr), whether one is kept, a trace, steps shown."""

    log: str | None = None
    keep: bool = True
    trace: Path | None = None
    verbose: bool = False


@contextmanager
def observed(wishes: Wishes, environments: Path) -> Iterator[Console]:
    """Tell of a run as wished, and at its end where the time went; gives the console to write to meanwhile."""
    # Lines of the log and a bar that is drawn anew and anew do not go together.
    console = Console(stderr=True, soft_wrap=True, highlight=False, force_terminal=False if wishes.log == "-" else None)
    with ExitStack() as ears:
        if wishes.log is not None or wishes.keep:
            ears.enter_context(_logged(wishes.log, environments))
        if wishes.verbose:
            ears.enter_context(listening(partial(steps.show, console)))
        ledger = ears.enter_context(work.kept())
        try:
            with traced(wishes.trace, "run"):
                with span("start", version=__version__, words=" ".join(sys.argv[1:])):
                    pass
                yield console
        finally:
            if told := work.told(ledger.work()):
                typer.echo(told, err=True)


@contextmanager
def traced(path: Path | None, verb: str) -> Iterator[None]:
    """Make the block one step, and write all in it as a Chrome trace, however it ends; UsageError without a place."""
    heard = Recording()
    with ExitStack() as around:
        if path is not None:
            try:
                file = path.open("w", encoding="utf-8")
            except OSError as error:
                raise UsageError(f"--trace {path}: {error.strerror}: name a file that can be written") from error
            around.callback(_write, heard, verb, file)
            around.enter_context(listening(heard.ended))
        with span(verb):
            yield


def _write(heard: Recording, verb: str, file: TextIO) -> None:
    """Write the trace; a full disk is no reason to fail."""
    try:
        with file:
            json.dump(heard.document(f"bench-runner {verb}"), file)
    except OSError as error:
        typer.echo(f"warning: {file.name} holds no whole trace: {error.strerror}", err=True)


@contextmanager
def _logged(target: str | None, environments: Path) -> Iterator[None]:
    """Keep the log of a run, in the file that was named or else beside the environments."""
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    if target is None:
        log: Log | Kept = Kept(environments, run)
    else:
        try:
            log = Log(None if target == "-" else Path(target), run)
        except OSError as error:
            raise UsageError(f"--log {target}: {error.strerror}: name a file that can be written") from error
    try:
        with listening(log.ended, log.began):
            yield
    finally:
        log.close()
        if isinstance(log, Kept) and log.problem:
            typer.echo(f"warning: no log is kept: {plain(log.problem)}", err=True)
        elif log.lost:
            typer.echo(f"warning: {log.lost} lines of the log could not be written", err=True)
