"""Which request or job this code works for, across threads, tasks and processes, as W3C Trace Context says it.

    with tracing(request.headers.get("traceparent")):              # goes on with the caller's trace, or begins one
        call(url, headers={"traceparent": traceparent() or ""})
        subprocess.run(command, env={**os.environ, "TRACEPARENT": traceparent() or ""})

A process that was started with a TRACEPARENT is part of that trace from the beginning.
"""

import os
from contextvars import ContextVar

from bench_runner.instrument import spans
from bench_runner.instrument.nouns import noun

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from types import TracebackType

_HEX = frozenset("0123456789abcdef")


@noun
class Trace:
    """The trace that all have in common, and the stretch of it that this code is in: 32 and 16 hexadecimal digits."""

    trace_id: str
    span_id: str
    flags: str = "01"  # recorded


def parse(header: object) -> Trace | None:
    """Return what a header says, its sender's span; None for what is not as W3C wants it."""
    parts = header.strip(" \t").split("-") if isinstance(header, str) and len(header) < 1000 else []
    if len(parts) < 4 or [len(part) for part in parts[:4]] != [2, 32, 16, 2] or not _HEX.issuperset("".join(parts[:4])):
        return None
    version, trace_id, span_id, flags = parts[:4]
    known = version == "00" and len(parts) == 4
    later = "00" < version < "ff"  # may say more behind
    return Trace(trace_id, span_id, flags) if (known or later) and int(trace_id, 16) and int(span_id, 16) else None


class tracing:  # noqa: N801 - used as a function is, and cheaper than a context manager made of one
    """The context of work for a trace: that of a header, or a new one where there is none."""

    def __init__(self, header: object = None) -> None:
        found = parse(header)
        trace_id, flags = (found.trace_id, found.flags) if found else (os.urandom(16).hex(), "01")
        self._trace = Trace(trace_id, os.urandom(8).hex(), flags)

    def __enter__(self) -> Trace:
        self._outer = _current.get()
        _current.set(self._trace)
        return self._trace

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: "TracebackType | None"
    ) -> None:
        _current.set(self._outer)  # not by a token: a generator may be left in another context than entered


def current() -> Trace | None:
    """Return the trace, with the innermost span that somebody listens to; None where there is no trace."""
    trace, number = _current.get() or _inherited, spans.here()
    return trace if trace is None or number is None else Trace(trace.trace_id, _span_id(number), trace.flags)


def traceparent() -> str | None:
    """Return the header for what this code calls; None where there is no trace."""
    trace = current()
    return f"00-{trace.trace_id}-{trace.span_id}-{trace.flags}" if trace else None


def _span_id(number: int) -> str:
    """Return the id of a span that has a number in this process; never that of no span, 0."""
    return f"{(_salt + number) % (2**64 - 1) + 1:016x}"


def _begin() -> None:
    """Take a name for this process's part in what it inherits, and for its spans."""
    global _inherited, _salt  # noqa: PLW0603 - one per process
    _salt = int.from_bytes(os.urandom(8), "big")
    found = _inherited or parse(os.environ.get("TRACEPARENT"))
    _inherited = found and Trace(found.trace_id, os.urandom(8).hex(), found.flags)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
_inherited: Trace | None = None
_salt = 0
_begin()

if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin)
