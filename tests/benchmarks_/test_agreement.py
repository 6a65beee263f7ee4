import math
from typing import Any

from against import agree, verdict


def cell(result: float | None, samples: list[float] | None = None) -> dict[str, Any]:
    return {"result": result, "samples": samples, "stats_number": 1 if samples else None}


def timed(*samples: float) -> dict[str, Any]:
    return cell(sorted(samples)[len(samples) // 2], list(samples))


WIDE = (9.0, 9.2, 9.6, 9.8, 10.0, 10.1, 10.4, 10.8, 11.0)


def test_the_interval_is_asvs() -> None:
    found = verdict.interval(list(WIDE), 1)
    assert found is not None
    assert found[0] >= 9.0
    assert 9.0 <= found[0] < 10.0 < found[1] <= 11.0
    assert verdict.interval([1.0], 1) is None


def test_a_median_inside_the_pooled_interval_agrees() -> None:
    theirs = [{"a": timed(*WIDE), "b": timed(*WIDE)}, {"a": timed(*WIDE), "b": timed(*WIDE)}]
    mine = [{"a": cell(10.1), "b": cell(10.1)}, {"a": cell(9.9), "b": cell(12.0)}, {"a": cell(50.0), "b": cell(12.0)}]
    found = verdict.judge(theirs, mine[:2])
    assert {name: one["inside"] for name, one in found["cases"].items()} == {"a": True, "b": False}
    assert found["share"] == 0.5
    assert (found["missing"], found["rounds"]) == ([], 2)
    assert verdict.judge(theirs, mine)["cases"]["a"]["inside"], "the median of the rounds, not each of them"


def test_the_control_holds_each_round_to_the_others() -> None:
    low, high = timed(*WIDE), timed(*(20 + one for one in WIDE))
    found = verdict.judge([{"a": low}, {"a": high}], [{"a": cell(30.0)}, {"a": cell(10.0)}])
    assert found["control"] == {"asv": 0.0, "ours": 1.0}  # ours of one round lie where asv's of the other do
    same = verdict.judge([{"a": low}, {"a": low}], [{"a": cell(30.0)}, {"a": cell(10.0)}])
    assert same["control"] == {"asv": 1.0, "ours": 0.5}


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
    assert math.isnan(found["share"])


def test_both_styles_of_a_matrix_take_a_requirement(tmp_path: Any) -> None:
    old, new = {"numpy": ["1.26"]}, {"env": {"X": ["1"]}}
    assert agree.configured({"matrix": old}, tmp_path, ["pytz"])["matrix"] == {"req": {"numpy": ["1.26"], "pytz": [""]}}
    assert agree.configured({"matrix": new}, tmp_path, ["pytz"])["matrix"] == {**new, "req": {"pytz": [""]}}
    assert agree.configured({}, tmp_path, [])["matrix"] == {"req": {}}
