"""What chance reaches in series without a step, held against series without a step."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from test_stats_clarity import remembering

from bench_runner.stats.clarity import Noise, noise, residuals
from bench_runner.stats.luck import SIZES, Lots, Tail, _largest, wandering
from bench_runner.stats.noise import Array

Make = Callable[[np.random.Generator, int], Array]
KINDS: dict[str, Make] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "heavy": lambda rng, size: rng.standard_t(3, size),
    "memory": lambda rng, size: remembering(rng, 0.6, size),
    "two states": lambda rng, size: 0.4 * rng.normal(size=size) + 2.5 * (rng.random(size) < 0.3),
    "spiky": lambda rng, size: 0.5 * rng.normal(size=size) + 12 * (rng.random(size) < 0.02) * rng.random(size),
}


def least(values: Array, lots: Lots) -> float:
    """The smallest chance of any step in a series that has none."""
    edges = [0, len(values)]
    left = residuals(values, edges)
    seen = noise(left, edges)
    luck = lots.luck(len(values), seen, left)
    sizes = [size for size in SIZES if 2 * size <= len(values)]
    largest = _largest(left[None, :])
    return min(luck.beyond(float(one[0]), size, len(values)) for one, size in zip(largest, sizes, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_chance_reaches_a_p_no_more_often_than_it_says(kind: str) -> None:
    rng, lots = np.random.default_rng(11), Lots()
    ps = np.array([least(KINDS[kind](rng, 120), lots) for _ in range(300)])
    for p in (0.1, 0.03, 0.01):
        assert np.mean(ps <= p) <= p + 3 * math.sqrt(p * (1 - p) / 300)


@pytest.mark.parametrize("kind", KINDS)
def test_noise_jumps_no_more_often_than_a_level_that_wanders(kind: str) -> None:
    rng = np.random.default_rng(13)
    ps = []
    for _ in range(600):
        values = KINDS[kind](rng, 60)
        seen = noise(residuals(values, [0, 60]), [0, 60])
        means = np.convolve(values, np.ones(3) / 3, mode="valid")
        ps.append(wandering(float(np.abs(means[3:] - means[:-3]).max()), seen, 60))
    assert np.mean(np.array(ps) <= 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_a_walk_jumps_as_often_as_is_said() -> None:
    rng = np.random.default_rng(14)
    walks = np.cumsum(rng.normal(size=(2000, 40)), axis=1)
    means = (walks[:, 2:] + walks[:, 1:-1] + walks[:, :-2]) / 3
    jumps = np.abs(means[:, 3:] - means[:, :-3]).max(axis=1)
    sds = np.sqrt(np.mean(np.diff(walks, axis=1) ** 2, axis=1) / 2)
    ps = np.array([wandering(float(jump), Noise(float(sd)), 40) for jump, sd in zip(jumps, sds, strict=True)])
    assert 0.005 <= np.mean(ps <= 0.5) <= 0.5
    assert np.mean(ps <= 0.05) <= 0.05


def test_a_clear_step_is_no_luck() -> None:
    values = np.random.default_rng(1).normal(size=100) + np.repeat([0.0, 3.0], 50)
    edges = [0, 50, 100]
    left = residuals(values, edges)
    assert Lots().chance(15.0, (50, 50), noise(left, edges), left) < 1e-12


def test_of_points_without_noise_only_their_order_can_be_luck() -> None:
    still = np.zeros(20)
    assert Lots().chance(math.inf, (10, 10), Noise(0.0), still) == pytest.approx(20 / math.comb(20, 10))
    assert Lots().chance(math.inf, (3, 3), Noise(0.0), still[:6]) == pytest.approx(6 / 20)


def test_the_fit_finds_gumbels_distribution_again() -> None:
    squares = np.random.default_rng(9).gumbel(8, 3, 50_000)
    tail = Tail.of(np.sqrt(np.maximum(squares, 0)))
    assert (tail.place, tail.slope) == (pytest.approx(8, abs=0.2), pytest.approx(3, abs=0.2))
    assert tail.beyond(math.sqrt(20)) == pytest.approx(1 - math.exp(-math.exp(-4)), rel=0.2)


def test_few_values_drawn_alike_say_nothing() -> None:
    left = np.array([-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    assert all(math.isfinite(one.slope) for one in Lots().luck(8, Noise(0.5), left).tails)


def test_a_kind_of_noise_is_simulated_once() -> None:
    lots, left = Lots(), np.random.default_rng(3).normal(size=80)
    assert lots.luck(80, Noise(1.0), left) is lots.luck(80, Noise(1.0), left)
    assert lots.luck(80, Noise(1.0), left) is not lots.luck(80, Noise(1.0, 0.5), left)
