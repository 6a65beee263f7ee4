"""Spans: named stretches of a program's work, told to whoever listens; next to free while nobody does.

    with span("build", commit=sha):      # its fields are handed down to the spans inside
        charge(usage.cpu_s, usage.rss)   # what a child process has spent, for the innermost span
        note(outcome="failed")           # a field of the innermost span alone

Nothing here raises into the program: a listener that fails is counted and not asked again.
"""

import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import TracebackType

from bench_runner.instrument.nouns import noun

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


@noun
class Span:
    """A stretch of work that is over, or has just begun: then its duration and costs are 0.

    `id` and `parent` (0: none) are numbers of the process `pid`. `start_s` is the wall clock's, `tick_s` that of a
    clock which never jumps and means nothing but in differences. `cpu_s` is what this process, on all its threads, and
    the children charged here or further in have spent; `maxrss` in bytes is the largest such child's, or this
    process's where there is none. `fields` has those of the spans around it; `error` is the exception that left, or "".
    """

    name: str
    id: int
    parent: int
    pid: int
    thread: int
    start_s: float
    tick_s: float
    fields: Mapping[str, object]
    dur_s: float = 0.0
    cpu_s: float = 0.0
    maxrss: int = 0
    error: str = ""


Listener = Callable[[Span], None]


class _Ears:
    """Who is told of ends, and of beginnings if that is wanted, while the context lasts."""

    __slots__ = ("began", "ended")

    def __init__(self, ended: Listener, began: Listener | None) -> None:
        self.ended, self.began = ended, began

    def __enter__(self) -> None:
        _listen(lambda all_: (*all_, self))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _listen(lambda all_: tuple(one for one in all_ if one is not self))


class _Silent:
    """The one span there is while nobody listens."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


class _Open:
    """A span on its way."""

    def __init__(self, name: str, fields: dict[str, object]) -> None:
        self.name, self.fields = name, fields
        self.notes: dict[str, object] = {}
        self.child_cpu_s, self.child_rss, self.alone = 0.0, 0, False

    def __enter__(self) -> None:
        self.outer, self.pid, self.id = _innermost.get(), os.getpid(), next(_numbers)
        if self.outer is not None:
            self.fields = {**self.outer.fields, **self.fields}
        _innermost.set(self)
        self.start_s, self.tick_s, self.cpu_s = time.time(), time.perf_counter(), time.process_time()
        for ears in _listening:
            if ears.began is not None:
                _tell(ears, ears.began, self.seen())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        dur_s, own_s = time.perf_counter() - self.tick_s, time.process_time() - self.cpu_s
        _innermost.set(self.outer)
        if self.pid != os.getpid():
            return  # a forked child left the block: its parent will tell
        if self.outer is not None:
            self.outer.charge(self.child_cpu_s, self.child_rss)
        cpu_s = self.child_cpu_s + (0.0 if self.alone else own_s)
        ended = self.seen(dur_s, cpu_s, self.child_rss or _own_rss(), _sentence(error))
        for ears in _listening:
            _tell(ears, ears.ended, ended)

    def charge(self, cpu_s: float, maxrss: int) -> None:
        """Take in what a child has spent."""
        self.child_cpu_s += cpu_s
        self.child_rss = max(self.child_rss, maxrss)

    def seen(self, dur_s: float = 0.0, cpu_s: float = 0.0, maxrss: int = 0, error: str = "") -> Span:
        """Return what listeners are told."""
        # Numbers are a process's own: to a forked child the spans around it are fields, not parents.
        parent = self.outer.id if self.outer is not None and self.outer.pid == self.pid else 0
        place = (self.name, self.id, parent, self.pid, threading.get_native_id())
        fields = {**self.fields, **self.notes}
        return Span(*place, self.start_s, self.tick_s, fields, dur_s, cpu_s, maxrss, error)


_SILENT = _Silent()
_innermost: ContextVar[_Open | None] = ContextVar("innermost span", default=None)
_numbers = itertools.count(1)
_listening: tuple[_Ears, ...] = ()
_lock = threading.Lock()
_failures = 0


def span(name: str, /, **fields: object) -> "AbstractContextManager[None]":
    """Return the context of a stretch of work; it may be nested, and each thread has spans of its own."""
    return _Open(name, fields) if _listening else _SILENT


def note(**fields: object) -> None:
    """Add fields to the innermost span, which hands them down to none."""
    here = _innermost.get()
    if here is not None:
        here.notes.update(fields)


def charge(cpu_s: float, maxrss: int = 0, *, alone: bool = False) -> None:
    """Charge what a child process has spent to the innermost span and those around it; NaN is nothing known.

    With `alone` the child's cost is all that the innermost span is about: our own is left out of it.
    """
    here = _innermost.get()
    if here is not None and cpu_s == cpu_s:  # noqa: PLR0124 - false for NaN
        here.charge(cpu_s, maxrss)
        here.alone = here.alone or alone


def listening(ended: Listener, began: Listener | None = None) -> "AbstractContextManager[None]":
    """Have spans of the whole process told to `ended`, and to `began` when they begin, while the context lasts."""
    return _Ears(ended, began)


def here() -> int | None:
    """Return the number of the innermost span; None outside of spans that are listened to, as in a forked child."""
    innermost = _innermost.get()
    return innermost.id if innermost is not None and innermost.pid == os.getpid() else None


def failures() -> int:
    """Return how many listeners have failed, and are asked no more."""
    return _failures


def _listen(change: Callable[[tuple[_Ears, ...]], tuple[_Ears, ...]]) -> None:
    """Change who listens; who is being told just now sees the old tuple."""
    global _listening  # noqa: PLW0603 - one per process, read at each span
    with _lock:
        _listening = change(_listening)


def _tell(ears: _Ears, listener: Listener, what: Span) -> None:
    """Tell one listener; one that fails is not asked again."""
    global _failures  # noqa: PLW0603 - the same
    try:
        listener(what)
    except Exception as error:  # noqa: BLE001 - whatever it is, the program must not know
        from bench_runner.instrument import registry

        _failures += 1
        registry.failed("span listener", error)
        _listen(lambda all_: tuple(one for one in all_ if one is not ears))


def _sentence(error: BaseException | None) -> str:
    """Return an exception in words, "" for none."""
    if error is None:
        return ""
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:  # noqa: BLE001 - its text is made by foreign code
        return type(error).__name__


def _own_rss() -> int:
    """Return the most memory this process ever held, in bytes; 0 where the system does not tell."""
    return 0 if resource is None else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
