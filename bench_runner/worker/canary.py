"""A canary: always the same work, whose time tells how fast this machine is just now."""

from __future__ import annotations

import gc
import os
import sys
from time import perf_counter, thread_time  # by name: a suite may patch the module
from typing import Callable, List, Tuple, TypeVar

from .messages import Canary, CanaryDone

_REPEATS = 3
# The first repeat of a process finds cold caches, and a compiler needs many until it has done with it.
_WARM_UP = 1 if sys.implementation.name == "cpython" else 50
_STEPS = 4500
_BLOCK = 1 << 18  # bytes, beyond the first levels of cache
_LINE = 64

_T = TypeVar("_T")


def take(request: Canary) -> CanaryDone:
    """Return the median of a few repeats, done in this process on the CPUs that cases are bound to."""
    return _bound(request.affinity, lambda: _quietly(_repeated))


def work() -> int:
    """Do what the interpreter does all day: count, fill a table, make, sort and join words, walk through memory.

    Between 1 and 2 ms, and nothing in it depends on how strings hash. To change it is to lose all earlier canaries.
    """
    total, table, words = 0, {}, []
    for step in range(_STEPS):
        total = (total * 31 + step) & 0xFFFFFF
        table[total] = step
        words.append(str(total))
    words.sort()
    block = bytearray(_BLOCK)
    for place in range(0, _BLOCK, _LINE):
        block[place] = 1
    return len(",".join(words)) + len(table) + sum(block[::_LINE])


def _repeated() -> CanaryDone:
    """Return the medians of the repeats' wall and CPU seconds."""
    for _ in range(_WARM_UP):
        work()
    walls: List[float] = []
    cpus: List[float] = []
    for _ in range(_REPEATS):
        wall, cpu = _clocks()
        work()
        end_wall, end_cpu = _clocks()
        walls.append(end_wall - wall)
        cpus.append(end_cpu - cpu)
    return CanaryDone(sorted(walls)[_REPEATS // 2], sorted(cpus)[_REPEATS // 2])


def _clocks() -> Tuple[float, float]:
    """Return wall seconds, and CPU seconds of this thread: others that a suite has started are not the canary's."""
    return perf_counter(), thread_time()


def _quietly(do: Callable[[], _T]) -> _T:
    """Do something without the garbage collector, which would look through all that the suite has made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return do()
    finally:
        if enabled:
            gc.enable()


def _bound(cpus: List[int], do: Callable[[], _T]) -> _T:
    """Do something on these CPUs only, and be as free as before afterwards."""
    if not cpus or not hasattr(os, "sched_getaffinity"):
        return do()
    from . import engine  # what loads it has no part in a canary that is free

    before = os.sched_getaffinity(0)
    engine.pin(cpus)
    try:
        return do()
    finally:
        os.sched_setaffinity(0, before)
