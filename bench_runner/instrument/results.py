"""Writes what this process and its forked children measure as windows, a file for each process, until they end."""

import atexit
import os
import sys
import threading
import time

from bench_runner.instrument import registry
from bench_runner.instrument.counting import Count
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.line_file import LineFile
from bench_runner.instrument.reading import Reading, take
from bench_runner.instrument.ticking import Ticker
from bench_runner.instrument.windows import Window

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_FAILURE = "windows"


class Results:
    """The windows of a service: one at the end of each `window_s`, and a last one when the process ends.

    A process that is killed, or ends by `os._exit`, loses its last window.
    """

    _file: LineFile

    def __init__(self, folder: str, names: tuple[str, str, str], window_s: float) -> None:
        _check(*names)
        self._folder, self._names = folder, names
        self._ticker = Ticker(window_s, self.write, _FAILURE, self._begin_in_child)
        self._begin()
        _open.add(self)
        self._ticker.start()

    def write(self) -> None:
        """End the window now, and begin the next; what fails is counted, and the next window has it all."""
        with self._lock:
            try:
                now = take()
                self._file.append(self._window(now).to_line())
                self._last = now
            except Exception as error:  # noqa: BLE001 - a full disk, say; the program must not know
                registry.failed(_FAILURE, error)

    def stop(self) -> None:
        """Write the last window, and no more."""
        if self in _open:
            _open.discard(self)
            self._ticker.stop()
            self.write()

    def _begin_in_child(self) -> None:
        """Begin a file of the child's own, which has none of its parent's counts."""
        self._file.close()
        self._begin()
        late = sys.modules.get("multiprocessing.util")  # its children end by os._exit, after what they register there
        if late is not None:
            late.register_after_fork(self, lambda mine: late.Finalize(mine, mine.stop, exitpriority=0))

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: "TracebackType | None"
    ) -> None:
        self.stop()

    def _begin(self) -> None:
        self._lock, self._last = threading.RLock(), take()  # the parent's may have been copied while it was held
        self._file = LineFile(self._folder, f"{self._names[0]}-{os.getpid()}-{time.time_ns()}.jsonl")

    def _window(self, now: Reading) -> Window:
        last, taken = self._last, now.resources.since(self._last.resources).to_dict()
        service, commit, environment = self._names
        return Window(
            service=service,
            commit=commit,
            environment=environment,
            pid=os.getpid(),
            start_s=last.at_s,
            end_s=last.at_s + (now.tick_s - last.tick_s),  # never less, whatever the wall clock did
            histograms=_histograms(now.histograms, last.histograms),
            counters=_counters(now.counters, last.counters),
            resources={name: one for name, one in taken.items() if one is not None},
        )


def _histograms(now: dict[str, Histogram], last: dict[str, Histogram]) -> dict[str, Histogram]:
    """Return what each has recorded since; all of it where the counts were cleared meanwhile."""
    since = {name: _since(one, last.get(name, Histogram())) for name, one in now.items()}
    return {name: one for name, one in since.items() if one.count}


def _since(now: Histogram, last: Histogram) -> Histogram:
    try:
        return now.since(last)
    except ValueError:
        return now


def _counters(now: dict[str, Count], last: dict[str, Count]) -> dict[str, dict[str, object]]:
    """Return what each has counted since, zeros, too: a rate of nothing is known."""
    before = {name: one.value for name, one in last.items()}
    return {name: {"unit": one.unit, "value": one.value - before.get(name, 0)} for name, one in now.items()}


def _check(service: str, commit: str, environment: str) -> None:
    """Refuse names that no file could have, in which windows end one day."""
    for name in (service, environment):
        plain = all(one.isascii() and (one.isalnum() or one in "._-") for one in name)
        if not plain or not 0 < len(name) <= 100 or name[0] in ".-":
            raise ValueError(f"service and environment have 1 to 100 letters, digits, '.', '-', '_', not {name!r}")
    if not commit:
        raise ValueError("a commit is a sha or a tag")


_open: set[Results] = set()


@atexit.register
def _end() -> None:
    """Write the last windows."""
    for one in tuple(_open):
        one.stop()
