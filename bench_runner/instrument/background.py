"""A daemon thread that takes one step again and again, and stands aside while the process forks."""

import os
import threading
from collections.abc import Callable

from bench_runner.instrument import registry

_PATIENCE_S = 1.0  # a fork waits no longer for a step on its way


class Background:
    """Calls `step`, which returns the seconds until its next turn, or None to end; in a forked child first `forked`.

    Threads die on fork, and a fork beside threads may leave locks held for ever in the child (from Python 3.12 on it
    is warned of). So this one ends before each fork, and there is a new one in both processes behind it.
    """

    def __init__(self, name: str, step: Callable[[], float | None], forked: Callable[[], object] = int) -> None:
        self._name, self._step, self._forked, self._turn = name, step, forked, 0
        self._thread: threading.Thread | None = None
        self._bell = _silent()

    def start(self) -> None:
        """Begin; a thread from before ends after its step."""
        self._turn += 1
        thread = threading.Thread(target=self._run, args=(self._turn,), name=self._name, daemon=True)
        self._thread = thread
        _running.add(self)  # before it begins: its first step may be its last
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the interpreter ends
            self._thread = None
            _running.discard(self)
            registry.failed(self._name, error)

    @property
    def running(self) -> bool:
        """Whether it was started, and has not come to its end."""
        return self in _running

    def wake(self) -> None:
        """Have the next step taken at once. A signal handler may call this: to release a lock waits for nobody."""
        try:  # noqa: SIM105 - contextlib takes time to import
            self._bell.release()
        except RuntimeError:  # rung already
            pass

    def stop(self) -> None:
        """End, at most a second later if it is in the middle of a step."""
        _running.discard(self)
        self._turn += 1
        self.wake()
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive() and thread is not threading.current_thread():
            thread.join(_PATIENCE_S)

    def again(self) -> None:
        """Begin in a forked child, which may have inherited the bell in any state."""
        self._bell = _silent()
        self._forked()
        self.start()

    def _run(self, turn: int) -> None:
        bell = self._bell
        while turn == self._turn:
            wait_s = self._safely()
            if wait_s is None:
                _running.discard(self)
                return
            if turn == self._turn:
                bell.acquire(timeout=max(0.0, wait_s))

    def _safely(self) -> float | None:
        try:
            return self._step()
        except Exception as error:  # noqa: BLE001 - nobody above us but the interpreter
            registry.failed(self._name, error)
            return 1.0


def _silent() -> threading.Lock:
    """Return a bell that was not rung: a lock which is held, and released to ring."""
    bell = threading.Lock()
    bell.acquire()
    return bell


_running: set[Background] = set()
_parked: list[Background] = []
_first: list[Callable[[], object]] = []


def first_in_child(action: Callable[[], object]) -> None:
    """Have something done in each forked child before threads begin there again."""
    _first.append(action)


def _park() -> None:
    """End all threads before a fork."""
    parked = list(_running)
    for one in parked:
        one.stop()
    _parked.extend(parked)


def _resume(begin: Callable[[Background], None]) -> None:
    """Begin all again."""
    parked, _parked[:] = list(_parked), []
    for one in parked:
        begin(one)


def _in_child() -> None:
    for action in _first:
        action()
    _resume(Background.again)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_park, after_in_parent=lambda: _resume(Background.start), after_in_child=_in_child)
