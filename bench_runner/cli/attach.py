"""`attach`: time and profile a running program, and watch it, without touching it otherwise."""

import json
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench_runner import units
from bench_runner.cli.attached import REFRESH_S, STAYS_S, Target, change, controlled, ends, target
from bench_runner.errors import InconclusiveError, UsageError
from bench_runner.hostile import plain
from bench_runner.instrument.control_file import LONGEST_S, MOST_SECONDS, Order

if TYPE_CHECKING:
    from bench_runner.cli.activity import Activity
    from bench_runner.cli.following import Worker
    from bench_runner.instrument.stacks import Stack

PATIENCE_S = 15.0  # for a process that was told something
TIMED_S, PROFILED_S = 60.0, 10.0
UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600}

Patterns = Annotated[
    list[str] | None, typer.Option("--time", help='Time what matches, as "shop.checkout:*"; may be repeated.')
]
Off = Annotated[bool, typer.Option("--off", help="Switch off what control files switched on.")]
For = Annotated[str | None, typer.Option("--for", help="How long: 30s, 5m, 1h.", show_default="60s; a profile 10s")]
Profiled = Annotated[bool, typer.Option("--profile", help="Take a profile of each process, as long as --for says.")]
Out = Annotated[Path, typer.Option("--out", help="Where a profile taken from outside goes.")]
Watched = Annotated[bool | None, typer.Option("--watch/--no-watch", help="Watch live.", show_default="on a terminal")]
Once = Annotated[bool, typer.Option("--once", help="Show what goes on for two seconds, and end.")]
Form = Annotated[str, typer.Option("--format", help="Of --once: text or json.")]


def attach(
    process: Annotated[str, typer.Argument(metavar="PID|CONTROL-FILE")],
    *,
    patterns: Patterns = None,
    off: Off = False,
    for_: For = None,
    profile: Profiled = False,
    out: Out = Path("profiles"),
    watch: Watched = None,
    once: Once = False,
    form: Form = "text",
) -> None:
    """Time functions of a running program, take its profile, and watch its processes live.

    The program follows a control file (`bench_runner.instrument.control`); PID finds the file of that process, and
    what is asked for reaches all processes that follow it. Everything ends by itself; Ctrl-C ends the watching only.
    A process that follows none can still be profiled, from outside.

    Examples:

    ```
    bench-runner attach 4711                                  # watch
    bench-runner attach 4711 --time "shop.checkout:*" --for 5m
    bench-runner attach /run/shop/control.json --profile      # all workers, 10 s
    bench-runner attach 4711 --once --format json             # for scripts
    bench-runner attach 4711 --off
    ```
    """
    if form not in {"text", "json"}:
        raise UsageError(f"--format {plain(form)}: known are text and json")
    if off and (patterns or profile):
        raise UsageError("--off goes with neither --time nor --profile")
    seconds = duration(for_)
    wanted = target(process)
    if wanted.path is None and profile and not patterns:
        _from_outside(wanted, min(seconds or PROFILED_S, MOST_SECONDS), out)
        return
    path = controlled(wanted)
    order = _ask(path, patterns or [], seconds, profile=profile, off=off)
    if once:
        _once(path, form)
    elif watch or (watch is None and order is None and not off and sys.stdout.isatty()):
        _watch(path)
    elif order is not None:
        _wait_for(path, order)
    elif not patterns and not off:
        raise UsageError("nothing to do without a terminal: --once shows what goes on, --time, --profile and --off act")


def duration(text: str | None) -> float | None:
    """Return the seconds of "90", "30s", "5m", "1h"; UsageError for others, and for more than a day."""
    if text is None:
        return None
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    try:
        seconds = float(number) * UNITS[text[len(number) :] or "s"]
    except (ValueError, KeyError):
        seconds = 0.0
    if not 0 < seconds <= LONGEST_S:
        raise UsageError(f"--for {plain(text)}: it is 30s, 5m or 1h, at most a day")
    return seconds


def _ask(path: Path, patterns: Sequence[str], seconds: float | None, *, profile: bool, off: bool) -> Order | None:
    """Write what is wanted into the control file; return the profile that was ordered."""
    anew: dict[str, Any] = {"attached_until": time.time() + STAYS_S}
    if off:
        anew |= {"timed": [], "profile": None, "until": time.time()}
        typer.echo("off", err=True)
    if patterns:
        anew |= {"timed": list(patterns), "until": time.time() + (seconds or TIMED_S)}
        typer.echo(f"timed for {units.duration(seconds or TIMED_S)}: {plain(', '.join(patterns))}", err=True)
    order = None
    if profile:
        order = Order("pyspy", min(seconds or PROFILED_S, MOST_SECONDS), id=secrets.token_hex(4))
        anew["until"] = max(anew.get("until", 0), ends(path, order.seconds + REFRESH_S))
        anew["profile"] = {"backend": order.backend, "seconds": order.seconds, "id": order.id}
    change(path, anew)
    return order


