"""Writes down what is spent inside benchmark functions and setups, one line per batch of calls.

A line is written as soon as a batch is over, outside of what is timed, to the file that AGAINST_ASV_JOURNAL names: so
forked children and processes that end without ado are in it as well. What is nested in an entry is taken off it.
"""

import functools
import os
import time
import timeit

_FILE = os.environ.get("AGAINST_ASV_JOURNAL", "")
_PIPE = os.open(_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if _FILE else -1
_inner = [0.0, 0.0]


def metered(kind, work):
    """Return `work` with an entry "kind wall-seconds CPU-seconds end" for each call of it."""
    if _PIPE < 0:
        return work

    @functools.wraps(work)
    def measured(*given, **named):
        outer, _inner[:] = tuple(_inner), (0.0, 0.0)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return work(*given, **named)
        finally:
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            _write(kind, wall - _inner[0], cpu - _inner[1])
            _inner[:] = outer[0] + wall, outer[1] + cpu

    return measured


def _write(kind, wall, cpu):
    """Append an entry; lines this short are never torn."""
    os.write(_PIPE, b"%s %.9f %.9f %.6f\n" % (kind.encode(), wall, cpu, time.monotonic()))


calls = functools.partial(metered, "calls")
setup = functools.partial(metered, "setup")

if _PIPE >= 0:
    # Timed functions are called in batches, by this and nothing else: an entry per call would cost more than they do.
    timeit.Timer.timeit = calls(timeit.Timer.timeit)
    # Since when this process lives is not known everywhere; what it has worked so far is.
    _write("import", 0.0, time.process_time())
