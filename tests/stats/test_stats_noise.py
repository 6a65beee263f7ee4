"""The noise estimates against what is known of the noise that was put in."""

import math

import numpy as np
import pytest
from scipy import stats

from bench_runner.stats.noise import MAD_TO_SD, centre, inflation, scale


def test_mad_to_sd_is_the_normal_quantile() -> None:
    assert pytest.approx(1 / stats.norm.ppf(0.75), abs=1e-4) == MAD_TO_SD


@pytest.mark.parametrize("steps", [0, 20])
def test_scale_finds_the_sd_and_does_not_see_steps(steps: int) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.03, 2000)
    for place in rng.integers(0, 2000, steps):
        values[place:] += rng.choice([-1.0, 1.0])
    assert scale(values) == pytest.approx(0.03, rel=0.06)


def test_scale_is_not_carried_away_by_outliers() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, 1000)
    values[::20] += 1000
    assert scale(values) == pytest.approx(1, rel=0.2)


def test_slow_noise_is_seen_at_the_longer_lag() -> None:
    rng = np.random.default_rng(3)
    shocks = rng.normal(0, 1, 5000)
    slow = np.zeros(5000)
    for k in range(1, 5000):
        slow[k] = 0.8 * slow[k - 1] + shocks[k]
    lag_one_alone = math.sqrt(1 - 0.8) * slow.std()
    assert scale(slow) > 1.3 * lag_one_alone


@pytest.mark.parametrize("values", [[], [1.0], [2.0] * 9])
def test_no_noise_where_nothing_differs(values: list[float]) -> None:
    assert scale(np.array(values)) == 0


def test_rare_quantum_jumps_count_as_noise() -> None:
    values = np.zeros(60)
    values[::10] = 4096
    assert 0 < scale(values) < 4096


def test_level_is_nearly_as_good_as_the_mean_and_bounded() -> None:
    rng = np.random.default_rng(4)
    levels = [centre(rng.normal(0, 1, 50), 1.0) for _ in range(2000)]
    assert np.var(levels) * 50 < 1.07
    assert abs(centre(np.array([0.0] * 9 + [1e9]), 1.0)) <= 0.25


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5])
def test_inflation_is_the_one_of_an_autoregression(correlation: float) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(20):
        noise = rng.normal(0, 1, 2000)
        for k in range(1, 2000):
            noise[k] += correlation * noise[k - 1]
        found.append(inflation(noise))
    assert np.mean(found) == pytest.approx((1 + correlation) / (1 - correlation), rel=0.12)


def test_inflation_never_helps_and_never_explodes() -> None:
    assert inflation(np.array([1.0, -1.0] * 50)) == 1
    assert inflation(np.linspace(-1, 1, 500)) == 6
    assert inflation(np.zeros(100)) == 1
