"""Stacks survive their texts, and the documents are what speedscope reads."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench_runner.instrument import stacks

often = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
frames = st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters=";"), min_size=1)
clean = st.dictionaries(st.lists(frames, min_size=1, max_size=6).map(tuple), st.integers(0, 10**12), max_size=8)
hostile = st.dictionaries(st.lists(st.text(max_size=6), max_size=4).map(tuple), st.integers(0, 10**12), max_size=8)
RAW = """\
<module> (shop.py:9);serve (shop.py:7);charge (shop.py:3) 12
<module> (shop.py:9);serve (shop.py:7);charge (shop.py:4) 3
<module> (shop.py:9);serve (shop.py:7) 5
"""


def valid(document: dict[str, Any]) -> None:
    """Hold a document to what speedscope's schema (file-format-spec.ts) wants of one with sampled profiles."""
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert set(document) <= {"$schema", "shared", "profiles", "name", "activeProfileIndex", "exporter"}
    assert isinstance(document["name"], str)
    assert isinstance(document["exporter"], str)
    shared = document["shared"]["frames"]
    for frame in shared:
        assert set(frame) <= {"name", "file", "line", "col"}
        assert isinstance(frame["name"], str)
        assert isinstance(frame.get("file", ""), str)
        assert isinstance(frame.get("line", 0), int)
    assert 0 <= document["activeProfileIndex"] < len(document["profiles"])
    for profile in document["profiles"]:
        assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples", "weights"}
        assert profile["type"] == "sampled"
        assert profile["unit"] in {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}
        assert len(profile["samples"]) == len(profile["weights"])
        assert all(0 <= index < len(shared) for sample in profile["samples"] for index in sample)
        assert all(isinstance(weight, int) and weight >= 0 for weight in profile["weights"])
        assert profile["endValue"] - profile["startValue"] == sum(profile["weights"])


def read(document: dict[str, Any]) -> dict[tuple[str, ...], int]:
    """Return a document as stacks again."""

    def name(frame: dict[str, Any]) -> str:
        return f"{frame['name']} ({frame['file']}:{frame['line']})" if "file" in frame else str(frame["name"])

    names = [name(frame) for frame in document["shared"]["frames"]]
    [profile] = document["profiles"]
    pairs = zip(profile["samples"], profile["weights"], strict=True)
    return {tuple(names[index] for index in sample): weight for sample, weight in pairs}


def test_what_py_spy_writes_is_read() -> None:
    found = stacks.parse(RAW)
    assert found["<module> (shop.py:9)", "serve (shop.py:7)"] == 5
    assert stacks.total(found) == 20
    assert stacks.total(stacks.weighed(found, 100)) == 200_000_000
    assert stacks.hottest(found) == [("charge (shop.py)", 15), ("serve (shop.py)", 5)]


@pytest.mark.slow
@often
@given(clean)
def test_collapsed_stacks_are_read_as_they_were_written(found: dict[tuple[str, ...], int]) -> None:
    assert stacks.parse(stacks.collapsed(found)) == found


@often
@given(hostile)
def test_no_name_can_break_a_line_or_lose_weight(found: dict[tuple[str, ...], int]) -> None:
    text = stacks.collapsed(found)
    assert stacks.total(stacks.parse(text)) == stacks.total(found)
    assert text.encode().decode() == text
    assert len(text.splitlines()) == len(stacks.parse(text))


@pytest.mark.slow
@often
@given(hostile | clean)
def test_speedscope_documents_hold_to_the_schema_and_lose_nothing(found: dict[tuple[str, ...], int]) -> None:
    document = json.loads(json.dumps(stacks.speedscope(found, "of a test"), allow_nan=False))
    valid(document)
    if not any("(" in frame for stack in found for frame in stack):  # "(a.py:01)" comes back as line 1
        assert read(document) == found


def test_a_frame_tells_speedscope_its_file_and_line() -> None:
    document = stacks.speedscope(stacks.parse(RAW), "of a test")
    valid(document)
    assert document["shared"]["frames"][0] == {"name": "<module>", "file": "shop.py", "line": 9}
    assert read(document) == stacks.parse(RAW)


@pytest.mark.parametrize("frame", ["f (a.py)", "f (a.py:x)", "f (:3)", " (a.py:3)", "f", "", "(C)", "f (a.py:\u00b2)"])
def test_other_names_are_left_alone(frame: str) -> None:
    assert stacks.speedscope({(frame,): 1}, "of a test")["shared"]["frames"] == [{"name": frame}]


@pytest.mark.parametrize("text", ["nothing", "a;b", "a;b x", "a;b -1", "a 1.5", "3", "a \u00b2"])
def test_what_is_no_stack_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no collapsed stack"):
        stacks.parse(f"a;b 1\n{text}\n")


def test_our_own_threads_are_left_out() -> None:
    ours = "Background._run (/opt/app/bench_runner/instrument/background.py:59)"
    found = {("run (threading.py:3)", ours, "look (x.py:1)"): 1, ("Background._run (other.py:59)",): 2, ("f",): 3}
    assert stacks.without_ours(found) == {("Background._run (other.py:59)",): 2, ("f",): 3}


def test_lines_of_the_same_stack_are_added_up() -> None:
    assert stacks.parse("a;b 1\r\n\na;b 2\n") == {("a", "b"): 3}
    assert stacks.parse("a 1\n 2\n") == {("a",): 1, (stacks.NO_FRAME,): 2}
    assert stacks.collapsed({("a;b",): 1, ("a:b",): 2}) == "a:b 3\n"
    assert stacks.add([{("a",): 1}, {("a",): 2, ("b",): 3}]) == {("a",): 3, ("b",): 3}
