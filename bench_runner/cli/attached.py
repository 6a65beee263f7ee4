"""Writes what somebody wants into a control file, and finds the file of a process."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.instrument import control_file, whereabouts

ADD = (
    "add this line where it starts and set BENCH_RUNNER_CONTROL=FILE in its environment:\n"
    "    from bench_runner.instrument import control; control.from_environment()\n"
    "or start it as it is with: BENCH_RUNNER_CONTROL=FILE python -m bench_runner.instrument PROGRAM"
)
STAYS_S, REFRESH_S = 30.0, 15.0  # processes tell of themselves for so long; it is renewed when less than that is left


@dataclass(frozen=True, slots=True)
class Target:
    """What was named: a process, or a control file; either may be missing."""

    pid: int | None
    path: Path | None


def target(word: str) -> Target:
    """Return what a word names; UsageError when there is no such process, or it is not for us."""
    if not word.isdecimal():
        path = Path(word).absolute()
        if path.is_dir() or not path.parent.is_dir():
            raise UsageError(f"{plain(word)}: name a process, or a file in a folder that is there")
        return Target(None, path)
    pid = int(word)
    found = whereabouts.find(pid, _owner(pid))
    return Target(pid, Path(found) if found else None)


def controlled(wanted: Target) -> Path:
    """Return the control file of a target; UsageError says how a program gets one."""
    if wanted.path is None:
        raise UsageError(f"process {wanted.pid} follows no control file. To time it, {ADD}\n`--profile` works as it is")
    return wanted.path


def change(path: Path, anew: Mapping[str, Any]) -> None:
    """Change what a control file asks for; what is over is left out, and what is on keeps its end.

    UsageError when it cannot be written, or is damaged and not all of it is given anew.
    """
    try:
        control_file.write(str(path), {**_standing(path, anew), **anew})
    except ValueError as error:
        raise UsageError(f"{plain(str(path))}: {error}") from error
    except OSError as error:
        raise UsageError(f"{plain(str(path))} cannot be written: {error.strerror}") from error


def _standing(path: Path, anew: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file asks for now; nothing at all is over by now."""
    nothing = {"until": time.time()}
    try:
        data, written_s = control_file.load(str(path))
        control = control_file.understood(data, written_s)
    except FileNotFoundError:
        return nothing
    except (OSError, ValueError) as error:
        if {"timed", "until"} <= set(anew):
            return nothing
        raise UsageError(f"{plain(str(path))} is followed by nobody: {error}; `--off` writes it anew") from error
    if control.until.over():
        return nothing
    data["until"] = control.until.until_s
    return data


def ends(path: Path, seconds: float) -> float:
    """Return when something that lasts so long may end at the earliest: not before what is on already."""
    try:
        control = control_file.read(str(path))
    except (OSError, ValueError):
        control = control_file.nothing()
    standing_s = control.until.until_s if control.timed else 0.0
    return max(standing_s, time.time() + seconds)


def _owner(pid: int) -> int:
    """Return the user of a process; UsageError when there is none, or it is not for us."""
    import psutil

    try:
        uids, name = psutil.Process(pid).uids(), psutil.Process(pid).username()
    except (psutil.NoSuchProcess, OverflowError) as error:
        raise UsageError(f"there is no process {pid}") from error
    if os.geteuid() not in {0, uids.effective}:
        raise UsageError(f"process {pid} belongs to {plain(name)}: only {plain(name)} or root may attach to it")
    return int(uids.effective)
