"""Looks at the memory of one call: allocations, their peak, the size of what it returns, what is left over."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Callable

from . import allocator
from .engine import Unavailable

_SETTLE, _LOOKED = 5, 20  # calls before and while blocks are counted
_EMPTY = 9  # empty calls until the loop that counts is as Python leaves it
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType, FrameType)


def number(work: Callable[[], Any]) -> float:
    """Return the blocks that one call asks of Python's allocators, freed at once or not."""
    with allocator.counting() as count:
        marks = [0] * (_EMPTY + 1)
        for at, one in enumerate((_nothing,) * _EMPTY + (work,)):
            one()
            marks[at] = count()
    return (marks[-1] - marks[-2]) - (marks[-2] - marks[-3])


def peak(work: Callable[[], Any]) -> float:
    """Return the most bytes that Python's allocators hold during one call, beyond those before it."""
    if tracemalloc.is_tracing():
        raise Unavailable("somebody else traces memory here (tracemalloc)")
    return max(0, _peak(work) - _peak(_nothing))


def deep_size(work: Callable[[], Any]) -> float:
    """Return the bytes of what one call returns with all that it holds, each thing once.

    Not counted are modules, classes, functions and code, which are not its own.
    """
    seen, total = set(), 0
    waiting = [work()]
    kept = waiting[0]  # alive, so that no address is used twice
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _SHARED):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting.extend(gc.get_referents(one))
        base = getattr(one, "base", None) if type(one).__module__ == "numpy" else None
        if base is not None:  # the array whose memory this one shows, which no collector is told of
            waiting.append(base)
    del kept
    return total


def left_over(work: Callable[[], Any]) -> float:
    """Return the blocks that are left of each call, garbage collected."""
    if not hasattr(sys, "getallocatedblocks"):
        raise Unavailable("this Python does not count its blocks")
    _repeat(work, _SETTLE)
    marks = [0] * 3
    for at, one in enumerate((_nothing, _nothing, work)):
        _repeat(one, _LOOKED)
        marks[at] = _blocks()
    return ((marks[2] - marks[1]) - (marks[1] - marks[0])) / _LOOKED


def _nothing() -> None:
    """Do nothing."""


def _peak(work: Callable[[], Any]) -> int:
    """Return the traced peak of some work."""
    tracemalloc.start(1)
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _repeat(work: Callable[[], Any], times: int) -> None:
    """Work several times."""
    for _ in range(times):
        work()


def _blocks() -> int:
    """Return the blocks that are in use."""
    gc.collect()
    return sys.getallocatedblocks()
