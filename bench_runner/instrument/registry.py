"""What this process has measured, by name, and what in the measuring failed."""

import os
import threading
import time
from collections.abc import Collection

from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.threads import Threaded

MAX_NAMES = 10_000
OVERFLOW = "(other)"  # takes what comes under further names, so that names made from data do not fill the memory
LONGEST = 500  # characters kept of a reason


class Failure:
    """How often something of ours failed, and the last reason; at first the one of which nothing else can be told."""

    __slots__ = ("count", "message")

    def __init__(self) -> None:
        self.count, self.message = 0, "RecursionError: the program was too deep for a call to be recorded"

    def __repr__(self) -> str:
        return f"<{self.count} failures, the last: {self.message}>"


began_s = time.time()  # when all counts began, by the wall clock
_lock = threading.RLock()  # re-entrant: a finalizer that is timed may run in the middle
_histograms: dict[str, Threaded] = {}
_failures: dict[str, Failure] = {}


def histogram(name: str) -> Threaded:
    """Return the histogram of a name, a new one at first; all beyond MAX_NAMES share one."""
    with _lock:
        name = fitting(name, _histograms)
        if name not in _histograms:
            _histograms[name] = Threaded()
        return _histograms[name]


def histograms() -> dict[str, Histogram]:
    """Return what this process, not its parent before the fork, recorded by name; no empty ones."""
    with _lock:
        known = sorted(_histograms.items())
    return {name: read for name, shared in known if (read := shared.read()).count}


def failure(name: str) -> Failure:
    """Return the failures of a name, for a probe that cannot afford a call to count one."""
    with _lock:
        return _failures.setdefault(fitting(name, _failures), Failure())


def failed(name: str, reason: object) -> None:
    """Count a failure of ours."""
    try:
        text = f"{type(reason).__name__}: {reason}" if isinstance(reason, BaseException) else str(reason)
    except Exception:  # noqa: BLE001 - an exception's text may be made by foreign code
        text = type(reason).__name__
    counted = failure(name)
    counted.count += 1
    counted.message = text[:LONGEST]


def failures() -> dict[str, Failure]:
    """Return what failed, by the name of a probe or a pattern."""
    with _lock:
        return {name: one for name, one in _failures.items() if one.count}


def clear() -> None:
    """Forget all counts and failures; what is being timed stays so."""
    with _lock:
        for shared in _histograms.values():
            shared.clear()
        for one in _failures.values():
            one.count = 0


def fitting(name: str, known: Collection[str]) -> str:
    """Return the name, or the common one when there is no room for a new name."""
    return name if name in known or len(known) < MAX_NAMES else OVERFLOW


def _in_child() -> None:
    """Leave the failures to the parent, as the counts are."""
    global began_s  # noqa: PLW0603 - one per process
    began_s = time.time()
    _lock.release()
    for one in _failures.values():
        one.count = 0


if hasattr(os, "register_at_fork"):  # not on Windows
    # Nobody else is in the middle of a change when a process is copied.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_in_child)
