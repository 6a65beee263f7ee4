"""Whatever is logged becomes one line of strict JSON."""

import datetime as dt
import json
import logging
import math
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.instrument import registry
from bench_runner.instrument.log_fields import bind
from bench_runner.instrument.log_lines import JsonLines
from bench_runner.instrument.spans import listening, span
from bench_runner.instrument.trace_context import tracing

TEXT = st.text(st.characters(exclude_categories=[]), max_size=8)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.binary(max_size=4), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(TEXT, st.integers()), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(autouse=True)
def _of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_failures", {})


def record(msg: object = "paid", *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("shop", logging.INFO, __file__, 1, msg, args, None)
    vars(made).update(extra)
    return made


def fail(text: str) -> None:
    raise ValueError(text)


def never(name: str) -> None:
    raise AssertionError(name)


def told(one: logging.LogRecord, run: str = "") -> dict[str, Any]:
    line = JsonLines(run).format(one)
    assert line.isascii()
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line, parse_constant=never)
    return found


def test_a_line_says_when_who_and_what() -> None:
    one = record("paid %s of %d", "cash", 17, order=5)
    one.created = 1772366400.00025
    assert told(one, "r1") == {
        "time": "2026-03-01T12:00:00.000250Z",
        "level": "info",
        "logger": "shop",
        "event": "paid cash of 17",
        "pid": one.process,
        "run": "r1",
        "order": 5,
    }


@given(st.floats(0, 4e9))
def test_times_are_those_of_datetime(at_s: float) -> None:
    one = record()
    one.created = at_s
    wanted = dt.datetime.fromtimestamp(round(at_s * 10**6) // 10**6, dt.UTC)
    micro = round(at_s * 10**6) % 10**6
    assert told(one)["time"] == wanted.replace(microsecond=micro).isoformat(timespec="microseconds")[:-6] + "Z"


def test_bound_fields_and_the_trace_are_in_it() -> None:
    with bind(user=1, order=2), tracing() as trace:
        found = told(record(order=3))
        with listening(lambda _: None), span("x"):
            inner = told(record())
    assert (found["user"], found["order"]) == (1, 3)
    assert (found["trace"], found["span"]) == (trace.trace_id, trace.span_id)
    assert inner["trace"] == trace.trace_id
    assert inner["span"] != trace.span_id
    assert not {"trace", "span", "run", "dropped", "exception", "stack"} & set(told(record()))


def test_an_exception_is_text() -> None:
    try:
        fail('no "such"\nthing')
    except ValueError:
        one = record()
        one.exc_info = sys.exc_info()
    lines = told(one)["exception"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2:] == ['ValueError: no "such"', "thing"]
    assert "exc_info" not in told(one)


def test_structlog_may_bring_exceptions_in_its_event_dict() -> None:
    try:
        fail("no such thing")
    except ValueError as error:
        found = [told(record({"event": "x", "exc_info": info})) for info in (True, error, sys.exc_info())]
    assert all(one["exception"].endswith("ValueError: no such thing") for one in found)
    for nothing in (True, False, None, (None, None, None)):
        assert "exception" not in told(record({"event": "x", "exc_info": nothing}))


def test_a_field_called_like_one_of_ours_is_renamed() -> None:
    found = told(record({"event": "x", "time": "later", "level": "info", "pid": 5, "pid_": 6, "trace": "t"}))
    assert found["time_"] == "later"
    assert "level_" not in found
    assert found["pid"] != 5
    assert (found["pid_"], found["pid__"], found["trace_"]) == (5, 6, "t")


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")

    __repr__ = __str__


def test_arguments_that_do_not_fit_are_told_beside_the_message() -> None:
    found = told(record("paid %d of %s", "cash"))
    assert (found["event"], found["args"]) == ("paid %d of %s", "('cash',)")
    assert registry.failures()["logs"].message.startswith("TypeError")
    assert told(record("%s", SpeechlessError()))["args"] == "<tuple without a text>"


def test_what_json_does_not_know_is_text() -> None:
    circle: list[object] = []
    circle.append(circle)
    fields = {
        "path": dt.date(2026, 3, 1),
        "nan": math.nan,
        "deep": {"inf": [math.inf]},
        "circle": circle,
        "huge": 10**5000,
        "keys": {(1, 2): 3},
        "speechless": SpeechlessError(),
        "surrogate": "\ud800",
        "plain": [1, {"a": None}],
    }
    found = told(record(**fields))
    assert {key: found[key] for key in ("path", "nan", "deep", "circle", "keys")} == {
        "path": "2026-03-01",
        "nan": "nan",
        "deep": "{'inf': [inf]}",
        "circle": "[[...]]",
        "keys": "{(1, 2): 3}",
    }
    assert (found["huge"], found["speechless"]) == ("<int without a text>", "<SpeechlessError without a text>")
    assert (found["surrogate"], found["plain"]) == ("\ud800", [1, {"a": None}])


@given(VALUES, st.dictionaries(TEXT, VALUES, max_size=4))
def test_anything_can_be_logged(message: object, fields: dict[str, object]) -> None:
    assert "event" in told(record(message, **fields))
    assert "event" in told(record({"event": message, **fields}))
    with bind(**fields):
        assert "event" in told(record())


def test_a_record_that_nobody_understands_is_counted_and_named() -> None:
    one = record()
    one.created = "yesterday"  # type: ignore[assignment] # that is the test
    assert told(one)["event"] == "lost a line of shop"
    assert registry.failures()["logs"].count == 1
