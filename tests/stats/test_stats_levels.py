"""Levels and what two of them gain over one, against brute force and against what normal theory says."""

import numpy as np
import pytest

from bench_runner.stats.density import STEP
from bench_runner.stats.levels import Levels


def test_a_level_is_the_likeliest_of_all_bins() -> None:
    rng = np.random.default_rng(1)
    for size in (3, 8, 60):
        values = rng.standard_t(3, size) + 7
        levels = Levels(values)
        levels.fit([])
        found = levels.level(0, size)
        bins = np.rint(values / STEP).astype(int)
        every = [levels.density.of(bins - level).sum() for level in range(bins.min() - 60, bins.max() + 60)]
        assert found.likelihood >= max(every) - 0.3
        assert found.likelihood == pytest.approx(float(levels.likelihoods(0, size, found).sum()))


def test_twice_the_gain_is_the_square_of_the_standard_errors_of_a_step() -> None:
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(30):
        values = rng.normal(0, 1, 400) + 0.5 * (np.arange(400) >= 200)
        levels = Levels(values)
        levels.fit([200])
        z = (values[200:].mean() - values[:200].mean()) / np.sqrt(2 / 200)
        ratios.append(2 * levels.gain(0, 200, 400) / z**2)
    assert np.median(ratios) == pytest.approx(1, abs=0.15)


def test_outliers_gain_little() -> None:
    values = np.random.default_rng(3).normal(0, 1, 60)
    values[[50, 53, 57]] += 1000
    levels = Levels(values)
    levels.fit([])
    assert 2 * levels.gain(0, 30, 60) < 9


def test_a_common_level_of_two_stretches_leaves_out_what_is_between_them() -> None:
    values = np.concatenate([np.zeros(20), np.full(5, 30.0), np.zeros(20)])
    levels = Levels(values + np.random.default_rng(4).normal(0, 0.1, 45))
    levels.fit([20, 25])
    assert abs(levels.level(0, 20, 25, 45).bin * STEP) < 0.3


def test_a_point_of_no_weight_does_not_count() -> None:
    rng = np.random.default_rng(5)
    values, weights = rng.normal(0, 1, 40), np.ones(40)
    values[20:], weights[20:] = values[20:] + 5, 1e-9
    weighed, plain = Levels(values, weights), Levels(values)
    for one in (weighed, plain):
        one.fit([20])
    assert weighed.gain(0, 20, 40) < 0.01 < plain.gain(0, 20, 40)


def test_points_that_depend_on_each_other_say_less() -> None:
    shocks = np.random.default_rng(6).normal(0, 1, 400)
    slow = np.zeros(400)
    for k in range(1, 400):
        slow[k] = 0.6 * slow[k - 1] + shocks[k]
    one, other = Levels(slow), Levels(shocks)
    one.fit([])
    other.fit([])
    assert one.inflation > 2
    assert other.inflation < 1.5
