"""Puts stubs into functions and takes them out again, while other threads may be calling them."""

import os
import threading
from collections.abc import Callable
from types import CodeType, FunctionType
from weakref import WeakKeyDictionary

from bench_runner.instrument import registry
from bench_runner.instrument.lives import LifeProbe
from bench_runner.instrument.probe import Probe
from bench_runner.instrument.rules import Label
from bench_runner.instrument.stub import is_stub, stub, suspends

_MAX_STUBS = 4096  # kept for functions of the same `def` to come
_CHANGED = "its code was changed by somebody else while it was timed, and is left as it is"


class _Swap:
    """The code a function had, the stub it got, where that records, and for whom."""

    __slots__ = ("label", "new", "old", "probe")

    def __init__(self, old: CodeType, new: CodeType, probe: Probe, label: Label) -> None:
        self.old, self.new, self.probe, self.label = old, new, probe, label


lock = threading.RLock()  # held by whoever changes what is timed; re-entrant, since finalizers may come in between
_swaps: "WeakKeyDictionary[FunctionType, _Swap]" = WeakKeyDictionary()
_probes: dict[type[Probe], dict[str, Probe]] = {Probe: {}, LifeProbe: {}}
_stubs: dict[tuple[int, str], tuple[CodeType, CodeType]] = {}


def put_in(function: FunctionType, label: Label) -> None:
    """Time a function from its next call on; nothing changes where it is timed already, or cannot be."""
    with lock:
        code = function.__code__
        if function in _swaps or is_stub(code):
            return
        own = probe(LifeProbe if suspends(code) else Probe, label.name)
        if not own.broken:
            swap = _Swap(code, _stub(code, own), own, label)
            function.__code__ = swap.new
            _swaps[function] = swap


def take_out(function: FunctionType) -> None:
    """Give a function its own code back, unless it is not ours any more; calls on their way are still recorded."""
    with lock:
        swap = _swaps.pop(function, None)
        if swap is None:
            return
        if function.__code__ is swap.new:
            function.__code__ = swap.old
        else:
            registry.failed(swap.probe.name, _CHANGED)


def take_out_unless(wanted: Callable[[Label], bool]) -> None:
    """Take out what is not wanted any more, and what is broken."""
    with lock:
        for function, swap in list(_swaps.items()):
            if swap.probe.broken or not wanted(swap.label):
                take_out(function)


def timed_names() -> list[str]:
    """Return the names under which functions are timed now."""
    with lock:
        return sorted({swap.probe.name for swap in _swaps.values()})


def take_out_broken() -> None:
    """Take out what cannot record; while others change something, no call waits for that: the next poll does it."""
    if lock.acquire(blocking=False):
        try:
            take_out_unless(lambda _: True)
        finally:
            lock.release()


def probe(kind: type[Probe], name: str) -> Probe:
    """Return the one probe of a kind and name."""
    known = _probes[kind]
    name = registry.fitting(name, known)
    if name not in known:
        known[name] = kind(name, take_out_broken)
    return known[name]


def _stub(code: CodeType, probe: Probe) -> CodeType:
    """Return the stub for a code, the same for all functions that have it. Equal code elsewhere is not the same."""
    key = id(code), probe.name
    known, made = _stubs.get(key, (None, code))
    if known is not code:
        if len(_stubs) >= _MAX_STUBS:
            _stubs.clear()
        made = stub(code, probe)
        _stubs[key] = code, made
    return made


if hasattr(os, "register_at_fork"):  # not on Windows
    # A child inherits no change that is half done. The registry's lock is registered before, hence taken after this.
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
