"""What host and worker say to each other arrives as it was sent."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.worker import messages
from bench_runner.worker.messages import Discovered, Ended, RunCase

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, st.lists(TEXT), st.integers(0), st.dictionaries(TEXT, st.integers() | TEXT | st.none()))
def test_a_message_is_one_line_and_comes_back(name: str, params: list[str], index: int, settings: dict) -> None:
    message = RunCase(name, params, index, "/tmp", 60.0, settings)
    line = messages.encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert messages.decode(line) == message


@given(st.lists(st.floats(allow_nan=False)))
def test_numbers_come_back_exactly(values: list[float]) -> None:
    back = messages.decode(messages.encode(Ended("ok", values=values)))
    assert back.values == values
    assert math.isnan(back.cpu_s)


def test_text_that_no_file_could_hold_is_replaced() -> None:
    back = messages.decode(messages.encode(Ended("failed", "half a pair: \ud83d.")))
    assert back.detail == "half a pair: ?."


def test_nested_things_come_back() -> None:
    message = Discovered([{"name": "x", "params": [["1"]], "version": "1"}], {"a": "b\nc"}, ["w"])
    assert messages.decode(messages.encode(message)) == message


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"3", b"{}", b'{"kind": "Nobody"}', b'{"kind": "Ended"}', b'{"kind": ["x"]}', b"\xff"]
)
def test_what_is_no_message_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        messages.decode(line)


def test_a_default_that_can_change_is_made_anew_for_each_message() -> None:
    first = Ended("ok")
    first.values.append(1.0)
    assert Ended("ok").values == []


def test_a_message_takes_no_more_and_no_less_than_its_fields() -> None:
    for wrong in (Ended, lambda: Ended("ok", colour="red"), lambda: messages.Check(1)):
        with pytest.raises(TypeError, match=r"^(Ended takes outcome, .*|Check takes nothing)$"):
            wrong()


def test_other_values_in_some_fields_leave_the_rest_and_the_old_message_alone() -> None:
    before = Ended("ok", "said", values=[1.0])
    after = messages.replace(before, outcome="failed")
    assert (after.outcome, after.detail, after.values) == ("failed", "said", [1.0])
    assert before.outcome == "ok"


@given(st.binary())
def test_noise_is_a_value_error(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        messages.decode(noise)
