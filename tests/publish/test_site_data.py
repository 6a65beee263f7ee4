import json
import math
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from fabricate import MEMORY, TIME, material
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.model.benchmark import Case
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish import data
from bench_runner.publish.data import commit_scripts, encode, resolution, series_scripts
from bench_runner.publish.views import Script

KEY = SeriesKey(Case("suite.time_x"), "uv-py3.13", "ryzen-lab")
SIZES = st.floats(1e-12, 1e12)


def series(values: list[float], width: float = 0.0) -> Series:
    shas = [f"{at:040x}" for at in range(len(values))]
    low, high = ([value * (1 + sign * width) for value in values] for sign in (-1, 1))
    return Series(KEY, TIME, [3 * at for at in range(len(values))], shas, values, low, high)


def decoded(coded: dict[str, Any]) -> list[float]:
    """As the browser does it."""
    last, found = 0, []
    for delta in coded["v"]:
        last += delta or 0
        found.append(math.nan if delta is None else last * coded["k"])
    return found


def content(script: Script) -> Any:
    return json.loads(script.text[script.text.index("(") + 1 : script.text.rindex(")")])


@given(st.lists(SIZES | st.just(math.nan), min_size=1, max_size=40))
def test_values_come_back_within_the_resolution(values: list[float]) -> None:
    coded: Any = encode(series(values), slice(None))
    assert json.dumps(coded, allow_nan=False)
    for before, after in zip(values, decoded(coded), strict=True):
        assert math.isnan(before) == math.isnan(after)
        assert math.isnan(before) or abs(before - after) <= 0.51 * coded["k"] + 1e-12 * before


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=40))
def test_values_of_one_order_keep_four_digits(values: list[float]) -> None:
    found = decoded(encode(series(values), slice(None)))
    assert all(abs(a - b) <= 1e-4 * a for a, b in zip(values, found, strict=True))


@given(st.lists(st.integers(0, 2**49), min_size=1, max_size=40))
def test_whole_numbers_are_exact(values: list[int]) -> None:
    one = replace(series([float(value) for value in values]), metric=MEMORY)
    assert decoded(encode(one, slice(None))) == values


def test_odd_values_do_not_break_the_script() -> None:
    values = [math.inf, -math.inf, math.nan, 0.0, -1.5, 5e-324, 1.7e308]
    json.dumps(encode(series(values, width=0.5), slice(None)), allow_nan=False)


def test_revisions_are_deltas() -> None:
    coded: Any = encode(series([1.0, 2.0, 3.0]), slice(None))
    assert list(accumulate(coded["r"])) == [0, 3, 6]


def test_an_interval_of_no_width_is_left_out() -> None:
    assert "l" not in encode(series([1.5, 2.5]), slice(None))
    assert encode(series([1.5, 2.5], width=0.1), slice(None))["l"] == pytest.approx([1500, 2500])


@pytest.mark.parametrize("factor", [1.0, 1.02, 0.97])
def test_the_resolution_stays_while_values_scatter(factor: float) -> None:
    values = np.asarray([0.00213] * 50)
    assert resolution(np.append(values, 0.00213 * factor)) == resolution(values) == 2e-7


def test_a_new_commit_leaves_old_chunks_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "CHUNK", 20)
    points = [1 + math.sin(at) / 50 for at in range(46)]
    texts: list[dict[str, str]] = []
    for count in (45, 46):
        one = replace(series(points[:count], width=0.01), revisions=range(count))
        scripts = (*commit_scripts(material(commits=count)), *series_scripts("page", [one], range(count))[0])
        texts.append({script.path: script.text for script in scripts})
    changed = [path for path, text in texts[1].items() if texts[0].get(path) != text]
    assert changed == ["data/commits/2.js", "data/s/page.0.2.js"]
    assert len(texts[1]) == 6


def test_commits_are_listed_once_each() -> None:
    made = material(commits=30)
    chunk = content(commit_scripts(made)[0])
    assert list(accumulate(chunk["r"])) == list(range(30))
    assert [1000 * time for time in accumulate(chunk["t"])] == [one.time_ms for one in made.commits]
    assert chunk["s"][7] == made.commits[7].sha[:12]
    assert chunk["m"][0] == "Bump minimum compiler to C17"


def test_many_series_are_spread_over_shelves() -> None:
    some = [replace(series([1.0]), key=replace(KEY, machine=f"m{number}")) for number in range(20)]
    shelves = series_scripts("page", some, [0])
    assert [len(content(shelf[0])) for shelf in shelves] == [8, 8, 4]
