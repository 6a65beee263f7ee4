"""Windows come back from their files as they were, and what is damaged is named."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.windows import Window, read, read_file

NAMES = st.text(st.characters(exclude_categories=[]), max_size=8)  # lone surrogates, too
NATURAL = st.integers(0, 2**70)
POSITIVE = st.floats(0, allow_infinity=False)
COUNTS = st.fixed_dictionaries({"unit": NAMES, "value": NATURAL})


def histogram(values: list[int]) -> Histogram:
    made = Histogram()
    for value in values:
        made.record(value)
    return made


def window(**changes: Any) -> Window:
    plain: dict[str, Any] = {
        "service": "shop",
        "commit": "v1.0",
        "environment": "prod",
        "pid": 4711,
        "start_s": 10.0,
        "end_s": 70.0,
        "histograms": {"charge": histogram([5, 10**9])},
        "counters": {"orders": {"unit": "1", "value": 17}},
        "resources": {"cpu_s": 1.9, "rss_bytes": 123},
    }
    return Window(**{**plain, **changes})


@given(
    st.builds(
        window,
        service=NAMES,
        commit=NAMES,
        environment=NAMES,
        pid=NATURAL,
        start_s=st.floats(0, 70),
        histograms=st.dictionaries(NAMES, st.builds(histogram, st.lists(st.integers(0, 2**63), min_size=1))),
        counters=st.dictionaries(NAMES, COUNTS),
        resources=st.dictionaries(NAMES, st.one_of(POSITIVE, NATURAL)),
    )
)
def test_a_line_brings_back_the_same_and_is_one_line_of_ascii(one: Window) -> None:
    line = one.to_line()
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert Window.from_dict(json.loads(line)) == one
    assert Window.from_dict(one.to_dict()) == one


def test_all_files_are_read_in_order(tmp_path: Path) -> None:
    first, second, third = window(), window(pid=1), window(pid=2)
    (tmp_path / "shop-2-1.jsonl").write_bytes(third.to_line())
    (tmp_path / "shop-1-1.jsonl").write_bytes(first.to_line() + second.to_line())
    (tmp_path / "notes.txt").write_text("no window")
    assert list(read(tmp_path)) == [first, second, third]
    assert list(read_file(tmp_path / "shop-2-1.jsonl")) == [third]
    assert list(read_file(os.fspath(tmp_path / "shop-2-1.jsonl"))) == [third]


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_last_line_that_is_not_whole_is_left_out(kept: int, tmp_path: Path) -> None:
    line = window().to_line()
    (tmp_path / "shop-1-1.jsonl").write_bytes(line + line[:kept])
    assert list(read(tmp_path)) == [window()]


def test_a_damaged_line_is_named_by_file_and_line(tmp_path: Path) -> None:
    line = window().to_line()
    (tmp_path / "shop-1-1.jsonl").write_bytes(line + line[:50] + b"\n" + line)
    found = read(tmp_path)
    assert next(found) == window()
    with pytest.raises(ValueError, match=r"shop-1-1\.jsonl, line 2: "):
        next(found)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"\xff\n", "line 1"),
        (b"\n", "line 1"),
        (b"[" * 100_000 + b"\n", "line 1"),
        (b'{"schema": ' + b"9" * 5000 + b"}\n", "line 1"),
        (b'{"schema": NaN}\n', "NaN is not a number"),
        (b'{"schema": -Infinity}\n', "-Infinity is not a number"),
    ],
)
def test_what_is_no_json_is_named(text: bytes, named: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(text)
    with pytest.raises(ValueError, match=named):
        list(read(tmp_path))


def change(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.update(changes)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (change(schema=2), "schema 2"),
        (change(schema=None), "schema None"),
        (change(service=5), "service 5"),
        (change(commit=None), "commit None"),
        (lambda data: data.pop("environment"), "environment None"),
        (change(pid=-1), "pid -1"),
        (change(pid=True), "pid True"),
        (change(start_s="10"), "start_s '10'"),
        (change(end_s=float("inf")), "end_s inf"),
        (change(start_s=10**400), "before it starts"),
        (change(pid=-(10**5000)), "thousands of digits"),
        (change(end_s=9.0), "ends at 9.0, before it starts at 10.0"),
        (change(histograms=[]), r"histograms is \[\]"),
        (change(histograms={"charge": 5}), "'charge': window in which it is 5"),
        (lambda data: data["histograms"]["charge"].update(count=3), "'charge': histogram with count 3"),
        (change(counters=None), "counters is None"),
        (change(counters={"orders": 17}), "counter 'orders' is 17"),
        (change(counters={"orders": {"value": 17}}), "unit of 'orders' None"),
        (change(counters={"orders": {"unit": "1", "value": 0.5}}), "value of 'orders' 0.5"),
        (change(resources={"cpu_s": "much"}), "cpu_s 'much'"),
        (change(resources={"load1": None}), "load1 None"),
        (change(resources={"load1": -1}), "load1 -1"),
        (change(start_s=-1), "start_s -1"),
        (change(service=["x" * 10_000]), "service"),
    ],
)
def test_a_damaged_window_is_named(damage: Callable[[dict[str, Any]], object], named: str) -> None:
    data = json.loads(window().to_line())
    damage(data)
    with pytest.raises(ValueError, match=named) as caught:
        Window.from_dict(data)
    assert len(str(caught.value)) < 300


def test_what_a_later_program_adds_is_left_out_and_what_was_not_measured_is_nothing() -> None:
    assert Window.from_dict({**window().to_dict(), "more": 1}) == window()
    bare = Window("shop", "v1.0", "prod", 4711, 10.0, 70.0)
    less = {key: one for key, one in bare.to_dict().items() if key not in {"histograms", "counters", "resources"}}
    assert Window.from_dict(less) == bare
    with pytest.raises(ValueError, match="it is 5, not an object"):
        Window.from_dict(5)
