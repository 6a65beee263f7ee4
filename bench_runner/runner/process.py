"""A worker process in a measured environment, as the host sees it."""

import contextlib
import math
import os
import secrets
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench_runner.envs.base import Workspace
from bench_runner.envs.variables import activated, inherited
from bench_runner.errors import EnvironmentFailedError
from bench_runner.instrument.counting import counter
from bench_runner.worker.messages import ASV_RUNNER, decode, encode

_MARK = "BENCH_RUNNER_WORKER"  # a variable by which a worker's descendants are known even when it is dead
_MAIN = Path(__file__).parent.with_name("worker") / "__main__.py"
_KEPT_BYTES = 64 * 1024  # of what a suite prints while it is imported, its end
_GREETING_S = 60.0
_FAREWELL_S = 2.0


@dataclass(frozen=True, slots=True)
class Lost:
    """There will be no answer: the worker was silent too long or is gone; `output` ends what it printed."""

    detail: str
    output: str
    silent: bool = False


class Worker:
    """One interpreter that serves the suite; leaving the context ends it with everything it started."""

    def __init__(self, workspace: Workspace, suite: Path, folder: Path, *, hash_seed: int) -> None:
        """Start it in `folder`; raises EnvironmentFailedError when the environment has not what it takes."""
        self._python, self.hash_seed = workspace.python, hash_seed
        self._mark = secrets.token_hex(8)
        self._heard, self._printed = b"", b""
        theirs, self._requests = os.pipe()
        self._answers, said = os.pipe()
        try:
            self._process = subprocess.Popen(
                [str(workspace.python), str(_MAIN), "serve", str(suite), str(theirs), str(said)],
                cwd=folder,
                env={**environ(workspace, folder, hash_seed), _MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs, said),
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._requests)
            os.close(self._answers)
            raise EnvironmentFailedError(
                f"cannot start {workspace.python}: {error.strerror}; remove the environment to have it made anew"
            ) from error
        finally:
            os.close(theirs)
            os.close(said)
        counter("interpreters").add()
        self._ears = selectors.DefaultSelector()
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        for pipe in (self._answers, self._output):
            os.set_blocking(pipe, False)
            self._ears.register(pipe, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        try:
            self._greet()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._answers < 0:  # it has been ended before
            return
        if kind is None:
            self._say_farewell()
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def spent(self) -> tuple[float, int]:
        """Return the CPU seconds of the interpreter itself and the bytes it holds by now; NaN and 0 when it is gone."""
        import psutil

        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._process.pid)
            times = process.cpu_times()
            return times.user + times.system, process.memory_info().rss
        return math.nan, 0

    def ask(self, request: object, patience: float) -> Any:
        """Return the answer to a request, or Lost after `patience` seconds or when the worker dies of it."""
        line = encode(request)
        try:
            while line:
                line = line[os.write(self._requests, line) :]
        except OSError:
            return self._lost()
        return self._hear(patience)

    def kill(self) -> None:
        """Kill it with everything it started, wherever that has moved itself to."""
        if self._process.returncode is None:
            _kill_tree(self._process.pid)
            self._process.wait()
        else:
            _kill_group(self._process.pid)
        self._ears.close()
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                os.close(pipe)
        self._requests = self._answers = -1
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _greet(self) -> None:
        """Hear who it is; EnvironmentFailedError unless it has the engine we know."""
        hello = self._hear(_GREETING_S)
        if isinstance(hello, Lost):
            raise EnvironmentFailedError(f"{self._python} cannot run the worker: it {hello.detail}", hello.output)
        if hello.engine != ASV_RUNNER:
            there = f"asv_runner {hello.engine} is" if hello.engine else "asv_runner is not"
            raise EnvironmentFailedError(
                f"{self._python}: {there} installed, {ASV_RUNNER} is needed: remove the environment to have "
                f"it made anew, or install asv_runner=={ASV_RUNNER} in it"
            )

    def _say_farewell(self) -> None:
        """Let it end by itself, so that what the suite has registered with atexit is done."""
        with contextlib.suppress(OSError):
            os.close(self._requests)
            self._requests = -1
        deadline = time.monotonic() + _FAREWELL_S
        # It holds its end of this pipe alone, and to the last: no need to look again and again whether it is gone.
        while self._answers in (self._ears.get_map() or {}) and (left := deadline - time.monotonic()) > 0:
            for key, _ in self._ears.select(left):
                self._take(key.fd)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))

    def _hear(self, patience: float) -> Any:
        """Return the next message, or Lost."""
        deadline = time.monotonic() + patience
        while b"\n" not in self._heard:
            left = deadline - time.monotonic()
            if left <= 0:
                return self._lost(silent=True)
            for key, _ in self._ears.select(left):
                if not self._take(key.fd) and key.fd == self._answers:
                    return self._lost()
        line, _, self._heard = self._heard.partition(b"\n")
        try:
            return decode(line)
        except ValueError:
            return self._lost()

    def _take(self, pipe: int) -> bool:
        """Take in what a pipe holds; return False at its end."""
        try:
            chunk = os.read(pipe, _KEPT_BYTES)
        except BlockingIOError:
            return True
        if not chunk:
            self._ears.unregister(pipe)
        elif pipe == self._answers:
            self._heard += chunk
        else:
            self._printed = (self._printed + chunk)[-_KEPT_BYTES:]
        return bool(chunk)

    def _lost(self, *, silent: bool = False) -> Lost:
        """End it and return how it was lost."""
        if not silent:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_FAREWELL_S)
        status = self._process.poll()
        with contextlib.suppress(OSError):
            self._printed = (self._printed + os.read(self._output, _KEPT_BYTES))[-_KEPT_BYTES:]
        self.kill()
        _kill_marked(self._mark)
        return Lost("gave no answer" if silent else _end(status), self._printed.decode(errors="replace"), silent)


def environ(workspace: Workspace, folder: Path, hash_seed: int) -> dict[str, str]:
    """Return the variables of a worker: ours without what ties them to our Python, then those of the workspace.

    Temporary files go into `folder`, so that what benchmarks leave lying about is gone with it.
    """
    own = {"PYTHONHASHSEED": str(hash_seed), "TMPDIR": str(folder)}
    return inherited({**activated(workspace.python), **own, **workspace.variables})


def _end(status: int | None) -> str:
    """Return how a process ended, as a verb."""
    if status is None:
        return "closed its pipe"
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def _kill_tree(pid: int) -> None:
    """Kill a process, its descendants and its group."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    _kill_group(pid)


def _kill_marked(mark: str) -> None:
    """Kill every process that has inherited a worker's mark; it looks at all there are, so only when one was lost."""
    import psutil

    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get(_MARK) == mark:
            with contextlib.suppress(psutil.Error):
                process.kill()


def _kill_group(pid: int) -> None:
    """Kill what is left of a process group."""
    # macOS answers EPERM for a group of which only zombies are left
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
