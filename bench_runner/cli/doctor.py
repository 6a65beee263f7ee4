"""`doctor` and `noise`: what this machine does to measurements, and how much of it."""

import subprocess
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner.cli.continuous import Effect, Minutes, share
from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench_runner.report.sheet import Sheet
    from bench_runner.runner.doctor import Sign

WORDS = {True: "fine", False: "look", None: "?"}


def doctor(
    context: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(help="With --tune: what to run meanwhile.")] = None,
    *,
    tune: Annotated[bool, typer.Option("--tune", help="Steady this machine while a command runs (as root).")] = False,
    form: Format = "text",
) -> None:
    """Look at what makes measurements differ on this machine, and say what to do about it.

    With --tune governor, turbo and boost are set while a command runs, and put back when it ends.

    Examples:

    ```
    bench-runner doctor
    bench-runner doctor --tune -- bench-runner run NEW
    ```
    """
    from bench_runner.runner.doctor import Kernel, signs

    config = Project.of(context).config
    if tune:
        raise typer.Exit(_tuned(command or []))
    if command:
        raise UsageError(f"{command[0]}: a command is run with --tune only")
    show_sheet(sheet(signs(Kernel(), (config.results_dir, config.env_dir))), form)


def _tuned(command: list[str]) -> int:
    """Run a command on a steadied machine and return its exit status."""
    from bench_runner.runner.doctor import Kernel
    from bench_runner.runner.tuning import tuned

    if not command:
        raise UsageError("--tune: name a command to run meanwhile, as `doctor --tune -- bench-runner run NEW`")
    with tuned(Kernel()) as done:
        typer.echo(f"while it runs: {', '.join(done) or 'nothing could be tuned (it takes root, and knobs)'}", err=True)
        try:
            return subprocess.run(command, check=False).returncode
        except OSError as error:
            raise UsageError(f"{command[0]} cannot be run: {error.strerror}") from error


def sheet(signs: "Sequence[Sign]") -> "Sheet":
    """Return a row for each sign."""
    from bench_runner.report.sheet import Sheet

    bad = sum(one.fine is False for one in signs)
    return Sheet(
        title="this machine",
        columns=("what", "seen", "", "what to do"),
        cells=tuple((one.name, one.seen, WORDS[one.fine], one.advice) for one in signs),
        marks=tuple("worse" if one.fine is False else "" for one in signs),
        notes=(f"{bad} of {len(signs)} are worth a look" if bad else "nothing speaks against measuring here",),
        document={
            "schema": "bench_runner.doctor/1",
            "signs": [{"name": one.name, "seen": one.seen, "fine": one.fine, "advice": one.advice} for one in signs],
        },
    )


def noise(
    context: typer.Context,
    commit: Annotated[str, typer.Argument(help="The commit to hold against itself.")] = "HEAD",
    *,
    count: Annotated[int, typer.Option("--aa", min=0, help="So many gates of the commit against itself.")] = 0,
    bench: Bench = None,
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="By default the first one.")] = None,
    minutes: Minutes = None,
    effect: Effect = "5%",
    form: Format = "text",
) -> None:
    """Measure how often this machine makes up a change, and how small a change it can see.

    Each gate holds a commit against itself; all of them are kept, and count in the certificate of every later gate.
    Without --aa: what the stored gates say.

    Examples:

    ```
    bench-runner noise --aa 5
    bench-runner noise --aa 40 --max-minutes 10    # ten minutes each at most
    bench-runner noise
    ```
    """
    from bench_runner.cli.gated import Wish, gated
    from bench_runner.cli.order import Order
    from bench_runner.history.gate_record import record as record_of
    from bench_runner.report.gates import noises, told
    from bench_runner.stats.looks import Aim
    from bench_runner.store.gates import list_

    project = Project.of(context)
    aim = Aim(effect=share(effect, "--target-effect"))
    order = Order("HEAD", benchmarks=tuple(bench or ()), environments=(environment,) if environment else ())
    for number in range(count):
        judged, record = gated(project, order, Wish(commit, commit, aim, minutes=minutes, again=True))
        typer.echo(f"{number + 1}/{count}: {judged.word}: {judged.why}; {told(record)}", err=True)
    machine = project.machine.machine
    show_sheet(noises(machine, record_of(list_(project.store, machine), aim)), form)
