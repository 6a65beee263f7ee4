"""Summaries against binomial and Student quantiles, and their intervals against many simulated samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench_runner.model.metric import TIME, Metric
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import STUDENT, _cut, centres, interval, summarise

COUNT = Metric("instructions", "unit", exact=True)


def sample(*rounds: list[float]) -> Sample:
    return Sample(tuple(Round(tuple(values)) for values in rounds))


def test_the_table_is_students() -> None:
    for freedom, quantile in enumerate(STUDENT, start=1):
        assert quantile == pytest.approx(stats.t.ppf(0.995, freedom), abs=1e-3)


@pytest.mark.parametrize("size", [8, 10, 11, 20, 100, 2000])
def test_the_cut_is_binomial(size: int) -> None:
    cut = _cut(size)
    assert 2 * stats.binom.cdf(cut, size, 0.5) <= 0.01 < 2 * stats.binom.cdf(cut + 1, size, 0.5)


def test_the_round_is_the_unit() -> None:
    summary = summarise(sample([1, 2, 30], [3, 4, 5], [6, 7, 8]), TIME)
    assert (summary.centre, summary.n) == (4, 3)
    assert (summary.q25, summary.q75) == (3, 7)
    assert summary.low < 2
    assert summary.high > 7
    assert centres(sample([1, 2, 30], [float("nan")], [6])) == [2, 6]


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [2, 3, 5, 7, 8, 10, 20])
@pytest.mark.parametrize("kind", ["normal", "t3", "lognormal"])
def test_the_interval_covers_99_percent(rounds: int, kind: str) -> None:
    rng = np.random.default_rng(rounds)
    draw = {"normal": rng.standard_normal, "t3": lambda size: rng.standard_t(3, size), "lognormal": rng.standard_normal}
    size = 0.5 if kind == "lognormal" else 0.03
    covered = 0
    for _ in range(1500):
        low, high = interval(np.exp(size * draw[kind](rounds)).tolist())
        covered += low <= 1 <= high
    assert covered / 1500 >= 0.983


def test_values_of_one_round_give_a_doubted_interval() -> None:
    summary = summarise(sample([1.0, 1.1, 0.9, 1.05]), TIME)
    assert summary.low < 1.025 < summary.high
    assert summary.warnings == ("one round",)
    alone = summarise(sample([1.0]), TIME)
    assert (alone.low, alone.high, alone.q25, alone.q75) == (-math.inf, math.inf, 1, 1)


def test_doubts() -> None:
    assert summarise(sample([1.0], [1.0], [1.0]), TIME).warnings == ("only 3 rounds",)
    assert summarise(sample([1.0], [1.5], [2.0], [2.5], [3.0]), TIME).warnings == ("rounds differ by 37 %",)
    assert summarise(sample(*[[value] for value in (-1.0, 0.0, 1.0, 0.5, -0.5)]), TIME).warnings == (
        "rounds differ much",
    )
    assert summarise(sample(*[[1.0]] * 5), TIME).warnings == ()


def test_exact_values_have_no_width_until_they_differ() -> None:
    assert summarise(sample([7.0], [7.0]), COUNT) == summarise(sample([7.0], [7.0]), COUNT)
    exact = summarise(sample([7.0], [7.0]), COUNT)
    assert (exact.centre, exact.low, exact.high, exact.warnings) == (7, 7, 7, ())
    loose = summarise(sample([7.0], [8.0], [7.0], [7.0], [7.0]), COUNT)
    assert loose.low < 7 < loose.high
    assert loose.warnings == ("declared exact but its values differ",)


@pytest.mark.parametrize("rounds", [[], [[]], [[math.nan, math.inf]]])
def test_nothing_measured(rounds: list[list[float]]) -> None:
    summary = summarise(sample(*rounds), TIME)
    assert math.isnan(summary.centre)
    assert (summary.n, summary.warnings) == (0, ("no values",))


@given(st.lists(st.lists(st.floats(), max_size=5), max_size=12))
def test_any_values_give_an_ordered_summary(rounds: list[list[float]]) -> None:
    summary = summarise(sample(*rounds), TIME)
    if summary.n:
        assert summary.low <= summary.centre <= summary.high
        assert summary.q25 <= summary.q75


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=12), st.floats(0.001, 1000))
def test_the_unit_does_not_matter(values: list[float], factor: float) -> None:
    one, other = (summarise(sample(*[[value * by] for value in values]), TIME) for by in (1.0, factor))
    assert (other.centre, other.low) == pytest.approx((one.centre * factor, one.low * factor), rel=1e-6)
