"""A histogram that all threads of a process record into at once: each has a part of its own, added up at reading."""

import os
import threading
from collections import deque
from weakref import WeakSet

from bench_runner.instrument.histogram import Histogram


class _Lease:
    """Holds a part for as long as its thread lives; then the next new thread records into it.

    It is filled in by who makes it: a call of `__init__` may find the stack full, and then so would `__del__`.
    """

    __slots__ = ("free", "part")
    free: deque[Histogram]
    part: Histogram

    def __del__(self) -> None:
        self.free.append(self.part)


class _Mine(threading.local):
    """The lease of the thread that looks; AttributeError before its first `Threaded.record`."""

    lease: _Lease


class Threaded:
    """Counts durations in ns from any thread, without a lock and without loss; a forked child starts empty.

    Memory: a histogram for each thread that was alive at the same time as the others, up to 15 kB where all is in use.
    """

    def __init__(self) -> None:
        self.mine = _Mine()
        self._parts: list[Histogram] = []
        self._free: deque[Histogram] = deque()
        _ALL.add(self)

    def record(self, ns: int) -> None:
        """Count one duration in the part of the calling thread."""
        try:
            lease = self.mine.lease
        except AttributeError:
            lease = self._lease()
        lease.part.record(ns)

    def read(self) -> Histogram:
        """Return what all threads have recorded up to now; calls on their way are in it wholly or not at all."""
        total = Histogram()
        for part in tuple(self._parts):
            total.merge(part)
        total.settle()
        return total

    def clear(self) -> None:
        """Forget everything; what other threads record meanwhile may be forgotten or stay."""
        for part in tuple(self._parts):
            part.clear()

    def _lease(self) -> _Lease:
        """Give the calling thread its part."""
        try:
            part = self._free.pop()
        except IndexError:
            part = Histogram()
            self._parts.append(part)
        lease = _Lease()
        lease.free, lease.part = self._free, part
        self.mine.lease = lease  # a finalizer that is timed and came in between had one, which this replaces
        return lease


_ALL: "WeakSet[Threaded]" = WeakSet()


def _start_empty() -> None:
    """Keep a parent's counts out of its child, whose own are added to them by whoever reads both."""
    for one in tuple(_ALL):
        one.clear()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_start_empty)
