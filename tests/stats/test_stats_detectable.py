"""What step is large enough for the noise, held to the detector."""

import math

import numpy as np
import pytest

from bench_runner.stats.changepoints import detect
from bench_runner.stats.detectable import CLEAR, LADDER, detectable, noise


@pytest.mark.slow
@pytest.mark.parametrize("sd", [0.005, 0.02, 0.1])
def test_the_step_is_found_in_nine_of_ten_series_with_ten_points_on_each_side(sd: float) -> None:
    rng = np.random.default_rng(round(1000 * sd))
    found = 0
    for _ in range(300):
        steps = np.repeat([0.0, CLEAR * sd], [30, 10])
        values = [float(value) for value in np.exp(steps + rng.normal(0, sd, 40))]
        found += any(abs(place - 30) <= 2 for place in detect(values))
    assert found / 300 >= 0.9


def test_half_the_step_is_not() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(200):
        values = [
            float(value) for value in np.exp(np.repeat([0.0, CLEAR * 0.02 / 2], [30, 10]) + rng.normal(0, 0.02, 40))
        ]
        found += any(abs(place - 30) <= 2 for place in detect(values))
    assert found / 200 < 0.5


def test_noise_is_seen_beside_a_step() -> None:
    rng = np.random.default_rng(2)
    values = np.exp(np.repeat([0.0, 1.0], 200) + rng.normal(0, 0.03, 400))
    assert noise([*map(float, values), math.nan]) == pytest.approx(0.03, rel=0.1)


def test_too_little_says_nothing() -> None:
    assert noise([1.0] * 9) is None
    assert noise([0.0, *[1.0] * 20]) is None
    assert noise([1.0] * 20) == 0.0


@pytest.mark.parametrize(("sd", "step"), [(0.0, 0.01), (0.003, 0.01), (0.0035, 0.015), (0.02, 0.07), (9.0, 5.0)])
def test_steps_are_those_that_people_would_name(sd: float, step: float) -> None:
    assert detectable(sd) == step
    assert step in LADDER
