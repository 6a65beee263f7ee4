"""Adds up what is spent inside benchmark functions and setups, in a file that AGAINST_ASV_JOURNAL names.

Each process has a record in the file, mapped into its memory: an entry costs about a microsecond and is there at once,
so forked children and processes that end without ado are in it too. What is nested in an entry is taken off it.
"""

import functools
import mmap
import os
import struct
import time
import timeit

_FILE = os.environ.get("AGAINST_ASV_JOURNAL", "")
# When the process began (monotonic; 0 for a fork), then wall and CPU seconds of calls and of setups.
_RECORD = struct.Struct("5d")
_inner = [0.0, 0.0]
_sums = {"calls": [0.0, 0.0], "setup": [0.0, 0.0]}
_place = []  # of this process: the mapped file, and where its record begins


def metered(kind, work):
    """Return `work` with what each call of it spends added to the sums of a kind."""
    if not _FILE:
        return work

    @functools.wraps(work)
    def measured(*given, **named):
        outer, _inner[:] = tuple(_inner), (0.0, 0.0)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return work(*given, **named)
        finally:
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            sums = _sums[kind]
            sums[0] += wall - _inner[0]
            sums[1] += cpu - _inner[1]
            _inner[:] = outer[0] + wall, outer[1] + cpu
            _note()

    return measured


def _note(began=0.0):
    """Bring the record of this process up to date; make it first if there is none."""
    if not _place:
        handle = os.open(_FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        os.write(handle, bytes(_RECORD.size))
        # Of two processes that append at once each has its own end: its offset is that after its own write.
        start = os.lseek(handle, 0, os.SEEK_CUR) - _RECORD.size
        _place[:] = mmap.mmap(handle, 0), start, began
        os.close(handle)
    mapped, start, began = _place
    _RECORD.pack_into(mapped, start, began, *_sums["calls"], *_sums["setup"])


def _forked():
    """Begin a record of its own in a child."""
    del _place[:]
    for sums in _sums.values():
        sums[:] = 0.0, 0.0


calls = functools.partial(metered, "calls")
setup = functools.partial(metered, "setup")

if _FILE:
    # Timed functions are called in batches, by this and nothing else: an entry per call would cost more than they do.
    timeit.Timer.timeit = calls(timeit.Timer.timeit)
    os.register_at_fork(after_in_child=_forked)
    # Since when this process lives is not known everywhere; what it has worked so far is.
    _note(time.monotonic() - time.process_time())
