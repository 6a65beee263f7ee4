"""Comparisons of rounds: oracles for each number, and false alarms and power over many simulated tables."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench_runner.model.metric import TIME, Metric
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.stats.compare import _test, _welch, adjust, compare, compare_rounds, judge

SPEED = Metric("rate", "calls/s", better="higher")
COUNT = Metric("instructions", "unit", exact=True)
BYTES = Metric("memory", "bytes")


def test_welch_is_scipys() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = rng.normal(0, 1, 5), rng.normal(1, 3, 9)
        found, oracle = _welch(a, b), stats.ttest_ind(b, a, equal_var=False)
        assert found.p == pytest.approx(oracle.pvalue)
        assert (found.low, found.high) == pytest.approx(tuple(oracle.confidence_interval(0.95)))
    same = _welch(np.array([1.0, 1.0]), np.array([2.0, 2.0]))
    assert (same.p, same.low, same.high) == (0, 1, 1)
    tiny = 1e-160 * np.arange(3)
    assert _welch(tiny, tiny + 1).p == pytest.approx(0)


def test_welch_speaks_only_where_ranks_are_exhausted() -> None:
    apart, crossing = np.array([5.0, 6, 7, 8, 9]), np.array([0.5, 1, 2, 5.5, 6.5])
    zero = np.array([0.0, 1, 2, 3, 4])
    assert _test(zero, apart).p == pytest.approx(stats.ttest_ind(zero, apart, equal_var=False).pvalue)
    exact = stats.mannwhitneyu(crossing, apart, method="exact").pvalue
    assert _test(crossing, apart).p == pytest.approx(exact)


def test_the_interval_is_of_the_test_that_gave_p() -> None:
    contrast = compare_rounds([1.0, 1.01, 0.99], [2.0, 2.02, 1.98], TIME)
    oracle = stats.ttest_ind(np.log([2.0, 2.02, 1.98]), np.log([1.0, 1.01, 0.99]), equal_var=False)
    interval = oracle.confidence_interval(0.95)
    assert contrast.p == pytest.approx(oracle.pvalue)
    assert (contrast.ratio_low, contrast.ratio_high) == pytest.approx(
        (math.exp(interval.low), math.exp(interval.high)), rel=1e-3
    )
    assert judge(contrast, contrast.p, TIME) == "slower"
    assert contrast.reason("slower") == ""


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 2), (1, 9), (2, 5)])
def test_welch_does_not_decide_on_fewer_than_three_rounds(before: int, after: int) -> None:
    old, new = [1 + k / 1e4 for k in range(before)], [9 + k / 1e4 for k in range(after)]
    contrast = compare_rounds(old, new, TIME)
    assert not contrast.tested
    assert (contrast.ratio_low, contrast.ratio_high) == (0, math.inf)
    assert judge(contrast, contrast.p, TIME) == "undecided"
    assert contrast.reason("undecided") == "too few rounds to decide"


def test_ranks_decide_on_two_rounds_among_many() -> None:
    contrast = compare_rounds([1.0, 1.1], [2 + k / 100 for k in range(8)], TIME)
    assert contrast.p == pytest.approx(2 / 45)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [3, 5])
@pytest.mark.parametrize("level", [0.05, 0.0079, 0.001])
@pytest.mark.parametrize("kind", ["normal", "t3", "outliers"])
def test_p_is_below_a_level_no_oftener_than_it_says(level: float, kind: str, rounds: int) -> None:
    rng = np.random.default_rng(2)
    tables, size = 6000, 2 * rounds
    values = rng.standard_t(3, (tables, size)) if kind == "t3" else rng.normal(0, 1, (tables, size))
    if kind == "outliers":
        values += 20 * (rng.random((tables, size)) < 0.1)
    alarms = sum(_test(row[:rounds], row[rounds:]).p <= level for row in values)
    assert alarms / tables <= level + 3 * math.sqrt(level / tables)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_adjust_is_benjamini_and_hochbergs(ps: list[float]) -> None:
    expected = stats.false_discovery_control(ps, method="bh") if ps else []
    assert adjust(ps) == pytest.approx(list(expected))


def test_ratio_and_interval() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(500):
        a, b = np.exp(rng.normal(0, 0.03, 10)), np.exp(rng.normal(math.log(1.1), 0.03, 10))
        contrast = compare_rounds(a.tolist(), b.tolist(), TIME)
        assert contrast.ratio == pytest.approx(np.median(b) / np.median(a))
        covered += contrast.ratio_low <= 1.1 <= contrast.ratio_high
    assert 0.93 <= covered / 500 <= 0.99


def test_five_rounds_show_a_large_change_even_in_a_long_table() -> None:
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(100):
        a, b = np.exp(rng.normal(0, 0.03, 5)), np.exp(rng.normal(math.log(1.3), 0.03, 5))
        contrast = compare_rounds(a.tolist(), b.tolist(), TIME)
        q = adjust([contrast.p] + [0.5] * 49)[0]
        found += judge(contrast, q, TIME) == "slower"
    assert found >= 97


@pytest.mark.slow
def test_an_unchanged_table_names_nothing() -> None:
    rng = np.random.default_rng(5)
    red = 0
    for _ in range(150):
        rows = np.exp(rng.standard_t(4, (20, 10)) * 0.03)
        contrasts = [compare_rounds(row[:5].tolist(), row[5:].tolist(), TIME) for row in rows]
        qs = adjust([one.p for one in contrasts])
        red += any(judge(one, q, TIME) in {"slower", "faster"} for one, q in zip(contrasts, qs, strict=True))
    assert red / 150 <= 0.05


def test_verdicts() -> None:
    base = [1.0, 1.001, 0.999, 1.0005, 0.9995]
    slow = [value * 1.2 for value in base]
    slower = compare_rounds(base, slow, TIME)
    assert judge(slower, slower.p, TIME) == "slower"
    assert judge(slower, slower.p, SPEED) == "faster"
    assert judge(slower, 0.2, TIME) == "undecided"
    tiny = compare_rounds(base, [value * 1.01 for value in base], TIME)
    assert judge(tiny, tiny.p, TIME) == "unchanged"
    noisy = compare_rounds([1.0, 1.3, 0.8, 1.1, 0.9], [1.2, 0.8, 1.0, 0.9, 1.15], TIME)
    assert judge(noisy, noisy.p, TIME) == "undecided"


def test_exact_metrics_are_compared_exactly() -> None:
    same, more = compare_rounds([7.0], [7.0, 7.0], COUNT), compare_rounds([1_000_000.0], [1_000_001.0], COUNT)
    assert (same.p, judge(same, 0.0, COUNT)) == (1, "unchanged")
    assert (more.p, judge(more, 0.0, COUNT)) == (0, "slower")
    loose = compare_rounds([7.0, 8.0], [7.0, 7.0], COUNT)
    assert not loose.certain


def test_three_rounds_that_overlap_say_that_they_are_few() -> None:
    contrast = compare_rounds([1.0, 1.1, 1.2], [1.15, 1.3, 1.4], TIME)
    assert contrast.tested
    assert judge(contrast, contrast.p, TIME) == "undecided"
    assert contrast.reason("undecided") == "too few rounds to decide"


def once(before: float, after: float, kind: str, metric: Metric = BYTES) -> tuple[str, str]:
    contrast = compare(*(Sample((Round((value,)),)) for value in (before, after)), metric, kind)
    assert not contrast.tested
    verdict = judge(contrast, contrast.p, metric)
    return verdict, contrast.reason(verdict)


def test_what_is_measured_once_is_judged_by_its_kind() -> None:
    exact, floor = "measured once, taken as exact", "measured once: judged by a floor of 5 %"
    assert once(1000, 1030, "memory") == ("slower", exact)
    assert once(1000, 700, "memory") == ("faster", exact)
    assert once(1000, 1015, "memory") == ("unchanged", exact)
    assert once(1000, 1100, "peakmemory") == ("slower", floor)
    assert once(1000, 900, "peakmemory") == ("faster", floor)
    assert once(1000, 1040, "peakmemory") == ("unchanged", floor)
    assert once(1000, 1010, "instr") == ("slower", "measured once: judged by a floor of 0.5 %")
    assert once(1000, 1004, "instr")[0] == "unchanged"
    assert once(1000, 5000, "track", SPEED) == ("undecided", "measured once: not tested")
    assert once(1000, 5000, "time", TIME) == ("undecided", "too few rounds to decide")


def test_what_is_measured_once_has_no_interval_unless_it_is_exact() -> None:
    bounds = {
        kind: (found.ratio_low, found.ratio_high)
        for kind in ("memory", "peakmemory", "track")
        for found in [compare(*(Sample((Round((value,)),)) for value in (10.0, 12.0)), BYTES, kind)]
    }
    assert bounds == {"memory": (1.2, 1.2), "peakmemory": (0, math.inf), "track": (0, math.inf)}


def test_asvs_files_measured_once_are_judged_alike() -> None:
    for unknown in (math.nan, math.inf):
        old, new = (Summary(value, -unknown, unknown, 1) for value in (1000.0, 1100.0))
        contrast = compare(old, new, BYTES, "peakmemory")
        assert judge(contrast, contrast.p, BYTES) == "slower"
        mixed = compare(Sample((Round((1000.0,)),)), new, BYTES, "memory")
        assert mixed.reason("slower") == "measured once, taken as exact"


def test_a_peak_of_one_round_is_held_against_several_by_the_floor() -> None:
    several, one = Sample((Round((1000.0,)), Round((1001.0,)), Round((1002.0,)))), Sample((Round((1100.0,)),))
    contrast = compare(several, one, BYTES, "peakmemory")
    assert (judge(contrast, contrast.p, BYTES), contrast.tested) == ("slower", False)
    assert contrast.reason("slower") == "measured once: judged by a floor of 5 %"


def test_memory_measured_in_several_rounds_is_tested() -> None:
    old, new = (Sample(tuple(Round((value + k,)) for k in range(5))) for value in (1000.0, 1500.0))
    assert compare(old, new, BYTES, "peakmemory") == compare(old, new, BYTES)
    assert compare(old, new, BYTES, "peakmemory").tested


def test_a_metric_declared_exact_is_compared_exactly_whatever_its_kind() -> None:
    old, new = (Sample((Round((value,)),)) for value in (100.0, 101.0))
    contrast = compare(old, new, COUNT, "track")
    assert (contrast.p, judge(contrast, 0.0, COUNT), contrast.reason("slower")) == (0, "slower", "")


def test_samples_go_by_round_and_summaries_by_interval() -> None:
    a, b = (Sample(tuple(Round((value, value * 9)) for value in values)) for values in ([1.0, 2, 3], [4.0, 5, 6]))
    assert compare(a, b, TIME) == compare_rounds([5.0, 10.0, 15.0], [20.0, 25.0, 30.0], TIME)
    old, new = Summary(1.0, 0.99, 1.01, 9), Summary(1.1, 1.09, 1.11, 9)
    contrast = compare(old, new, TIME)
    error = math.hypot(0.02, 0.02) / (2 * stats.norm.ppf(0.995))
    assert contrast.p == pytest.approx(2 * stats.norm.sf(0.1 / error), rel=0.01)
    assert contrast.ratio_low == pytest.approx(1.1 - stats.norm.ppf(0.975) * error, rel=1e-3)
    unknown = compare(old, Summary(1.1, -math.inf, math.inf, 1), TIME)
    assert not unknown.tested
    assert judge(unknown, unknown.p, TIME) == "undecided"
    assert unknown.reason("undecided") == "neither rounds nor an interval kept: not tested"


def test_zero_and_negative_values() -> None:
    grown = compare_rounds([0.0] * 5, [4.0] * 5, TIME)
    assert (grown.ratio, judge(grown, grown.p, TIME)) == (math.inf, "slower")
    still = compare_rounds([0.0] * 5, [0.0] * 5, TIME)
    assert judge(still, still.p, TIME) == "unchanged"
    falling = compare_rounds([-1.0, -1.1, -0.9, -1.0, -1.05], [-5.0, -5.1, -4.9, -5.0, -5.2], TIME)
    assert math.isnan(falling.ratio)
    assert judge(falling, falling.p, TIME) == "faster"
    assert compare_rounds([], [1.0], TIME).warnings == ("no values",)


@pytest.mark.slow
@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=8), st.lists(st.floats(0.1, 10), min_size=2, max_size=8))
def test_swapping_sides_inverts_the_ratio(a: list[float], b: list[float]) -> None:
    there, back = compare_rounds(a, b, TIME), compare_rounds(b, a, TIME)
    assert there.p == pytest.approx(back.p, nan_ok=True)
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert there.ratio_low <= there.ratio <= there.ratio_high
