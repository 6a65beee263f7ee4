"""Noise with memory, and how clear steps are beside it."""

import math

import numpy as np
import pytest

from bench_runner.stats.clarity import Noise, inflation, noise, residuals
from bench_runner.stats.noise import Array


def remembering(rng: np.random.Generator, memory: float, size: int) -> Array:
    values = rng.normal(size=size)
    for k in range(1, size):
        values[k] = memory * values[k - 1] + math.sqrt(1 - memory**2) * values[k]
    return values


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_the_variance_of_a_mean_is_what_simulation_gives(memory: float) -> None:
    rng = np.random.default_rng(2)
    means = [remembering(rng, memory, 20).mean() for _ in range(8000)]
    assert float(np.var(means)) * 20 == pytest.approx(float(inflation(20, memory)), rel=0.06)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_memory_and_size_of_noise_are_read_off(memory: float) -> None:
    values = remembering(np.random.default_rng(4), memory, 6000)
    seen = noise(values, [0, len(values)])
    assert seen.memory == pytest.approx(memory, abs=0.05)
    assert seen.sd == pytest.approx(1, rel=0.1)


def test_steps_that_are_known_do_not_look_like_memory() -> None:
    values = np.random.default_rng(5).normal(size=600) + np.repeat([0.0, 4.0, -3.0], 200)
    edges = [0, 200, 400, 600]
    assert noise(residuals(values, edges), edges).memory < 0.15
    assert noise(values, [0, 600]).memory > 0.2


def test_one_wild_run_is_bounded() -> None:
    values = np.random.default_rng(6).normal(size=100)
    values[40] = 1e6
    left = residuals(values, [0, 100])
    assert abs(left).max() < 5


def test_a_constant_series_has_no_noise() -> None:
    values = np.repeat([1.0, 2.0], 5)
    left = residuals(values, [0, 5, 10])
    assert not left.any()
    assert noise(left, [0, 5, 10]) == Noise(0.0, 0.0)


def test_the_error_of_a_step_without_memory_is_the_textbooks() -> None:
    assert Noise(2.0).error(10, 40) == pytest.approx(2 * math.sqrt(1 / 10 + 1 / 40))
