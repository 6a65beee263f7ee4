"""Levels and how much worse one is than another, held to simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.model.budget import Estimate
from bench_runner.stats.estimate import counted, estimate, judge, turned, worse_by


def known(value: float, spread: float = 0.0, points: int = 9) -> Estimate:
    return Estimate(value, value * (1 - spread), value * (1 + spread), points)


def test_a_level_is_the_median_with_its_interval() -> None:
    found = estimate([1.0, 1.1, 0.9, 1.05, 5.0])
    assert (found.value, found.points) == (1.05, 5)
    assert found.low < 0.9
    assert found.high > 1.1


def test_one_value_alone_says_nothing() -> None:
    found = estimate([1.0])
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert judge(found, 0.5) == judge(found, 2.0) == "inconclusive"


def test_no_value_says_nothing() -> None:
    assert judge(estimate([]), 1.0) == "inconclusive"
    assert judge(worse_by(estimate([]), estimate([1.0, 1.0]), "lower"), 0.05) == "inconclusive"


def test_a_counter_needs_one_value() -> None:
    assert counted([7.0]) == Estimate(7.0, 7.0, 7.0, 1)
    assert judge(counted([7.0]), 7.0) == "within"
    assert judge(counted([8.0]), 7.0) == "exceeded"
    assert counted([7.0, 8.0]).high > 8.0


@pytest.mark.parametrize(("value", "verdict"), [(1.2, "exceeded"), (1.05, "inconclusive"), (0.8, "within")])
def test_a_limit_inside_the_interval_is_inconclusive(value: float, verdict: str) -> None:
    assert judge(known(value, 0.1), 1.0) == verdict


def test_a_limit_from_below_is_one_from_above_turned() -> None:
    assert turned(Estimate(2.0, 1.0, 4.0, 3)) == Estimate(-2.0, -4.0, -1.0, 3)
    assert judge(turned(known(90.0, 0.01)), -100.0) == "exceeded"
    assert judge(turned(known(110.0, 0.01)), -100.0) == "within"


def test_worse_follows_the_direction_of_the_metric() -> None:
    assert worse_by(known(1.0), known(1.08), "lower").value == pytest.approx(0.08)
    assert worse_by(known(100.0), known(92.0), "higher").value == pytest.approx(0.08)
    assert worse_by(known(100.0), known(108.0), "higher").value == pytest.approx(-0.08)


def test_nothing_to_compare_with_is_nan_but_nothing_twice_is_no_change() -> None:
    assert math.isnan(worse_by(known(0.0), known(1.0), "lower").value)
    assert worse_by(known(0.0), known(0.0), "lower") == Estimate(0.0, 0.0, 0.0, 9)


@pytest.mark.parametrize("sizes", [(8, 8), (20, 20), (5, 20)])
@pytest.mark.parametrize("kind", ["normal", "heavy"])
def test_the_interval_of_a_ratio_covers_the_truth(sizes: tuple[int, int], kind: str) -> None:
    rng = np.random.default_rng(sizes[0] + len(kind))
    missed = 0
    for _ in range(2000):
        draws = [rng.normal(size=n) if kind == "normal" else rng.standard_t(3, size=n) for n in sizes]
        old, new = (estimate([float(value) for value in np.exp(0.03 * some)]) for some in draws)
        found = worse_by(old, new, "lower")
        missed += not found.low <= 0 <= found.high
    assert missed / 2000 <= 0.01 + 3 * math.sqrt(0.01 * 0.99 / 2000)


@pytest.mark.parametrize("sizes", [(8, 8), (20, 20)])
def test_the_interval_of_a_ratio_is_not_wider_than_it_must_be(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    widths = []
    for _ in range(300):
        old, new = (estimate([float(value) for value in np.exp(0.03 * rng.normal(size=n))]) for n in sizes)
        found = worse_by(old, new, "lower")
        widths.append((found.high - found.low) / 2)
    exact = 2.576 * 0.03 * math.sqrt(math.pi / 2 * (1 / sizes[0] + 1 / sizes[1]))
    assert float(np.median(widths)) < 1.6 * exact


LEVELS = st.builds(
    lambda value, a, b: Estimate(value, value / a, value * b, 9), st.floats(1e-6, 1e6), st.floats(1, 2), st.floats(1, 2)
)


@given(LEVELS, LEVELS, st.sampled_from(["lower", "higher"]), st.floats(1e-3, 1e3))
def test_worse_knows_no_unit(old: Estimate, new: Estimate, better: str, scale: float) -> None:
    def scaled(one: Estimate) -> Estimate:
        return Estimate(one.value * scale, one.low * scale, one.high * scale, one.points)

    found, other = worse_by(old, new, better), worse_by(scaled(old), scaled(new), better)  # type: ignore[arg-type]
    assert [other.value, other.low, other.high] == pytest.approx([found.value, found.low, found.high])
    assert found.low <= found.value <= found.high


@given(LEVELS, LEVELS)
def test_worse_one_way_is_better_the_other(old: Estimate, new: Estimate) -> None:
    there, back = worse_by(old, new, "lower"), worse_by(new, old, "lower")
    assert (1 + there.value) * (1 + back.value) == pytest.approx(1, rel=1e-4)
    assert (1 + there.low) * (1 + back.high) == pytest.approx(1, rel=1e-4)
