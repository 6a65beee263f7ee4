"""Windows of processes joined: the same in any order, with nothing lost."""

import math
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent.parent / "exchange"))

from fabricated_windows import window

from bench_runner.instrument.windows import Window
from bench_runner.model.production import JointWindow, cut, joined

WINDOWS = st.builds(
    lambda pid, start, length, calls, value: window(
        {"f": 0.01},
        pid=pid,
        start_s=start,
        end_s=start + length,
        calls=calls,
        counters={"c": {"unit": "1", "value": value}},
        resources={"cpu_s": value, "rss_bytes": value},
    ),
    st.integers(1, 5),
    st.floats(1e9, 1e9 + 300),
    st.floats(0, 90),
    st.integers(0, 5),
    st.floats(0, 1e6),
)


@given(st.lists(WINDOWS, min_size=1, max_size=10), st.integers(1, 120), st.randoms(use_true_random=False))
def test_joining_is_the_same_in_any_order_and_in_any_number_of_goes(
    windows: list[Window], width: int, rng: random.Random
) -> None:
    singles = [JointWindow.of(one, width) for one in windows]
    whole = cut(singles)
    shuffled = rng.sample(singles, len(singles))
    half = rng.randrange(len(singles) + 1)
    assert cut(shuffled) == whole
    assert cut([*cut(shuffled[:half]), *shuffled[half:]]) == whole
    assert sum(one.spent_ns for one in whole) == sum(one.spent_ns for one in singles)
    assert sum(one.sums["cpu_s"] for one in whole) == sum(one.sums["cpu_s"] for one in singles)
    assert sum(one.histograms["f"].count for one in whole) == sum(one.histograms["f"].count for one in windows)
    assert max(one.levels["rss_bytes"] for one in whole) == max(one.resources["rss_bytes"] for one in windows)


@given(WINDOWS, st.integers(1, 7200))
def test_a_window_falls_into_the_stretch_in_which_it_starts(one: Window, width: int) -> None:
    found = JointWindow.of(one, width)
    assert found.start_ms % (1000 * width) == 0
    assert found.start_ms / 1000 <= one.start_s < found.start_ms / 1000 + width


def test_whole_numbers_stay_whole_however_large() -> None:
    value = 2**80 + 1
    one = JointWindow.of(window({}, counters={"c": {"unit": "By", "value": value}}), 60)
    assert one.counters["c"] == ("By", value * 10**9)


def test_units_that_disagree_do_not_depend_on_the_order() -> None:
    a, b = (
        JointWindow.of(window({}, pid=pid, counters={"c": {"unit": unit, "value": 1}}), 60)
        for pid, unit in ((1, "s"), (2, "ms"))
    )
    assert joined([a, b]).counters == joined([b, a]).counters == {"c": ("ms", 2 * 10**9)}
    assert a.processes == 1
    assert joined([a, b]).processes == 2
    assert math.isclose(joined([a, b]).spent_ns, 120e9)


def test_another_content_has_another_digest() -> None:
    one, other = window({"f": 0.01}), window({"f": 0.02})
    assert JointWindow.of(one, 60).members[0].digest != JointWindow.of(other, 60).members[0].digest
    assert JointWindow.of(one, 60).members == JointWindow.of(Window.from_dict(one.to_dict()), 60).members
    with pytest.raises(ValueError, match="ends"):
        Window.from_dict({**one.to_dict(), "end_s": 0.0})
