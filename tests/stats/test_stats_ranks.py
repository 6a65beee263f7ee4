"""The exact rank test against scipy and against counting every arrangement."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench_runner.stats.ranks import confidence_cut, least_p, midranks, p_value

SMALL = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=5)


@pytest.mark.parametrize(("a", "b"), [(5, 5), (3, 7), (10, 10), (20, 20), (45, 55)])
def test_without_ties_it_is_scipys_exact_mann_whitney(a: int, b: int) -> None:
    rng = np.random.default_rng(a + b)
    for shift in (0.0, 0.5, 1.5):
        x, y = rng.normal(0, 1, a), rng.normal(shift, 1, b)
        expected = stats.mannwhitneyu(x, y, method="exact").pvalue
        assert p_value(x.tolist(), y.tolist()) == pytest.approx(expected, rel=1e-9)


def test_beyond_the_exact_size_it_is_the_normal_approximation() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 50, 80).tolist(), rng.integers(8, 58, 90).tolist()
    expected = stats.mannwhitneyu(x, y, method="asymptotic", use_continuity=False).pvalue
    assert p_value(x, y) == pytest.approx(expected, rel=1e-9)
    assert p_value([1.0] * 80, [1.0] * 90) == 1


@given(SMALL, SMALL)
def test_with_ties_it_counts_every_arrangement(a: list[float], b: list[float]) -> None:
    ranks = midranks([*a, *b])
    middle = len(a) * ranks.mean()
    gap = abs(ranks[: len(a)].sum() - middle)
    sums = [sum(chosen) for chosen in itertools.combinations(ranks.tolist(), len(a))]
    expected = np.mean([abs(one - middle) >= gap - 1e-9 for one in sums])
    assert p_value(a, b) == pytest.approx(expected)


@given(SMALL, SMALL)
def test_it_knows_no_sides_and_no_order(a: list[float], b: list[float]) -> None:
    assert p_value(a, b) == pytest.approx(p_value(b[::-1], a))


def test_midranks_are_scipys() -> None:
    values = [3.0, 1.0, 3.0, 2.0, 3.0, 1.0]
    assert midranks(values).tolist() == stats.rankdata(values).tolist()


def test_the_smallest_p() -> None:
    assert least_p(5, 5) == pytest.approx(p_value([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])) == pytest.approx(0.0079, abs=5e-5)
    assert least_p(1, 1) == 1
    assert p_value([], [1.0]) == 1


@pytest.mark.parametrize(("a", "b", "cut"), [(5, 5, 2), (10, 10, 23), (4, 4, 0), (3, 3, -1), (8, 6, 8)])
def test_the_cut_is_the_tables_critical_value(a: int, b: int, cut: int) -> None:
    """Critical values of U at two-sided 5 %, as printed in every table; -1 where there is none."""
    assert confidence_cut(a, b, 0.05) == cut


def test_the_cut_of_many_is_nearly_exact() -> None:
    exact = confidence_cut(50, 50, 0.05)
    approximate = 50 * 51 / 2 - 1.96 * math.sqrt(50 * 51 * 102 / 12)
    assert confidence_cut(50, 51, 0.05) == math.floor(approximate)
    assert exact == pytest.approx(approximate, abs=30)
