"""Lets a running program be told what to time and to profile, without a restart.

    control.watch("/run/shop/control.json")      # once, before the workers are forked or in each

Whoever may write that file (see `control_file`) writes {"timed": ["shop.checkout:*"], "until": 1790000060} into a
file beside it and renames that to it, or has `bench-runner attach` do so; every process follows within `poll_s`.
What a process reports of itself is in `status`. Or without a line in the program but this one at its start,

    control.from_environment()

and BENCH_RUNNER_CONTROL=/run/shop/control.json BENCH_RUNNER_TIMED='shop.checkout:*,orders' in its environment: the
patterns are timed for as long as the process lives. Where no line can be added, `python -m bench_runner.instrument
shop.py ARGUMENTS` or `... -m gunicorn ARGUMENTS` starts a program with it.
"""

import atexit
import os
import threading

from bench_runner.instrument import switching
from bench_runner.instrument.background import Background, first_in_child
from bench_runner.instrument.watching import Watch

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from types import FrameType

    from bench_runner.instrument.control_http import Door

TIMED, CONTROL = "BENCH_RUNNER_TIMED", "BENCH_RUNNER_CONTROL"

_lock = threading.Lock()
_watch: Watch | None = None
_imports: Background | None = None


def watch(path: "str | os.PathLike[str]", poll_s: float = 1.0) -> Watch:
    """Follow a control file, there or not yet, in this process and its forked children; ValueError for a bad `poll_s`.

    A process follows one file: another path takes the place of the one before.
    """
    if not 0 < poll_s <= 60:
        raise ValueError(f"poll_s {poll_s!r}: more than 0, at most 60 seconds")
    global _watch  # noqa: PLW0603 - one per process
    absolute = os.path.abspath(os.fspath(path))  # noqa: PTH100 - pathlib takes long to import
    with _lock:
        if _watch is not None:
            _watch.stop()
        _watch = Watch(absolute, poll_s)
        _watch.start()
        return _watch


def from_environment() -> None:
    """Time what BENCH_RUNNER_TIMED names, and follow the file that BENCH_RUNNER_CONTROL names, where they are set."""
    for pattern in filter(None, os.environ.get(TIMED, "").split(",")):
        switching.enable(pattern.strip())
    path = os.environ.get(CONTROL)
    if path:
        watch(path)
    elif os.environ.get(TIMED):
        _catch_up_with_imports()


def on_signal(number: int, path: "str | os.PathLike[str] | None" = None) -> None:
    """Have a signal make this process read its control file at once, before the handler that was there is called.

    With `path` it follows that file if it follows none yet. ValueError outside of the main thread, as `signal.signal`.
    """
    import signal

    if path is not None and _watch is None:
        watch(path)
    before = signal.getsignal(number)

    def handle(signum: int, frame: "FrameType | None") -> None:
        if _watch is not None:
            _watch.look_again()
        if callable(before):
            before(signum, frame)

    signal.signal(number, handle)


def serve(path: "str | os.PathLike[str]", *, token: str, port: int = 0) -> "Door":
    """Open a door on 127.0.0.1 that writes this control file for who knows the token; see `control_http`."""
    from bench_runner.instrument.control_http import Door

    door = Door(os.path.abspath(os.fspath(path)), token)  # noqa: PTH100 - as above
    door.open(port)
    return door


def stop() -> None:
    """Follow no file any more; what it switched on goes off."""
    global _watch  # noqa: PLW0603 - one per process
    with _lock:
        if _watch is not None:
            _watch.stop()
            _watch = None


def _catch_up_with_imports() -> None:
    """Have modules that are imported later searched too, as a watch does by the way."""
    global _imports  # noqa: PLW0603 - one per process

    def step() -> float:
        switching.poll()
        return 1.0

    if _imports is None:
        _imports = Background("timing", step)
        _imports.start()


def _in_child() -> None:
    """Leave no lock to a child that one of its parent's other threads held."""
    global _lock  # noqa: PLW0603 - the same
    _lock = threading.Lock()


atexit.register(stop)
first_in_child(_in_child)
