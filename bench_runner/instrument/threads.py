"""A histogram that all threads of a process record into at once: each has a part of its own, added up at reading."""

import os
import threading
from collections import deque
from weakref import WeakSet

from bench_runner.instrument.histogram import Histogram

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Lease:
    """Holds a part for as long as its thread lives; then the next new thread counts in it.

    It is filled in by who makes it: a call of `__init__` may find the stack full, and then so would `__del__`.
    """

    __slots__ = ("free", "part")
    free: "deque[Any]"
    part: "Any"

    def __del__(self) -> None:
        self.free.append(self.part)


class _Mine(threading.local):
    """The lease of the thread that looks; AttributeError before its first `Parted.lend`."""

    lease: _Lease


class Parted:
    """Gives each thread a part of its own, so that nothing is locked; they are cleared in a forked child.

    A part has `clear()`. There is one for each thread that was alive at the same time as the others.
    """

    def __init__(self, new: "Callable[[], Any]") -> None:
        self.mine = _Mine()
        self._new = new
        self._parts: list[Any] = []
        self._free: deque[Any] = deque()
        _ALL.add(self)

    def clear(self) -> None:
        """Forget everything; what other threads count meanwhile may be forgotten or stay."""
        for part in self.parts():
            part.clear()

    def parts(self) -> "tuple[Any, ...]":
        """Return all parts there are."""
        return tuple(self._parts)

    def lend(self) -> _Lease:
        """Give the calling thread its part, at its first call."""
        try:
            part = self._free.pop()
        except IndexError:
            part = self._new()
            self._parts.append(part)
        lease = _Lease()
        lease.free, lease.part = self._free, part
        self.mine.lease = lease  # a finalizer that counts and came in between had one, which this replaces
        return lease


class Threaded(Parted):
    """Counts durations in ns from any thread, without a lock and without loss; a forked child starts empty.

    Memory: a histogram for each part, up to 15 kB where all is in use.
    """

    def __init__(self) -> None:
        super().__init__(Histogram)

    def record(self, ns: int) -> None:
        """Count one duration in the part of the calling thread."""
        try:
            lease = self.mine.lease
        except AttributeError:
            lease = self.lend()
        lease.part.record(ns)

    def read(self) -> Histogram:
        """Return what all threads have recorded up to now; calls on their way are in it wholly or not at all."""
        total = Histogram()
        for part in self.parts():
            total.merge(part)
        total.settle()
        return total


_ALL: "WeakSet[Parted]" = WeakSet()


def _start_empty() -> None:
    """Keep a parent's counts out of its child, whose own are added to them by whoever reads both."""
    for one in tuple(_ALL):
        one.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_start_empty)
