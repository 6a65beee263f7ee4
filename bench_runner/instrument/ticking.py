"""Does something every so many seconds, in this process and in those that fork from it."""

import time

from bench_runner.instrument import registry
from bench_runner.instrument.background import Background

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable


class Ticker:
    """Calls `act` every `interval_s` seconds while it runs; what fails is counted under `name`, and it goes on.

    In a forked child it goes on after a call of `in_child`.
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
        self._due_s = 0.0
        self._background = Background(name, self._step, self._forked)

    def running(self) -> bool:
        """Return whether it was started, and not stopped since."""
        return self._background.running

    def start(self) -> None:
        """Begin with the first call in `interval_s` from now; nothing changes where it runs already."""
        if not self.running():
            self._due_s = time.monotonic() + self.interval_s
            self._background.start()

    def stop(self) -> None:
        """Make no more calls; one on its way is waited for, but not for long."""
        self._background.stop()

    def _forked(self) -> None:
        self._due_s = time.monotonic() + self.interval_s
        self._safely(self._in_child)

    def _step(self) -> float:
        """Make the call that is due; return the seconds until the next."""
        now_s = time.monotonic()
        if now_s >= self._due_s:
            self._due_s = now_s + self.interval_s
            self._safely(self._act)
        return self._due_s - time.monotonic()

    def _safely(self, act: "Callable[[], object]") -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the program must not know
            registry.failed(self._name, error)
