"""Spans as a Chrome trace (the JSON of the Trace Event Format), for Perfetto or about:tracing."""

from collections.abc import Iterable
from typing import Any

from bench_runner.instrument.spans import Span


def document(spans: Iterable[Span], name: str) -> dict[str, Any]:
    """Return spans as complete events in microseconds since the first, a row per thread; `name` is the process's."""
    ordered = sorted(spans, key=lambda one: (one.tick_s, -one.dur_s))
    first = ordered[0] if ordered else None
    rows = list(dict.fromkeys((one.pid, one.thread) for one in ordered))
    return {
        "traceEvents": [
            *(_called(pid, 0, "process_name", name) for pid in dict.fromkeys(pid for pid, _ in rows)),
            *(_called(pid, thread, "thread_name", f"thread {number}") for number, (pid, thread) in enumerate(rows)),
            *(_event(one, first.tick_s) for one in ordered if first is not None),
        ],
        "displayTimeUnit": "ms",
        "otherData": {"began_epoch_s": first.start_s if first else 0.0},
    }


def _called(pid: int, thread: int, what: str, name: str) -> dict[str, Any]:
    """Return the metadata event that gives a process or a thread its name."""
    return {"ph": "M", "pid": pid, "tid": thread, "name": what, "args": {"name": name}}


def _event(span: Span, began_s: float) -> dict[str, Any]:
    """Return a span as an event; values that JSON does not know are written as text."""
    plain = {key: one if isinstance(one, int | float | str) else str(one) for key, one in span.fields.items()}
    costs = {"cpu_s": round(span.cpu_s, 6), "maxrss": span.maxrss}
    return {
        "ph": "X",
        "name": span.name,
        "cat": "step",
        "pid": span.pid,
        "tid": span.thread,
        "ts": round((span.tick_s - began_s) * 1e6, 1),
        "dur": round(span.dur_s * 1e6, 1),
        "args": {**plain, **costs, **({"error": span.error} if span.error else {})},
    }
