"""Counts what one call makes the interpreter do: calls and bytecodes."""

from __future__ import annotations

import sys
import threading
from types import FunctionType, MethodType
from typing import Any, Callable, List

from .engine import Unavailable

_TOOLS = (4, 3, 5, 2, 1, 0)  # of sys.monitoring: profilers, coverage and debuggers have the outer ones by convention


def calls(work: Callable[[], Any]) -> float:
    """Return the calls of Python and C functions in one call of a function, that one included, on all its threads."""
    count = _monitored_calls if hasattr(sys, "monitoring") else _profiled_calls
    return 1 + count(work) - count(_empty)


def bytecodes(work: Callable[[], Any]) -> float:
    """Return the bytecodes that one call of a function takes, beyond those of an empty one."""
    if not hasattr(sys, "monitoring"):
        raise Unavailable("bytecodes are counted from Python 3.12 on")
    return _bytecodes(work) - _bytecodes(_empty)


def _empty() -> None:
    """Call a function that does nothing, as what is counted calls a benchmark."""
    _nothing()


def _nothing() -> None:
    """Do nothing."""


def _monitored_calls(work: Callable[[], Any]) -> int:
    """Count the starts of Python functions, and the calls of all others (PEP 669)."""
    count = 0

    def start(*_told: Any) -> None:
        nonlocal count
        count += 1

    def call(_code: Any, _place: int, what: Any, _first: Any) -> None:
        nonlocal count
        if not isinstance(what, (FunctionType, MethodType)):
            count += 1

    events = sys.monitoring.events  # type: ignore[attr-defined,unused-ignore] # of newer Pythons than ours
    _monitor({events.PY_START: start, events.CALL: call}, work)
    return count


def _bytecodes(work: Callable[[], Any]) -> int:
    """Count instructions."""
    count = 0

    def instruction(*_told: Any) -> None:
        nonlocal count
        count += 1

    _monitor({sys.monitoring.events.INSTRUCTION: instruction}, work)  # type: ignore[attr-defined,unused-ignore]
    return count


def _monitor(callbacks: Any, work: Callable[[], Any]) -> None:
    """Work while events are told to callbacks."""
    monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    free = [one for one in _TOOLS if monitoring.get_tool(one) is None]
    if not free:
        raise Unavailable("all tools of sys.monitoring are in use here")
    tool = free[0]
    monitoring.use_tool_id(tool, "bench-runner")
    try:
        for event, callback in callbacks.items():
            monitoring.register_callback(tool, event, callback)
        monitoring.set_events(tool, sum(callbacks))
        try:
            work()
        finally:
            monitoring.set_events(tool, 0)
    finally:
        for event in callbacks:
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


def _profiled_calls(work: Callable[[], Any]) -> int:
    """Count the same with the older way to watch calls."""
    if sys.getprofile() is not None:
        raise Unavailable("somebody else watches calls here (sys.setprofile)")
    seen: List[int] = [0]

    def watch(_frame: Any, event: str, _told: Any) -> None:
        if event in {"call", "c_call"}:
            seen[0] += 1

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return seen[0]
