"""Has the program py-spy sample this process, or another one, from outside.

From inside it cannot be done well: CPython answers signals, and hands over the GIL, only where functions begin and
loops go round, so samples fall on those places and not on where the time goes. py-spy reads the memory of the process
beside it. It is our child for the time of the profile; a program that waits for any child (`os.wait()`) sees it end.
"""

import os
import sys

from bench_runner.instrument import stacks
from bench_runner.instrument.control_file import Order
from bench_runner.instrument.whereabouts import remove

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from subprocess import Popen

INSTALL = "pip install 'bench-history[profile]'"
MOST_BYTES = 64 * 2**20  # read of what py-spy wrote
_PATIENCE_S = 10.0
_SET_PTRACER, _ANYBODY, _NOBODY = 0x59616D61, 2**64 - 1, 0  # of Linux's prctl
_SCOPE = "/proc/sys/kernel/yama/ptrace_scope"


def program() -> str:
    """Return the path of py-spy, the one beside this Python first; FileNotFoundError says how to get it."""
    beside = os.path.dirname(sys.executable or "")  # noqa: PTH120 - pathlib takes long to import
    folders = [beside, *os.environ.get("PATH", os.defpath).split(os.pathsep)]
    for folder in filter(None, folders):
        path = f"{folder}/py-spy"
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"py-spy is neither beside {sys.executable or 'Python'} nor on PATH: {INSTALL}")


class PySpy:
    """A profile by py-spy; `raw` is a file of its own that it may write."""

    covers = "all threads that py-spy takes for busy, seen from outside"

    def __init__(self, order: Order, raw: str, pid: int | None = None) -> None:
        self._order, self._raw, self._errors = order, raw, f"{raw}.err"
        self._pid = pid or os.getpid()
        self._child: Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; OSError when it cannot."""
        import math
        import subprocess

        command = [program(), "record", "--pid", str(self._pid), "--format", "raw", "--output", self._raw]
        command += ["--rate", str(self._order.rate_hz), "--duration", str(math.ceil(self._order.seconds))]
        with open(self._errors, "xb") as errors:  # noqa: PTH123 - pathlib takes long to import
            _let_in(_ANYBODY)  # before it can want to; then it alone
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )
            _let_in(self._child.pid)

    def ended(self) -> bool:
        """Return whether it has come to its end by itself."""
        return self._child is None or self._child.poll() is not None

    def stop(self) -> dict[stacks.Stack, int]:
        """Return the stacks in ns, of all up to now if it is still going on; RuntimeError says why there are none."""
        try:
            self._end()
            with open(self._raw, "rb") as file:  # noqa: PTH123 - as above
                text = file.read(MOST_BYTES)
        except FileNotFoundError:
            raise RuntimeError(self._why()) from None
        finally:
            _let_in(_NOBODY)
            remove(self._raw)
            remove(self._errors)
        samples = stacks.parse(text.decode(errors="replace"))
        return stacks.weighed(samples, self._order.rate_hz)

    def forget(self) -> None:
        """Leave it to the parent, in a forked child."""
        self._child = None

    def _end(self) -> None:
        """Have it write down what it has, and wait for that; what does not obey is killed."""
        import signal
        import subprocess

        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
        try:
            child.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(_PATIENCE_S)

    def _why(self) -> str:
        """Return a sentence on why py-spy left nothing, with what it said."""
        with open(self._errors, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as above
            said = " ".join(file.read(2000).partition("Stack backtrace")[0].split())
        if "ermission denied" in said.lower() or "not permitted" in said.lower():
            return f"py-spy may not look into process {self._pid}: {missing_right()}. It said: {said}"
        return f"py-spy took no profile of process {self._pid}. It said: {said or 'nothing'}"


def missing_right() -> str:
    """Return what is to be done where looking into a process is not permitted."""
    if sys.platform == "darwin":
        return "on macOS only root may (sudo)"
    if _scope() >= 2:
        return f"{_SCOPE} is {_scope()}, so only root may, or nobody"
    return (
        "it needs the same user, or root; in a container the capability SYS_PTRACE"
        " (docker run --cap-add SYS_PTRACE; in Kubernetes securityContext.capabilities.add)"
    )


def _scope() -> int:
    """Return how far Linux's Yama keeps processes apart: 1 lets only ancestors in, and whom a process names."""
    try:
        with open(_SCOPE, "rb") as file:  # noqa: PTH123 - as above
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _let_in(pid: int) -> None:
    """Name the process that may look into this one, where Yama asks for that."""
    if sys.platform == "linux" and _scope() == 1:
        import ctypes

        ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)
