"""The place of a change against the posterior written out."""

import math

import numpy as np
import pytest

from bench_runner.stats.locate import credible


def test_a_clear_step_has_one_place() -> None:
    values = np.array([0.0, 0.1, -0.1, 0.0, 10.0, 10.1, 9.9, 10.0])
    assert credible(values, 4, (0.0, 10.0), 1.0) == (4, 4)


def test_it_is_the_smallest_set_of_95_percent() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        values = rng.normal(0, 1, 20) + 1.5 * (np.arange(20) >= 9)
        weights = {}
        for place in range(1, 20):
            rest = np.where(np.arange(20) < place, values, values - 1.5)
            weights[place] = math.exp(-float(9 * np.log1p(rest**2 / 9).sum()) / 2)
        total, kept, sum_ = sum(weights.values()), [], 0.0
        for place in sorted(weights, key=lambda place: -weights[place]):
            if sum_ >= 0.95 * total:
                break
            kept.append(place)
            sum_ += weights[place]
        best = max(weights, key=lambda place: weights[place])
        assert credible(values, best, (0.0, 1.5), 1.0) == (min(kept), max(kept))


@pytest.mark.parametrize("jump", [1.0, 2.0, 4.0])
def test_it_covers_the_truth(jump: float) -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(600):
        truth = int(rng.integers(10, 30))
        values = rng.normal(0, 1, 40) + jump * (np.arange(40) >= truth)
        first, last = credible(values, truth, (0.0, jump), 1.0)
        covered += first <= truth <= last
    assert covered / 600 >= 0.93


def test_the_ends_of_the_stretch_bound_it() -> None:
    values = np.zeros(8)
    first, last = credible(values, 4, (0.0, 0.0), 1.0)
    assert (first, last) == (1, 7)


def test_a_point_a_little_beside_its_level_is_not_taken_for_one_of_a_level_far_away() -> None:
    values = np.array([128.75] * 14 + [128.79] + [181.31] * 14)
    assert credible(values, 15, (128.75, 181.31), 0.01**2) == (15, 15)
