"""The kernel's costs and the choice of places against brute force."""

import itertools
import math

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d

from bench_runner.stats.kernel import FREQUENCIES, Kernel
from bench_runner.stats.segmentation import FEW, MIN_POINTS, _best, _running_maximum, candidates, segment


def likeness(a: float, b: float) -> float:
    return float(Kernel(np.array([a])).sums[1] @ Kernel(np.array([b])).sums[1])


def merit(values: np.ndarray, start: int, end: int) -> float:
    return sum(likeness(a, b) for a in values[start:end] for b in values[start:end]) / (end - start)


def test_the_cosines_stand_for_a_gaussian_kernel() -> None:
    for distance in np.linspace(0, 2.5, 11):
        assert likeness(1.0, 1.0 + distance) == pytest.approx(math.exp(-(distance**2) / 2), abs=0.06)
    assert all(abs(likeness(0.0, float(far))) < 0.6 for far in np.linspace(6, 400, 999))
    assert Kernel(np.zeros(1)).sums.shape == (2, 2 * FREQUENCIES)


def test_merits_and_gains_are_sums_over_pairs() -> None:
    values = np.random.default_rng(1).normal(0, 2, 14)
    kernel = Kernel(values)
    starts, ends = [2, 3, 7], [5, 12]
    merits = kernel.merits(np.array(starts), np.array(ends), 3)
    expected = [[merit(values, a, b) if b - a >= 3 else -math.inf for b in ends] for a in starts]
    assert merits == pytest.approx(np.array(expected))
    whole, left, right = merit(values, 3, 11), merit(values, 3, 7), merit(values, 7, 11)
    places, gains = kernel.gains(4, 1, 3)
    assert places.tolist() == list(range(3, kernel.size - 2))
    assert gains[places == 7] == pytest.approx([left + right - whole])
    assert kernel.split(np.array([3]), np.array([7]), np.array([11])) == pytest.approx([left + right - whole])


def test_the_dynamic_programme_finds_the_best_choice() -> None:
    rng = np.random.default_rng(2)
    for _ in range(25):
        values = rng.normal(0, 1, 24) + 2.5 * (np.arange(24) >= rng.integers(4, 20))
        kernel = Kernel(values)
        places = np.array(sorted(rng.choice(np.arange(3, 22), 7, replace=False)))
        options = [
            chosen
            for k in range(8)
            for chosen in itertools.combinations(places.tolist(), k)
            if all(b - a >= MIN_POINTS for a, b in itertools.pairwise([0, *chosen, 24]))
        ]

        def total(chosen: tuple[int, ...], kernel: Kernel = kernel) -> float:
            edges = np.array([0, *chosen, 24])
            return float(kernel.merits(edges[:-1], edges[1:], 1).diagonal().sum()) - 1.5 * len(chosen)

        found = tuple(int(place) for place in _best(kernel, places, 1.5))
        assert total(found) == pytest.approx(max(map(total, options)))


@pytest.mark.parametrize("radius", [1, 2, 3, 7, 20])
def test_running_maximum(radius: int) -> None:
    values = np.random.default_rng(radius).normal(size=50)
    expected = maximum_filter1d(values, 2 * radius + 1, mode="constant", cval=-np.inf)
    assert _running_maximum(values, radius) == pytest.approx(expected)


def test_a_long_flat_series_has_few_candidates_and_no_levels() -> None:
    values = np.random.default_rng(3).normal(0, 1, 20_000)
    assert len(candidates(Kernel(values))) < 20_000 / 3
    assert len(segment(values)) < 40


@pytest.mark.parametrize("size", range(13))
def test_short_series_have_at_most_the_levels_they_have_room_for(size: int) -> None:
    values = np.where(np.arange(size) < size / 2, 0.0, 50.0)
    places = segment(values)
    assert all(b - a >= MIN_POINTS for a, b in itertools.pairwise([0, *places, size])) or size < MIN_POINTS
    assert not places or size >= 2 * MIN_POINTS


def test_more_survivors_than_one_pass_reaches_over() -> None:
    rng = np.random.default_rng(4)
    truth = list(range(40, 6000, 40))
    values = rng.normal(0, 1, 6000) + 8 * (np.arange(6000) // 40 % 3)
    found = segment(values)
    assert set(found) >= set(truth)
    assert len(found) < 1.1 * len(truth)  # a level of few points beside another is proposed early


def test_a_short_level_between_two_others_is_proposed() -> None:
    values = np.random.default_rng(6).normal(0, 1, 900)
    values[400:] += 30
    values[404:] += 30
    assert {400, 404} <= set(segment(values))


def test_the_newest_points_are_proposed_before_they_can_pay() -> None:
    values = np.random.default_rng(5).normal(0, 1, 300)
    values[297:] += 6
    assert segment(values)[-1:] == [297]
    values[297:] -= 6
    assert all(place > 300 - FEW for place in segment(values))
