"""The place of a change against the posterior written out."""

import math

import numpy as np
import pytest

from bench_runner.stats.locate import credible, posterior


def normal(values: np.ndarray, level: float) -> np.ndarray:
    return np.array([-((value - level) ** 2) / 2 for value in values])


def test_it_is_what_bayes_says_of_every_place() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        values = rng.normal(0, 1, 20) + 1.5 * (np.arange(20) >= 9)
        old, new = normal(values, 0.0), normal(values, 1.5)
        likelihoods = [math.exp(old[:place].sum() + new[place:].sum()) for place in range(1, 20)]
        assert posterior(old, new) == pytest.approx(np.array(likelihoods) / sum(likelihoods))


def test_a_clear_step_has_one_place() -> None:
    values = np.array([0.0, 0.1, -0.1, 0.0, 10.0, 10.1, 9.9, 10.0])
    weights = posterior(normal(values, 0.0), normal(values, 10.0))
    assert credible(weights) == (3, 3)  # the fourth place: four points are old
    assert weights[3] > 0.999


def test_it_is_the_smallest_set_of_95_percent() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        weights = rng.dirichlet(np.full(15, 0.3))
        kept: list[int] = []
        for place in sorted(range(15), key=lambda place: -weights[place]):
            if sum(weights[one] for one in kept) >= 0.95:
                break
            kept.append(place)
        assert credible(weights) == (min(kept), max(kept))


@pytest.mark.parametrize("jump", [1.0, 2.0, 4.0])
def test_it_covers_the_truth(jump: float) -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(600):
        truth = int(rng.integers(10, 30))
        values = rng.normal(0, 1, 40) + jump * (np.arange(40) >= truth)
        first, last = credible(posterior(normal(values, 0.0), normal(values, jump)))
        covered += first + 1 <= truth <= last + 1
    assert covered / 600 >= 0.93


def test_where_nothing_tells_every_place_is_as_likely() -> None:
    weights = posterior(np.zeros(8), np.zeros(8))
    assert weights == pytest.approx([1 / 7] * 7)
    assert credible(weights) == (0, 6)
