"""Runs one build tool to its end, within a time limit that holds for everything it started."""

import contextlib
import math
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bench_runner.envs.output import clean, reason, tail
from bench_runner.errors import EnvironmentFailedError
from bench_runner.instrument.spans import RSS_UNIT, charge, span

# More than sixty lines ever need; a build that prints without end must not fill the memory.
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: exit code (negative: by a signal), the end of its output, whether it was too slow."""

    code: int
    output: str
    late: bool = False


def run(command: Sequence[str], *, folder: Path, variables: Mapping[str, str], timeout: float) -> Finished:
    """Run a program in `folder` with exactly `variables`; its process group is killed after `timeout` seconds.

    Raises EnvironmentFailedError when it cannot be started.
    """
    # A file, not a pipe: a daemon left behind by a build would keep a pipe open for ever.
    with tempfile.TemporaryFile() as output, span("tool", program=Path(command[0]).name):
        try:
            process = subprocess.Popen(
                [*command],
                cwd=folder,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentFailedError(f"cannot start {command[0]} in {folder}: {error.strerror}") from error
        late = _wait(process, timeout)
        return Finished(process.returncode, _end(output), late)


def must(what: str, command: Sequence[str], *, folder: Path, variables: Mapping[str, str], timeout: float) -> str:
    """Return the output of a program that has to succeed; EnvironmentFailedError says that `what` failed, and why."""
    finished = run(command, folder=folder, variables=variables, timeout=timeout)
    if finished.late or finished.code:
        raise failure(what, command[0], finished, timeout)
    return finished.output


def failure(what: str, name: str, finished: Finished, timeout: float) -> EnvironmentFailedError:
    """Return the error for a program that did not end as it should: one line, with the end of its cleaned output."""
    output = clean(finished.output)
    if finished.late:
        return EnvironmentFailedError(f"timeout: {what} took longer than {timeout:g} s", tail(output))
    why = reason(output) or f"{Path(name).name} ended with code {finished.code}"
    return EnvironmentFailedError(f"{what} failed: {why}", tail(output))


def kill_all() -> None:
    """Kill every program that this process has started and that still runs, with its descendants."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()


def _wait(process: subprocess.Popen[bytes], timeout: float) -> bool:
    """Wait for a program and return whether it was killed for being late; killed on an interruption too."""
    try:
        late = not _ended(process, timeout)
    except BaseException:
        _kill(process)
        raise
    if late:
        _kill(process)
    return late


def _ended(process: subprocess.Popen[bytes], timeout: float | None = None) -> bool:
    """Wait for a program and charge what it, and those it has waited for, have spent; False when time is up."""
    if not hasattr(os, "wait4"):  # Windows, which does not tell
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
        return process.returncode is not None
    end = math.inf if timeout is None else time.monotonic() + timeout
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            charge(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT)
            return True
        if (left := end - time.monotonic()) <= 0:
            return False
        _rest(process.pid, left)


def _rest(pid: int, seconds: float) -> None:
    """Wait until a program has ended or time is up; where the system does not tell of it (macOS), for a moment."""
    if not hasattr(os, "pidfd_open"):
        time.sleep(min(seconds, 0.02))
        return
    handle = os.pidfd_open(pid)
    try:
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        ended.poll(None if seconds == math.inf else math.ceil(1000 * seconds))
    finally:
        os.close(handle)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a program with its descendants, those that left its process group included."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    _ended(process)


def _end(output: BinaryIO) -> str:
    """Return the end of a file as text, from the start of a line."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _READ_BYTES))
    text = output.read().decode(errors="replace")
    return text if size <= _READ_BYTES else text.partition("\n")[2] or text
