"""A trace goes from process to process as W3C Trace Context has it, whatever a stranger sends."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.instrument import trace_context
from bench_runner.instrument.spans import listening, span
from bench_runner.instrument.trace_context import Trace, current, parse, traceparent, tracing

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = f"00-{TRACE}-{PARENT}-01"
HEX = st.text("0123456789abcdef")


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 255))
def test_all_ids_are_understood(trace: int, parent: int, flags: int) -> None:
    found = parse(f" 00-{trace:032x}-{parent:016x}-{flags:02x}\t")
    assert found == Trace(f"{trace:032x}", f"{parent:016x}", f"{flags:02x}")


@pytest.mark.parametrize(
    "header",
    [
        None,
        5,
        b"00-" + TRACE.encode(),
        "",
        "00",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE[:-1]}g-{PARENT}-01",
        f"00-{TRACE[:-1]}²-{PARENT}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"0-{TRACE}-{PARENT}-01",
        f"01-{TRACE}-{PARENT}-01-" + "x" * 10_000,
        f"00-{TRACE}-{PARENT}-01\n",
    ],
)
def test_what_is_no_header_is_none(header: object) -> None:
    assert parse(header) is None


def test_a_later_version_may_say_more() -> None:
    assert parse(f"01-{TRACE}-{PARENT}-03-more") == parse(f"cc-{TRACE}-{PARENT}-03") == Trace(TRACE, PARENT, "03")


@given(st.one_of(st.text(), st.builds("-".join, st.lists(HEX, max_size=6))))
def test_no_text_makes_trouble(header: str) -> None:
    with tracing(header) as trace:
        assert parse(traceparent()) == trace


def test_a_trace_goes_on_under_a_span_of_our_own() -> None:
    assert current() is None is traceparent()
    with tracing(HEADER) as trace:
        assert trace.trace_id == TRACE
        assert trace.span_id != PARENT
        assert traceparent() == f"00-{TRACE}-{trace.span_id}-01"
        with tracing() as other:
            assert other.trace_id != TRACE
        assert current() == trace
    assert current() is None


def test_spans_have_ids_of_their_own_while_somebody_listens() -> None:
    with tracing(HEADER) as trace:
        with span("silent"):
            assert current() == trace
        with listening(lambda _: None):
            found = []
            with span("outer"):
                found.append(traceparent())
                with span("inner"):
                    found.append(traceparent())
                found.append(traceparent())
    ids = [parsed.span_id for parsed in map(parse, found) if parsed]
    assert ids[0] == ids[2]
    assert len({trace.span_id, *ids}) == 3
    assert all(parsed and parsed.trace_id == TRACE for parsed in map(parse, found))


def test_threads_are_outside() -> None:
    seen = []
    with tracing(HEADER):
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
    assert seen == [None]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_process_goes_on_with_the_trace_it_was_started_in() -> None:
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1]);"
        "from bench_runner.instrument import traceparent; print(traceparent(), flush=True);"
        "os.fork() or print(traceparent(), flush=True)"
    )
    root = str(Path(trace_context.__file__).parents[2])
    environment = {**os.environ, "TRACEPARENT": HEADER}
    done = subprocess.run(
        [sys.executable, "-c", program, root], env=environment, capture_output=True, text=True, check=True
    )
    parent, child = map(parse, done.stdout.split())
    assert parent is not None
    assert child is not None
    assert parent.trace_id == child.trace_id == TRACE
    assert len({parent.span_id, child.span_id, PARENT}) == 3


@given(st.integers(0, 2**64), st.integers(1, 10**9))
def test_a_span_id_is_never_that_of_no_span(salt: int, number: int) -> None:
    before = trace_context._salt
    trace_context._salt = salt
    try:
        assert parse(f"00-{TRACE}-{trace_context._span_id(number)}-01") is not None
    finally:
        trace_context._salt = before
