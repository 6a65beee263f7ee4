"""The exact rank test against scipy and against counting every arrangement."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench_runner.stats.ranks import confidence_cut, least_p, midranks, p_value, signed_cut, signed_least_p, signed_p

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


@pytest.mark.slow
@given(st.lists(st.floats(-5, 5).filter(lambda gap: gap == 0 or abs(gap) > 1e-6), min_size=1, max_size=12))
def test_signed_p_is_what_flipping_all_signs_gives(gaps: list[float]) -> None:
    found = np.array([gap for gap in gaps if gap != 0])
    if not len(found):
        assert signed_p(gaps) == 1.0
        return
    sizes = stats.rankdata(np.abs(found))
    flips = np.array(list(itertools.product([0, 1], repeat=len(found))))
    sums, observed = flips @ sizes, sizes[found > 0].sum()
    far = np.abs(sums - sizes.sum() / 2) >= abs(observed - sizes.sum() / 2) - 1e-9
    assert signed_p(gaps) == pytest.approx(far.mean())


@pytest.mark.parametrize("pairs", [3, 6, 10, 25, 60])
def test_signed_p_agrees_with_scipy_where_nothing_is_tied(pairs: int) -> None:
    gaps = np.random.default_rng(pairs).normal(0.3, 1, pairs)
    assert signed_p(gaps.tolist()) == pytest.approx(stats.wilcoxon(gaps, method="exact").pvalue)
    assert signed_p(list(range(1, pairs + 1))) == pytest.approx(signed_least_p(pairs))


@pytest.mark.parametrize("pairs", [6, 10, 20])
def test_the_signed_interval_is_the_test_turned_round(pairs: int) -> None:
    gaps = np.random.default_rng(pairs).normal(0, 1, pairs)
    walsh = np.sort([(gaps[i] + gaps[j]) / 2 for i in range(pairs) for j in range(i, pairs)])
    cut = signed_cut(pairs, 0.1)
    low, high = walsh[cut], walsh[-1 - cut]
    for inside in (low + 1e-9, high - 1e-9):
        assert signed_p((gaps - inside).tolist()) > 0.1
    for outside in (low - 1e-9, high + 1e-9):
        assert signed_p((gaps - outside).tolist()) <= 0.1
    assert signed_cut(4, 0.1) == -1
