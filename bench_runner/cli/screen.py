"""Shows what the processes behind a control file are doing, on a terminal or as JSON."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench_runner import units
from bench_runner.cli.activity import Activity
from bench_runner.cli.following import Worker
from bench_runner.hostile import plain

TOP = 15  # functions on a screen
_NAME, _MESSAGE = 60, 120  # characters


def drawn(path: Path, activity: Activity, top: int = TOP) -> RenderableType:
    """Return all as one picture."""
    workers = [load.worker for load in activity.loads]
    parts: list[RenderableType] = [Text(line) for line in headed(path, workers)]
    if activity.functions:
        parts.extend((Text(), _functions(activity, top)))
    if workers:
        parts.extend((Text(), _workers(activity), Text()))
    return Group(*parts, *(Text(line, style="yellow") for line in notes(workers)))


def headed(path: Path, workers: Sequence[Worker]) -> list[str]:
    """Return what is on until when, in lines."""
    if not workers:
        return [f"{plain(str(path))}: no process follows it yet"]
    timed = dict.fromkeys(pattern for one in workers for pattern in one.timed)
    on = [one for one in workers if one.timed]
    what = "nothing is timed by it"
    if on:
        last = max(on, key=lambda one: one.left_s)
        until = f"{datetime.fromtimestamp(last.until_s).astimezone():%H:%M:%S}"
        what = f"timed until {until} ({units.duration(last.left_s)} left): {plain(', '.join(timed))}"
    return [f"{units.count(len(workers), 'process', 'processes')} at {plain(str(path))}", what]


def notes(workers: Sequence[Worker]) -> Iterator[str]:
    """Yield what people should know: where profiles went, what failed."""
    for one in workers:
        if one.profile is not None and one.profile.on:
            yield f"{one.pid} is being profiled"
        elif one.profile is not None and one.profile.problem:
            yield f"{one.pid} took no profile: {plain(one.profile.problem)}"
        elif one.profile is not None:
            yield from (f"{one.pid} profile: {plain(file)}" for file in one.profile.files[:1])
        for name, (count, message) in one.failures.items():
            yield f"{one.pid} failed {count} times in {plain(name, _NAME)}: {plain(message, _MESSAGE)}"


def document(path: Path, activity: Activity) -> dict[str, Any]:
    """Return all for scripts; times in seconds, sizes in bytes."""
    functions = [
        {
            "name": one.name,
            "calls": one.calls,
            "calls_per_s": one.calls_per_s,
            "p50_s": one.p50_s,
            "p99_s": one.p99_s,
            "share": one.share,
        }
        for one in activity.functions
    ]
    workers = [_told(load.worker, load.cpu) for load in activity.loads]
    return {"control": str(path), "seconds": activity.seconds, "functions": functions, "workers": workers}


def _told(one: Worker, cpu: float) -> dict[str, Any]:
    profile = one.profile
    return {
        "pid": one.pid,
        "command": one.command,
        "timed": list(one.timed),
        "functions": one.functions,
        "until": one.until_s,
        "left_s": one.left_s,
        "cpu": cpu,
        "rss_bytes": one.rss_bytes,
        "threads": one.threads,
        "profile": {"on": profile.on, "files": list(profile.files), "problem": profile.problem} if profile else None,
        "failures": {name: {"count": count, "message": message} for name, (count, message) in one.failures.items()},
    }


def _functions(activity: Activity, top: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("function", overflow="ellipsis", no_wrap=True)
    for heading in ("calls/s", "p50", "p99", "share"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in activity.functions[:top]:
        times = (units.show(value, "seconds") for value in (one.p50_s, one.p99_s))
        table.add_row(
            Text(plain(one.name, _NAME)), units.significant(one.calls_per_s), *times, f"{100 * one.share:.1f} %"
        )
    left = len(activity.functions) - top
    if left > 0:
        table.add_row(Text(f"{left} more", style="dim"))
    return table


def _workers(activity: Activity) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("pid", "CPU", "RSS", "threads", "timed"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("command", overflow="ellipsis", no_wrap=True)
    for load in activity.loads:
        one = load.worker
        size = units.show(one.rss_bytes, "bytes")
        numbers = (str(one.pid), f"{100 * load.cpu:.0f} %", size, str(one.threads), str(one.functions))
        table.add_row(*numbers, Text(plain(one.command, _NAME)))
    return table
