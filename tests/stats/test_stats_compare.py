"""Comparisons of rounds: oracles for each number, and false alarms and power over many simulated tables."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench_runner.model.metric import TIME, Metric
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.stats.compare import _p, _welch, adjust, compare, compare_rounds, judge
from bench_runner.stats.ranks import least_p

SPEED = Metric("rate", "calls/s", better="higher")
COUNT = Metric("instructions", "unit", exact=True)


def test_welch_is_scipys() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, b = rng.normal(0, 1, 5), rng.normal(1, 3, 9)
        assert _welch(a, b) == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)
    assert _welch(np.array([1.0, 1.0]), np.array([2.0, 2.0])) == 0


def test_welch_speaks_only_where_ranks_are_exhausted() -> None:
    apart, crossing = np.array([5.0, 6, 7, 8, 9]), np.array([0.5, 1, 2, 5.5, 6.5])
    zero = np.array([0.0, 1, 2, 3, 4])
    assert _p(zero, apart, least_p(5, 5)) == pytest.approx(stats.ttest_ind(zero, apart, equal_var=False).pvalue)
    exact = stats.mannwhitneyu(crossing, apart, method="exact").pvalue
    assert _p(crossing, apart, least_p(5, 5)) == pytest.approx(exact)


@pytest.mark.parametrize("level", [0.05, 0.0079, 0.001])
@pytest.mark.parametrize("kind", ["normal", "t3", "outliers"])
def test_p_is_below_a_level_no_oftener_than_it_says(level: float, kind: str) -> None:
    rng = np.random.default_rng(2)
    tables = 6000
    values = rng.standard_t(3, (tables, 10)) if kind == "t3" else rng.normal(0, 1, (tables, 10))
    if kind == "outliers":
        values += 20 * (rng.random((tables, 10)) < 0.1)
    alarms = sum(_p(row[:5], row[5:], least_p(5, 5)) <= level for row in values)
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
    assert not loose.exact


@pytest.mark.parametrize(("before", "after"), [([1.0], [2.0]), ([1.0, 1.1, 1.2], [2.0, 2.1, 2.2])])
def test_too_few_rounds_say_so(before: list[float], after: list[float]) -> None:
    contrast = compare_rounds(before, after, TIME)
    assert contrast.warnings == ("too few rounds to decide",)
    assert (contrast.ratio_low, contrast.ratio_high) == (0, math.inf)


def test_samples_go_by_round_and_summaries_by_interval() -> None:
    a, b = (Sample(tuple(Round((value, value * 9)) for value in values)) for values in ([1.0, 2, 3], [4.0, 5, 6]))
    assert compare(a, b, TIME) == compare_rounds([5.0, 10.0, 15.0], [20.0, 25.0, 30.0], TIME)
    old, new = Summary(1.0, 0.99, 1.01, 9), Summary(1.1, 1.09, 1.11, 9)
    contrast = compare(old, new, TIME)
    error = math.hypot(0.02, 0.02) / (2 * stats.norm.ppf(0.995))
    assert contrast.p == pytest.approx(2 * stats.norm.sf(0.1 / error), rel=0.01)
    assert contrast.ratio_low == pytest.approx(1.1 - stats.norm.ppf(0.975) * error, rel=1e-3)
    unknown = compare(old, Summary(1.1, -math.inf, math.inf, 1), TIME)
    assert (unknown.p, judge(unknown, unknown.p, TIME)) == (1, "undecided")


def test_zero_and_negative_values() -> None:
    grown = compare_rounds([0.0] * 5, [4.0] * 5, TIME)
    assert (grown.ratio, judge(grown, grown.p, TIME)) == (math.inf, "slower")
    still = compare_rounds([0.0] * 5, [0.0] * 5, TIME)
    assert judge(still, still.p, TIME) == "unchanged"
    falling = compare_rounds([-1.0, -1.1, -0.9, -1.0, -1.05], [-5.0, -5.1, -4.9, -5.0, -5.2], TIME)
    assert math.isnan(falling.ratio)
    assert judge(falling, falling.p, TIME) == "faster"
    assert compare_rounds([], [1.0], TIME).warnings == ("no values",)


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=8), st.lists(st.floats(0.1, 10), min_size=2, max_size=8))
def test_swapping_sides_inverts_the_ratio(a: list[float], b: list[float]) -> None:
    there, back = compare_rounds(a, b, TIME), compare_rounds(b, a, TIME)
    assert there.p == pytest.approx(back.p)
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert there.ratio_low <= there.ratio <= there.ratio_high
