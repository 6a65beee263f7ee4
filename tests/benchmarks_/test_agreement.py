import math
from typing import Any

import numpy as np
import pytest
from against import agree, verdict
from scipy.stats import ttest_1samp


def cell(result: float | None, samples: list[float] | None = None) -> dict[str, Any]:
    return {"result": result, "samples": samples, "stats_number": 1 if samples else None}


def timed(*samples: float) -> dict[str, Any]:
    return cell(sorted(samples)[len(samples) // 2], list(samples))


WIDE = (9.0, 9.2, 9.6, 9.8, 10.0, 10.1, 10.4, 10.8, 11.0)


def test_the_interval_over_samples_is_asvs() -> None:
    found = verdict.over_samples([timed(*WIDE)])
    assert found is not None
    assert 9.0 <= found[0] < 10.0 < found[1] <= 11.0
    assert verdict.over_samples([timed(1.0)]) is None


def test_the_interval_over_rounds_is_students() -> None:
    values = [9.7, 10.0, 10.2, 10.4]
    found = verdict.over_rounds([cell(value) for value in values])
    wanted = ttest_1samp(np.log(values), 0.0).confidence_interval(0.99)
    assert found == pytest.approx((np.exp(wanted.low), np.exp(wanted.high)))
    assert verdict.over_rounds([cell(1.0)]) is None


def test_a_median_inside_the_interval_agrees() -> None:
    theirs = [{name: timed(*(shift + one for one in WIDE)) for name in "ab"} for shift in (-0.2, 0.0, 0.2)]
    mine = [{"a": cell(10.1), "b": cell(12.0)}, {"a": cell(9.9), "b": cell(12.0)}, {"a": cell(50.0), "b": cell(12.0)}]
    found = verdict.judge(theirs, mine)
    for kind in verdict.KINDS:
        assert {name: one[kind]["inside"] for name, one in found["cases"].items()} == {"a": True, "b": False}
        assert found["share"][kind] == 0.5
    assert (found["missing"], found["rounds"]) == ([], 3)


def test_the_control_holds_each_round_to_the_others() -> None:
    low, high = timed(*WIDE), timed(*(20 + one for one in WIDE))
    found = verdict.judge([{"a": low}, {"a": high}], [{"a": cell(30.0)}, {"a": cell(10.0)}])
    control = found["control"]["over samples"]
    assert control == {"asv": 0.0, "ours": 1.0}  # ours of one round lie where asv's of the other do
    same = verdict.judge([{"a": low}, {"a": low}], [{"a": cell(30.0)}, {"a": cell(10.0)}])
    assert same["control"]["over samples"] == {"asv": 1.0, "ours": 0.5}


def test_the_control_over_rounds_is_of_the_other_rounds() -> None:
    theirs = [{"a": timed(*(shift + one for one in WIDE))} for shift in (-0.1, 0.0, 0.1, 8.0)]
    found = verdict.judge(theirs, [{"a": cell(10.0)}] * 4)
    assert found["control"]["over rounds"] == {"asv": 0.75, "ours": 1.0}  # the fourth is not among the other three


def test_what_is_missing_is_named() -> None:
    theirs = [{"one.time_a(1)": timed(*WIDE), "one.time_a(2)": timed(*WIDE), "two.track_b": cell(None)}]
    found = verdict.judge(theirs * 2, [{"one.time_a(1)": cell(10.0), "one.time_a(2)": cell(None)}])
    assert (found["missing"], found["missing cases"]) == (["one.time_a"], ["one.time_a(2)"])
    assert "asv ran and we did not: 1 one.time_a" in verdict.text(found)


def test_what_is_measured_once_is_held_to_be_equal() -> None:
    theirs = [{"track_a": cell(7.0), "peakmem_b": cell(100.0)}]
    found = verdict.judge(theirs * 2, [{"track_a": cell(7.0), "peakmem_b": cell(90.0)}])
    assert found["single"] == {"peakmem_b": (100.0, 90.0), "track_a": (7.0, 7.0)}
    assert found["close"] == 0.5
    assert all(map(math.isnan, found["share"].values()))


def test_both_styles_of_a_matrix_take_a_requirement(tmp_path: Any) -> None:
    old, new = {"numpy": ["1.26"]}, {"env": {"X": ["1"]}}
    assert agree.configured({"matrix": old}, tmp_path, ["pytz"])["matrix"] == {"req": {"numpy": ["1.26"], "pytz": [""]}}
    assert agree.configured({"matrix": new}, tmp_path, ["pytz"])["matrix"] == {**new, "req": {"pytz": [""]}}
    assert agree.configured({}, tmp_path, [])["matrix"] == {"req": {}}