def _stay(path: Path, until_s: float) -> float:
    """Have processes go on telling of themselves; return until when they do."""
    if until_s - time.time() < REFRESH_S:
        until_s = time.time() + STAYS_S
        change(path, {"attached_until": until_s})
    return until_s


def _once(path: Path, form: str) -> None:
    """Show what goes on between two readings of every process that is there."""
    from rich.console import Console

    from bench_runner.cli.screen import document, drawn

    activity = _activity(path)
    if form == "json":
        typer.echo(json.dumps(document(path, activity)))
    else:
        Console(highlight=False).print(drawn(path, activity, len(activity.functions)))


def _activity(path: Path) -> "Activity":
    """Return what goes on for some two seconds; InconclusiveError when nobody tells of it."""
    from bench_runner.cli.activity import between

    asked_s = time.monotonic()
    first = _told(path, lambda now: bool(now) and all(one.tick_s >= asked_s for one in now))
    known = {one.pid: one.tick_s for one in first}
    now = _told(path, lambda now: bool(now) and all(one.tick_s >= known.get(one.pid, 0) + 1.5 for one in now))
    return between(first, now)


def _told(path: Path, enough: "Callable[[list[Worker]], bool]") -> "list[Worker]":
    """Return what the processes tell as soon as it is enough; those that stay silent are left out."""
    from bench_runner.cli.following import workers

    deadline = time.monotonic() + PATIENCE_S
    while not enough(now := workers(path)):
        if time.monotonic() > deadline:
            raise InconclusiveError(
                f"no process that follows {plain(str(path))} tells of itself within {PATIENCE_S:.0f} s"
                if not now
                else f"processes {', '.join(str(one.pid) for one in now)} do not all tell of themselves in time"
            )
        time.sleep(0.1)
    return now


def _watch(path: Path) -> None:
    """Show what goes on until Ctrl-C."""
    from rich.live import Live

    from bench_runner.cli.activity import between
    from bench_runner.cli.following import workers
    from bench_runner.cli.screen import drawn

    until_s, before = time.time() + STAYS_S, workers(path)
    try:
        with Live(drawn(path, between(before, before)), screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(1.0)
                until_s = _stay(path, until_s)
                now = workers(path)
                if {one.pid: one.tick_s for one in now} != {one.pid: one.tick_s for one in before}:
                    live.update(drawn(path, between(before, now)), refresh=True)
                    before = now
    except KeyboardInterrupt:
        typer.echo("what is on ends at its time; `--off` ends it now", err=True)


def _wait_for(path: Path, order: Order) -> None:
    """Wait for the profile of each process, and tell what all of them found."""
    until_s, end_s = time.time() + STAYS_S, time.monotonic() + order.seconds + PATIENCE_S
    typer.echo(f"profiling for {units.duration(order.seconds)}", err=True)
    while not (done := _profiles(path, order)) and time.monotonic() < end_s:
        time.sleep(0.2)
        until_s = _stay(path, until_s)
    if not done:
        raise InconclusiveError(f"no process that follows {plain(str(path))} has taken the profile in time")
    problems = [plain(one.profile.problem) for one in done if one.profile and one.profile.problem]
    files = [Path(file) for one in done if one.profile for file in one.profile.files]
    for problem in problems:
        typer.echo(f"warning: {problem}", err=True)
    if not files:
        raise InconclusiveError("no profile was taken")
    _tell(files)


def _profiles(path: Path, order: Order) -> "list[Worker]":
    """Return all processes when each has taken the profile that was ordered, else none."""
    from bench_runner.cli.following import workers

    now = workers(path)
    over = [one for one in now if one.profile and one.profile.id == order.id and not one.profile.on]
    return now if len(over) == len(now) else []


def _from_outside(wanted: Target, seconds: float, out: Path) -> None:
    """Profile a process that follows no control file."""
    from bench_runner.instrument.profiling import outside

    typer.echo(f"profiling for {units.duration(seconds)}, from outside", err=True)
    try:
        files = outside(wanted.pid or 0, Order("pyspy", seconds), str(out))
    except (OSError, RuntimeError, ValueError) as error:
        raise InconclusiveError(f"no profile was taken: {plain(str(error), 1000)}") from error
    _tell([Path(file) for file in files])


def _tell(files: Sequence[Path]) -> None:
    """Name the files of profiles, and the functions that used most of the time in all of them."""
    from bench_runner.instrument import stacks
    from bench_runner.instrument.profiling import COLLAPSED

    found: dict[Stack, int] = {}
    for file in files:
        typer.echo(plain(str(file), 1000))
        if file.name.endswith(COLLAPSED):
            found = stacks.add([found, stacks.parse(file.read_text(encoding="utf-8"))])
    typer.echo("\nof its own, without what it calls")
    for name, ns in stacks.hottest(found)[:10]:
        typer.echo(f"{100 * ns / max(1, stacks.total(found)):6.1f} %  {plain(name)}")
