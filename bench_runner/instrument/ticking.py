"""Does something again and again in a daemon thread of its own, in this process and in those that fork from it."""

import os
import threading

from bench_runner.instrument import registry

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable


class Ticker:
    """Calls `act` every `interval_s` seconds while it runs; what fails is counted under `name`, and it goes on.

    Threads end in a forked child, so there it starts again, after a call of `in_child`. From Python 3.12 on, a process
    that forks while any other thread is alive, hence this one, is warned of by a DeprecationWarning.
    """

    def __init__(
        self,
        interval_s: float,
        act: "Callable[[], object]",
        name: str,
        in_child: "Callable[[], object]" = lambda: None,
    ) -> None:
        if not interval_s > 0:  # NaN, too
            raise ValueError(f"an interval is longer than 0 s, not {interval_s}")
        self.interval_s, self._act, self._name, self._in_child = interval_s, act, name, in_child
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def running(self) -> bool:
        """Return whether it was started, and not stopped since."""
        return self in _running

    def start(self) -> None:
        """Begin with the first call in `interval_s` from now; nothing changes where it runs already."""
        if not self.running():
            _running.add(self)
            self._arm()

    def stop(self) -> None:
        """Wait until a call on its way is over, and make no more."""
        _running.discard(self)
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def start_again(self) -> None:
        """Go on in a forked child."""
        self._safely(self._in_child)
        self._arm()

    def _arm(self) -> None:
        self._stop = threading.Event()  # the old one may have been copied while it was locked
        thread = threading.Thread(target=self._run, args=(self._stop,), name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the interpreter is about to end
            _running.discard(self)
            registry.failed(self._name, error)
        else:
            self._thread = thread

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self.interval_s):
            self._safely(self._act)

    def _safely(self, act: "Callable[[], object]") -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the program must not know
            registry.failed(self._name, error)


_running: set[Ticker] = set()


def _start_again() -> None:
    for one in tuple(_running):
        one.start_again()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_start_again)
