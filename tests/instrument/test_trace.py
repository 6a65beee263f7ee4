"""The shape of a Chrome trace, and what is in it."""

import json
import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest

from bench_runner.instrument.counting import counter
from bench_runner.instrument.spans import Span, listening, span
from bench_runner.instrument.trace import Recording, document


def recorded() -> list[Span]:
    heard: list[Span] = []

    def work() -> None:
        with span("fetch", url={"a": 1}):
            pass

    with listening(heard.append), span("run"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with span("build", commit='a"<b>\n\x1b[31m'):
            time.sleep(0.002)
        with span("case"):
            pass
    return heard


def complete(trace: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in trace["traceEvents"] if one["ph"] == "X"]


def assert_well_formed(trace: dict[str, Any]) -> None:
    """Hold a trace to what Perfetto's reader asks: kinds, numbers, names, and events of a thread that nest."""
    assert isinstance(trace["traceEvents"], list)
    for one in trace["traceEvents"]:
        assert one["ph"] in {"X", "M", "C"}
        assert isinstance(one["name"], str)
        assert isinstance(one["pid"], int)
        assert isinstance(one["tid"], int)
        assert isinstance(one["args"], dict)
    named = {(one["pid"], one["tid"]) for one in trace["traceEvents"] if one["name"] == "thread_name"}
    for one in complete(trace):
        assert one["ts"] >= 0
        assert one["dur"] >= 0
        assert (one["pid"], one["tid"]) in named
    for row in named:
        assert_nested(one for one in complete(trace) if (one["pid"], one["tid"]) == row)


def assert_nested(events: Iterable[dict[str, Any]]) -> None:
    ends: list[float] = []
    for one in events:
        while ends and ends[-1] <= one["ts"] + 0.2:
            ends.pop()
        assert not ends or one["ts"] + one["dur"] <= ends[-1] + 0.2, one
        ends.append(one["ts"] + one["dur"])


def test_a_trace_is_well_formed_json_and_nests() -> None:
    spans = recorded()
    trace = json.loads(json.dumps(document(spans, "bench-runner run"), allow_nan=False))
    assert_well_formed(trace)
    assert [one["name"] for one in complete(trace)] == ["run", "fetch", "build", "case"]
    names = [one["args"]["name"] for one in trace["traceEvents"] if one["name"] == "process_name"]
    assert names == ["bench-runner run"]
    build = next(one for one in complete(trace) if one["name"] == "build")
    assert build["dur"] == pytest.approx(1e6 * next(one.dur_s for one in spans if one.name == "build"), abs=0.1)
    assert build["args"]["commit"] == 'a"<b>\n\x1b[31m'


def test_threads_have_rows_of_their_own() -> None:
    events = {one["name"]: one["tid"] for one in complete(document(recorded(), "x"))}
    assert events["fetch"] != events["run"] == events["build"]


def test_nothing_recorded_is_a_trace_too() -> None:
    assert complete(document([], "x")) == []


def test_counters_are_told_at_the_end_of_each_span_that_changed_one() -> None:
    sold, recording = counter("sold in a trace"), Recording()
    with listening(recording.ended), span("day"):
        for amount in (3, 0, 4):
            with span("sale"):
                sold.add(amount)
    trace = recording.document("shop")
    assert_well_formed(trace)
    told = [one for one in trace["traceEvents"] if one["ph"] == "C" and one["name"] == "sold in a trace"]
    assert [one["args"] for one in told] == [{"count": 3}, {"count": 7}]
    ends = [one["ts"] + one["dur"] for one in complete(trace) if one["name"] == "sale"]
    assert [one["ts"] for one in told] == pytest.approx([ends[0], ends[2]], abs=1.0)
