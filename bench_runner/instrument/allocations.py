"""Shares tracemalloc, of which a process has one, among all who watch memory, and leaves it as it was found."""

import os
import threading
import tracemalloc
from array import array

MAX_FRAMES = 65535
_BEGAN, _ENDED, _PEAK = range(3)


class Stretch:
    """What was traced in one process between two moments, in bytes; numbers lie in an array and so take no blocks.

    Stretches may overlap, in one thread or many: each has the peak of its own time, over all threads.
    """

    __slots__ = ("began_empty", "frames", "lost", "numbers", "open")

    def __init__(self, *, frames: int, began_empty: bool) -> None:
        self.frames, self.began_empty = frames, began_empty
        self.numbers, self.open, self.lost = array("q", (0, 0, 0)), True, ""

    @property
    def growth_bytes(self) -> int:
        """Bytes at the end above the beginning; what was there before tracing began and is gone does not count."""
        return self.numbers[_ENDED] - self.numbers[_BEGAN]

    @property
    def peak_bytes(self) -> int:
        """The most bytes at any time above the beginning."""
        return max(self.numbers[_PEAK] - self.numbers[_BEGAN], 0)

    def restart(self) -> None:
        """Begin now: whoever prepares something after `begin` leaves it out that way."""
        with _lock:
            _settle()
            self.numbers[_BEGAN] = self.numbers[_PEAK] = tracemalloc.get_traced_memory()[0]

    def read(self) -> None:
        """Take the numbers up to now."""
        with _lock:
            if self.open and not self.lost:
                self.numbers[_ENDED] = tracemalloc.get_traced_memory()[0]
                _settle()


_lock = threading.RLock()
_stretches: list[Stretch] = []
_ours = False  # who began tracing
_found_peak = 0  # of the program's own tracing


def begin(frames: int) -> Stretch:
    """Trace from now on with this many frames, or with those of whoever traces already."""
    global _ours, _found_peak  # noqa: PLW0603 - one per process, as tracemalloc is
    with _lock:
        began_empty = not tracemalloc.is_tracing()
        if began_empty:
            _lose("tracing was stopped by somebody else")
            tracemalloc.start(frames)
            _ours = True
        elif not _stretches:
            _found_peak = tracemalloc.get_traced_memory()[1]
        stretch = Stretch(frames=tracemalloc.get_traceback_limit(), began_empty=began_empty)
        _stretches.append(stretch)
        stretch.restart()
        return stretch


def end(stretch: Stretch) -> None:
    """Take the last numbers, which `Stretch.read` had before; the last to go stops tracing, or hands it back."""
    global _ours, _found_peak
    with _lock:
        if not stretch.open:
            return
        stretch.open = False
        if stretch in _stretches:
            _stretches.remove(stretch)
        if not _stretches:
            if _ours:
                tracemalloc.stop()
            elif _found_peak:
                _give_back(_found_peak)
            _ours, _found_peak = False, 0


def _settle() -> None:
    """Credit the peak since the last time to all who are open, and begin a new one."""
    global _found_peak  # noqa: PLW0603 - the same
    if not tracemalloc.is_tracing():
        _lose("tracing was stopped by somebody else")
        return
    for stretch in _stretches:
        stretch.numbers[_PEAK] = max(stretch.numbers[_PEAK], tracemalloc.get_traced_memory()[1])
    if _found_peak:
        _found_peak = max(_found_peak, tracemalloc.get_traced_memory()[1])
    tracemalloc.reset_peak()


def _lose(reason: str) -> None:
    """Tell those who are open that their numbers are gone."""
    for stretch in _stretches:
        stretch.lost = reason


def _give_back(peak: int) -> None:
    """Raise the program's peak to where it was, by a block of zeros that is asked for and never touched."""
    if (missing := peak - tracemalloc.get_traced_memory()[0]) > 0:
        bytes(missing)


def _in_child() -> None:
    """End tracing in a child, which nobody watches there, unless the program began it."""
    global _ours, _found_peak
    _lock.release()
    _lose("a forked child left the block")
    _stretches.clear()
    if _ours:
        tracemalloc.stop()
    _ours, _found_peak = False, 0


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_in_child)
