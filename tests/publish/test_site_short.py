"""What could not be tested is not called unchanged, and what is not known is not drawn."""

import math
from dataclasses import replace

import pytest
from fabricate import MEMORY, TIME, Jump, Plan, material
from rendering import plain, rendered

from bench_runner.model.benchmark import Case
from bench_runner.model.metric import Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.data import encode
from bench_runner.publish.levels import short
from bench_runner.publish.present import Presenter, margin, spread

ONE = (("vm", "uv-py3.13"),)
QUIET = (Plan("suite.time_x", 1.0), Plan("suite.time_y", 2.0))


def series(values: list[float], *, metric: Metric = TIME, segments: tuple[int, ...] = (0,)) -> Series:
    shas = [f"{at:040x}" for at in range(len(values))]
    key = SeriesKey(Case("suite.time_x"), "uv-py3.13", "vm")
    return Series(key, metric, range(len(values)), shas, values, values, values, segments)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (series([1.0] * 5), True),
        (series([1.0] * 6), False),
        (series([1.0] * 5 + [math.nan] * 9), True),
        (series([1.0] * 10, segments=(0, 5)), True),
        (series([1.0] * 10, segments=(0, 4)), False),
        (series([]), True),
        (series([1.0], metric=MEMORY), True),
        (series([1.0, 1.0], metric=MEMORY), False),
    ],
)
def test_a_series_is_short_when_no_segment_can_show_a_change(one: Series, expected: bool) -> None:
    assert short(one) is expected


def test_short_series_are_not_called_unchanged() -> None:
    made = material(QUIET, commits=4, places=ONE)
    index, page = (plain(rendered(made, path)) for path in ("^index", "^b/"))
    assert "No change found; 2 of 2 series are too short to judge" in index
    assert "No change found; 1 of 1 series is too short to judge" in page
    assert "noise" not in index
    assert "within its noise" not in page


def test_long_series_still_are() -> None:
    made = material(QUIET, commits=20, places=ONE)
    assert "Nothing moved beyond its noise." in plain(rendered(made, "^index"))
    assert "None: every series stays within its noise." in plain(rendered(made, "^b/"))


def test_beside_changes_the_short_ones_are_counted_too() -> None:
    made = material((Plan("suite.time_x", 1.0, jumps=(Jump(9, 1.5),)), QUIET[1]), commits=20, places=ONE)
    cut = replace(made, series=[made.series[0], replace(made.series[1], segments=(0, *range(1, 20)))])
    index = plain(rendered(cut, "^index"))
    assert "The rest did not move" not in index
    assert "1 of 2 series is too short to judge" in index


def test_a_project_without_a_change_has_a_landing_page() -> None:
    index = rendered(material(QUIET, commits=4, places=ONE), "^index")
    assert index.count('class="spark"') == 2
    assert "suite.time_x" in index.replace("<wbr>", "")
    assert 'class="spark"' not in rendered(material((), commits=4, places=ONE), "^index")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.99, 1.01, "±1.0 %"),
        (0.1, 1.9, "±90 %"),
        (1 / 470, 940.0, "±> 100 %"),
        (-math.inf, math.inf, ""),
        (1.0, 1.0, ""),
    ],
)
def test_an_interval_of_many_times_the_value_has_no_number(low: float, high: float, expected: str) -> None:
    assert spread(1.0, low, high) == expected


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected"),
    [
        (1.5, 1.4, 1.6, "±10"),
        (500.0, 490.0, 510.0, "±1000"),
        (1.5, 0.01, 900.0, "±> 100"),
        (0.5, 0.0, 1.2, "±60"),
    ],
)
def test_so_has_a_change(ratio: float, low: float, high: float, expected: str) -> None:
    assert margin(ratio, low, high) == expected


def test_pages_have_no_absurd_margin() -> None:
    made = material(QUIET, commits=8, places=ONE)
    wide = [replace(one, low=[0.0] * 8, high=[value * 940 for value in one.values]) for one in made.series]
    text = rendered(replace(made, series=wide), "^benchmarks")
    assert "±&gt; 100 %" in text
    assert "47000" not in text
    assert Presenter(made).newest(wide[0]).margin == "±> 100 %"


def test_the_newest_number_comes_with_its_doubts() -> None:
    made = material(QUIET, commits=8, places=ONE)
    first, *rest = made.series
    doubts = [*["long ago"] * 7, "2 of 5 rounds disturbed: others used 62 % of the CPU <b>"]
    text = rendered(replace(made, series=[replace(first, doubts=doubts), *rest]), "^b/suite-time_x")
    assert "2 of 5 rounds disturbed: others used 62 % of the CPU &lt;b&gt;" in text
    assert "long ago" not in text
    assert "doubt" not in rendered(made, "^b/suite-time_x")


def test_an_unknown_interval_is_not_one_of_no_width() -> None:
    one = replace(series([1.5, 2.5, 3.5]), low=[-math.inf, 2.4, math.nan], high=[math.inf, 2.6, math.nan])
    coded = encode(one, slice(None))
    assert coded["l"] == [None, 1000, None]
    assert coded["h"] == [None, 1000, None]
    failed = replace(series([1.5, math.nan]), low=[1.5, math.nan], high=[1.5, math.nan])
    assert "l" not in encode(failed, slice(None))
