"""Spans and counters as a Chrome trace (the JSON of the Trace Event Format), for Perfetto or about:tracing."""

from collections.abc import Iterable, Mapping
from typing import Any

from bench_runner.instrument import counting
from bench_runner.instrument.spans import Span


class Recording:
    """Listens to spans, and reads all counters at the end of each that changed one."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.counts: list[tuple[Span, Mapping[str, int]]] = []

    def ended(self, span: Span) -> None:
        """Take in a span that is over."""
        self.spans.append(span)
        counted = {name: one.value for name, one in counting.counters().items() if one.value}
        if counted and (not self.counts or counted != self.counts[-1][1]):
            self.counts.append((span, counted))

    def document(self, name: str) -> dict[str, Any]:
        """Return it as a trace; `name` is the process's."""
        return document(self.spans, name, self.counts)


def document(spans: Iterable[Span], name: str, counts: Iterable[tuple[Span, Mapping[str, int]]] = ()) -> dict[str, Any]:
    """Return spans as complete events in microseconds since the first, a row per thread; `name` is the process's.

    `counts` are what counters said at the ends of spans.
    """
    ordered = sorted(spans, key=lambda one: (one.tick_s, -one.dur_s))
    first = ordered[0] if ordered else None
    rows = list(dict.fromkeys((one.pid, one.thread) for one in ordered))
    return {
        "traceEvents": [
            *(_called(pid, 0, "process_name", name) for pid in dict.fromkeys(pid for pid, _ in rows)),
            *(_called(pid, thread, "thread_name", f"thread {number}") for number, (pid, thread) in enumerate(rows)),
            *(_event(one, first.tick_s) for one in ordered if first is not None),
            *(event for span, counted in counts if first is not None for event in _counts(span, counted, first.tick_s)),
        ],
        "displayTimeUnit": "ms",
        "otherData": {"began_epoch_s": first.start_s if first else 0.0},
    }


def _counts(span: Span, counted: Mapping[str, int], began_s: float) -> Iterable[dict[str, Any]]:
    """Yield what counters said when a span was over."""
    ts = round((span.tick_s + span.dur_s - began_s) * 1e6, 1)
    for name, value in counted.items():
        yield {"ph": "C", "name": name, "pid": span.pid, "tid": span.thread, "ts": ts, "args": {"count": value}}


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
