"""What luck makes of many tests: oracles and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammainc
from scipy.stats import false_discovery_control, norm

from bench_runner.stats.discovery import SHARES, _at_least, agreeing, expected, joint, shares


@pytest.mark.parametrize("count", [1, 1.5, 3, 20, 50])
@pytest.mark.parametrize("mean", [1e-9, 0.01, 1, 5, 40, 200])
def test_poissons_tail_is_scipys(count: float, mean: float) -> None:
    assert _at_least(count, mean) == pytest.approx(float(gammainc(count, mean)), rel=1e-9)


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=30))
def test_q_of_single_tests_is_benjamini_and_hochbergs(ps: list[float]) -> None:
    mine = shares([len(ps) * p for p in ps])
    assert mine == pytest.approx(false_discovery_control(ps).tolist())


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=8))
def test_agreement_is_stouffers(ps: list[float]) -> None:
    clarities = [float(norm.isf(p)) for p in ps]
    assert agreeing(clarities) == pytest.approx(float(norm.sf(sum(clarities) / math.sqrt(len(ps)))))


def test_nobody_to_agree_says_nothing() -> None:
    assert agreeing([]) == 1.0
    assert joint(0.01, 1, 1.0) == pytest.approx(0.01 * (1 - math.log(0.01)))


def test_p_of_a_case_is_uniform_without_a_change() -> None:
    rng = np.random.default_rng(3)
    ps = np.sort([joint(float(a), 1, float(b)) for a, b in rng.random((20_000, 2))])
    assert np.abs(ps - np.arange(1, 20_001) / 20_000).max() < 0.015


def test_an_exact_change_is_no_luck() -> None:
    assert joint(0.0, 4, 0.5) == 0.0
    assert expected([0.0], [1], 300, 200) == 0.0


def test_one_case_alone_counts_as_often_as_there_are_cases() -> None:
    assert expected([1e-5], [1], 300, 200) == pytest.approx(SHARES * 300e-5, rel=1e-3)


def test_agreement_in_a_narrow_range_is_surprising_and_in_a_wide_one_is_not() -> None:
    narrow, wide = (expected([0.01] * 6, [width] * 6, 300, 200) for width in (1, 80))
    assert narrow < 1e-6
    assert wide > 0.05


def test_series_that_are_alike_agree_anyway() -> None:
    alone = expected([0.001], [2], 300, 200)
    apart, alike = (expected([0.001] * 5, [2] * 5, 300, 200, likeness=share) for share in (0.0, 1.0))
    assert apart < alone / 100
    assert alone <= alike < 3 * alone


@given(st.lists(st.floats(0, 50), min_size=1, max_size=20))
def test_q_keeps_the_order(expectations: list[float]) -> None:
    qs = shares(expectations)
    pairs = sorted(zip(expectations, qs, strict=True))
    assert [q for _, q in pairs] == sorted(q for _, q in pairs)
    assert all(0 <= q <= 1 for q in qs)


@pytest.mark.slow
def test_groups_that_luck_makes_are_as_many_as_expected() -> None:
    """A thousand projects of 50 cases, each with one move of any p at any of 40 places, grouped by place."""
    rng = np.random.default_rng(8)
    surprising = 0
    for _ in range(1000):
        ps, places = rng.random(50), rng.integers(0, 40, 50)
        worst = min(expected(ps[places == one].tolist(), [1] * int(sum(places == one)), 50, 40) for one in set(places))
        surprising += worst <= 0.2
    assert surprising / 1000 <= 0.2 + 3 * math.sqrt(0.2 * 0.8 / 1000)
    assert surprising / 1000 >= 0.05
