"""Takes one profile of this process while it runs, and keeps it as collapsed stacks and for speedscope.

    with profile_when(out="profiles", max_seconds=30):
        ...                               # ends with the block, or after 30 s

It never raises into the program: what went wrong stands in `problem` and counts in `registry.failures()`.
"""

import os
import threading
import time
from types import TracebackType

from bench_runner.instrument import registry, stacks
from bench_runner.instrument.background import Background, first_in_child
from bench_runner.instrument.calls import Calls
from bench_runner.instrument.control_file import Order, replace
from bench_runner.instrument.pyspy import PySpy
from bench_runner.instrument.whereabouts import alive, remove

KEPT = 50  # profiles in one folder; older ones are removed
COLLAPSED, SPEEDSCOPE = ".collapsed", ".speedscope.json"

_lock = threading.Lock()
_active: "Profiling | None" = None


class Profiling:
    """A profile on its way into a folder, one at a time in a process."""

    def __init__(self, order: Order, out: str) -> None:
        self.order, self._out, self.on = order, out, False
        self.files: tuple[str, ...] = ()
        self.problem = ""
        self._backend: PySpy | Calls | None = None
        self._end_tick_s = 0.0

    def start(self) -> None:
        """Begin; what is on already goes on."""
        if self.on or not _claim(self):
            return
        try:
            os.makedirs(self._out, mode=0o700, exist_ok=True)  # noqa: PTH103 - pathlib takes long to import
            self._stem = f"{self._out}/{os.getpid()}-{_now()}"
            self._backend = PySpy(self.order, f"{self._stem}.raw") if self.order.backend == "pyspy" else Calls()
            self._end_tick_s = time.monotonic() + self.order.seconds
            self._backend.start()
            self.on = True
        except Exception as error:  # noqa: BLE001 - the program must not know
            self._fail(error)
            _release(self)

    def stop(self) -> None:
        """End, if it is on, and write the files."""
        if not self._ends():
            return
        try:
            assert self._backend is not None
            self._write(stacks.without_ours(self._backend.stop()))
        except Exception as error:  # noqa: BLE001 - the same
            self._fail(error)
        finally:
            _release(self)

    def step(self) -> float | None:
        """End it when its time is over; return the seconds left, None when there are none."""
        if not self.on or self._backend is None:
            return None
        if self.left_s <= 0 or self._backend.ended():
            self.stop()
            return None
        return self.left_s

    @property
    def left_s(self) -> float:
        """The seconds until it ends; 0 when it is over."""
        return max(0.0, self._end_tick_s - time.monotonic()) if self.on else 0.0

    def forget(self) -> None:
        """Leave it to the parent, in a forked child."""
        self.on = False
        if self._backend is not None:
            self._backend.forget()

    def state(self) -> dict[str, object]:
        """Return what can be told of it."""
        told = {"backend": self.order.backend, "seconds": self.order.seconds, "id": self.order.id}
        return {**told, "on": self.on, "left_s": self.left_s, "files": list(self.files), "problem": self.problem}

    def __enter__(self) -> "Profiling":  # noqa: PYI034 - Self takes typing, which takes long to import
        self.start()
        self._ending = Background("profile", self.step)
        if self.on:
            self._ending.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self._ending.stop()

    def _ends(self) -> bool:
        """Return whether it is for the caller to end it: once, whoever comes first."""
        with _lock:
            on, self.on = self.on, False
        return on

    def _write(self, found: dict[stacks.Stack, int]) -> None:
        """Keep what was found in two files."""
        if not found:  # which is no failure of ours: it may have had nothing to do
            assert self._backend is not None
            self.problem = f"nothing was seen; this covers {self._backend.covers}"
            return
        self.files = keep(found, self._stem, f"{self.order.backend} of process {os.getpid()}")

    def _fail(self, error: Exception) -> None:
        self.problem = str(error)
        registry.failed("profile", error)


def profile_when(*, max_seconds: float = 30, rate_hz: int = 100, backend: str = "pyspy", out: str) -> Profiling:
    """Return a context that profiles the process while it lasts, at most `max_seconds`; ValueError for bad arguments.

    "pyspy" samples all threads from outside and costs next to nothing; "cprofile" needs no program, see `calls`. The
    files are `<out>/<pid>-<time>.collapsed` and `.speedscope.json`, named in `files` at the end; the newest KEPT stay.
    """
    return Profiling(Order(backend, max_seconds, rate_hz), os.fspath(out))


def outside(pid: int, order: Order, out: str) -> tuple[str, ...]:
    """Profile another process for its time, and return the files; RuntimeError or OSError says why it cannot be."""
    os.makedirs(out, mode=0o700, exist_ok=True)  # noqa: PTH103 - as above
    stem = f"{out}/{pid}-{_now()}"
    sampler = PySpy(order, f"{stem}.raw", pid)
    sampler.start()
    end_tick_s = time.monotonic() + order.seconds
    while time.monotonic() < end_tick_s and not sampler.ended():
        time.sleep(0.05)
    return keep(sampler.stop(), stem, f"{order.backend} of process {pid}")


def keep(found: stacks.Stacks, stem: str, name: str) -> tuple[str, ...]:
    """Write stacks in ns into two files, and return their names; OSError when that cannot be."""
    import json

    told = {COLLAPSED: stacks.collapsed(found), SPEEDSCOPE: json.dumps(stacks.speedscope(found, name))}
    for ending, text in told.items():
        replace(stem + ending, text.encode(), 0o600)
    _thin(os.path.dirname(stem))  # noqa: PTH120 - as above
    return tuple(stem + ending for ending in told)


def _claim(one: Profiling) -> bool:
    """Make it the profile of this process, unless there is another."""
    global _active  # noqa: PLW0603 - one per process
    with _lock:
        if _active is None:
            _active = one
            return True
    one._fail(RuntimeError("another profile is being taken"))  # noqa: SLF001 - its own kind
    return False


def _release(one: Profiling) -> None:
    global _active  # noqa: PLW0603 - the same
    with _lock:
        if _active is one:
            _active = None


def _now() -> str:
    """Return the time for a file's name."""
    second, ns = divmod(time.time_ns(), 1_000_000_000)
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(second))}.{ns // 1_000_000:03}Z"


def _thin(folder: str) -> None:
    """Remove all but the newest profiles, and what processes that were killed have left."""
    for name in os.listdir(folder):  # noqa: PTH208 - as above
        pid = name.partition("-")[0]
        if ".raw" in name and pid.isdecimal() and not alive(int(pid)):
            remove(f"{folder}/{name}")
    names = [name.removesuffix(COLLAPSED) for name in os.listdir(folder) if name.endswith(COLLAPSED)]  # noqa: PTH208 - as above
    for name in sorted(names, key=lambda one: one.partition("-")[2], reverse=True)[KEPT:]:
        remove(f"{folder}/{name}{COLLAPSED}")
        remove(f"{folder}/{name}{SPEEDSCOPE}")


def _in_child() -> None:
    """Have no profile in a forked child."""
    global _active, _lock  # noqa: PLW0603 - the same
    _lock = threading.Lock()
    if _active is not None:
        _active.forget()
        _active = None


first_in_child(_in_child)
