"""The command `bench-runner`: global options, the verbs, and the one place where errors become exit codes."""

import errno
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bench_runner import __version__
from bench_runner.cli import (
    attach,
    baseline,
    bisect,
    change_list,
    changes,
    check,
    compare,
    continuous,
    demo,
    doctor,
    gate,
    ingest,
    init,
    log,
    machine,
    plot,
    policy,
    publish,
    run_,
    show,
    store,
)
from bench_runner.cli.leave import leave
from bench_runner.cli.profiled import profiled
from bench_runner.cli.project import Place
from bench_runner.errors import BenchRunnerError, EnvironmentFailedError

FULL = {errno.ENOSPC, errno.EROFS, errno.EDQUOT}
app = typer.Typer(
    name="bench-runner",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
VERBS: dict[str, dict[str, Callable[..., object]]] = {
    "Set up": {"init": init.init, "machine": machine.machine, "check": check.check, "list": check.list_},
    "Measure": {"run": run_.run, "ingest": ingest.ingest, "show": show.show, "compare": compare.compare},
    "Judge": {"continuous": continuous.continuous, "gate": gate.gate},
    "Trust": {"doctor": doctor.doctor, "noise": doctor.noise},
    "Find out": {
        "detect": changes.detect,
        "regressions": change_list.regressions,
        "bisect": bisect.bisect,
        "find": bisect.find,
    },
    "Watch a running program": {"attach": attach.attach},
    "Publish": {"publish": publish.publish, "preview": publish.preview, "plot": plot.plot},
    "Decide": {"accept": policy.accept},
    "Try it": {"demo": demo.demo},
}
for panel, verbs in VERBS.items():
    for name, verb in verbs.items():
        app.command(name=name, rich_help_panel=panel)(verb)
app.add_typer(change_list.app, rich_help_panel="Find out")
app.add_typer(baseline.app, rich_help_panel="Measure")
app.add_typer(store.app, rich_help_panel="Publish")
app.add_typer(policy.app, rich_help_panel="Decide")
app.add_typer(log.app, rich_help_panel="Find out")


def _version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        typer.echo(f"bench-history {__version__}")
        raise typer.Exit


ConfigFile = Annotated[Path | None, typer.Option("--config", help="The configuration file.", show_default="found here")]
MachineName = Annotated[
    str | None, typer.Option("--machine", help="The machine's name in results/.", show_default="as set")
]
Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")]


@app.callback()
def options(
    context: typer.Context,
    *,
    config: ConfigFile = None,
    machine_name: MachineName = None,
    version: Version = False,  # noqa: ARG001 - its callback answers
) -> None:
    """Measure a project's commits, find what changed, publish its history, bisect to the commit.

    Results are plain files in `results/` that asv reads too; an `asv.conf.json` works as it is.

    A first look: `bench-runner demo`. In your project: `bench-runner init`, then `bench-runner run NEW`.
    """
    context.obj = Place(config=config, machine=machine_name)


def warn_of_namesake() -> None:
    """Say so when another distribution, which also imports as bench_runner, is installed beside us."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        version("bench-runner")
    except PackageNotFoundError:
        return
    typer.echo(
        "warning: the distribution 'bench-runner' (another project) is installed too and owns the same import name;"
        " uninstall it: pip uninstall bench-runner",
        err=True,
    )


def hoisted(words: list[str]) -> list[str]:
    """Return a command line with --config and --machine in front of the verb: asv's users write them behind it."""
    front, rest = [], list(words)
    for name in ("--config", "--machine"):
        for place, word in enumerate(rest):
            if word == name and place + 1 < len(rest):
                front += rest[place : place + 2]
                del rest[place : place + 2]
                break
            if word.startswith(f"{name}="):
                front.append(rest.pop(place))
                break
    return [*front, *rest]


def run() -> None:
    """Run the command line and end the process."""
    try:
        work()
    except SystemExit as left:
        leave(left)


def work() -> None:
    """Run the command line; every error of the house leaves here, as one sentence and its exit code."""
    warn_of_namesake()
    try:
        with profiled():
            app(args=hoisted(sys.argv[1:]), standalone_mode=True)
    except EnvironmentFailedError as error:
        typer.echo(f"error: {error}\n{error.output}".rstrip(), err=True)
        sys.exit(error.exit_code)
    except BenchRunnerError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in FULL:
            raise
        typer.echo(f"error: {error}: make room, or make it writable; everything finished is stored", err=True)
        sys.exit(EnvironmentFailedError.exit_code)
    except SystemExit as left:
        if isinstance(left.__context__, typer.Exit) and isinstance(left.__context__.__cause__, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one, while Python ends, would change the exit code
            typer.echo("interrupted; everything finished is stored, the same command goes on from there", err=True)
        raise
