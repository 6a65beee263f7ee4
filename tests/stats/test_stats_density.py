"""The density of residuals against the densities they were drawn from."""

import numpy as np
import pytest
from scipy import stats

from bench_runner.stats.density import HALF, STEP, Density

AT = np.arange(-HALF, HALF + 1)


def density(residuals: np.ndarray, unseen: float = 0.0) -> Density:
    return Density(np.rint(residuals / STEP).astype(np.int64), unseen)


@pytest.mark.parametrize("size", [6, 60, 2000])
def test_it_is_one_in_all(size: int) -> None:
    found = density(np.random.default_rng(size).standard_t(2, size))
    assert np.exp(found.log).sum() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("truth", "near"),
    [(stats.norm(), 0.06), (stats.t(3), 0.1), (stats.expon(loc=-0.7), 0.2)],
    ids=["normal", "t3", "right tail"],
)
def test_it_is_near_the_truth_where_the_points_are(truth: object, near: float) -> None:
    found = density(truth.rvs(3000, random_state=1))  # type: ignore[attr-defined]
    expected = truth.pdf(AT * STEP) * STEP  # type: ignore[attr-defined]
    assert 0.5 * np.abs(np.exp(found.log) - expected).sum() < near  # total variation


def test_a_narrow_floor_stays_narrow_below_slow_outliers() -> None:
    rng = np.random.default_rng(4)
    residuals = np.concatenate([rng.normal(0, 0.2, 50), rng.uniform(2, 20, 10)])
    found = density(residuals)
    zero, floor, slow = found.of(np.array([0, round(-1.5 / STEP), round(10 / STEP)]))
    assert zero - floor > 3  # next to nothing is below the floor
    assert slow > floor - 3  # what nobody saw there may well be above it


def test_known_noise_that_the_residuals_do_not_show_widens_it() -> None:
    residuals = np.random.default_rng(5).normal(0, 0.05, 40)
    narrow, wide = density(residuals), density(residuals, 1.0)
    one = np.array([0, round(1 / STEP)])
    assert float(-np.diff(narrow.of(one))[0]) > float(-np.diff(wide.of(one))[0])
    assert float(-np.diff(wide.of(one))[0]) == pytest.approx(0.45, abs=0.15)  # of a normal density: 0.5


def test_beyond_the_bins_all_is_equally_unlikely() -> None:
    found = density(np.random.default_rng(6).normal(0, 1, 100))
    far = found.of(np.array([HALF, 10 * HALF, -HALF, -(10**12)]))
    assert far[0] == far[1]
    assert far[2] == far[3]
    assert np.isfinite(far).all()
