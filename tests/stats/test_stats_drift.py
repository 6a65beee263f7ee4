"""A slow drift is told from stairs, by brute force, by simulation, and without taking stairs for a drift."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_runner.model.change import Examined
from bench_runner.stats.changepoints import Segments
from bench_runner.stats.drift import SLOW, better, drifts

SIZE = 200


def ramp(first: int, last: int, size: int = SIZE) -> np.ndarray:
    return np.clip((np.arange(size) - first) / (last - first), 0, 1)


def examined(log: np.ndarray, seed: int, sd: float = 0.01) -> Examined:
    return Segments().examine(100 * np.exp(log + np.random.default_rng(seed).normal(0, sd, len(log))))


def test_the_ramp_is_the_best_of_all() -> None:
    values = 4 * ramp(30, 70, 90) + np.random.default_rng(1).normal(0, 1, 90)
    found = better(values, [0, 45, 60, 90], 1.0)
    assert found is not None
    rests = []
    for first, last in itertools.product(range(0, 90, 3), range(0, 90, 3)):
        if last - first >= SLOW:
            columns = np.column_stack([np.ones(90), ramp(first, last, 90)])
            rests.append(float(np.linalg.lstsq(columns, values, rcond=None)[1][0]))
    assert found.rest <= min(rests) * 1.01
    columns = np.column_stack([np.ones(90), ramp(found.first, found.last, 90)])
    low, rise = np.linalg.lstsq(columns, values, rcond=None)[0]
    assert (found.before, found.after) == pytest.approx((low, low + rise), abs=0.1)


def test_slow_moves_are_drifts_and_leave_few_steps() -> None:
    rng = np.random.default_rng(2)
    drifted, steps = 0, 0
    for seed in range(60):
        length = int(rng.integers(60, 120))
        first = int(rng.integers(20, SIZE - length - 10))
        size = rng.uniform(0.03, 0.1) * rng.choice([-1, 1])
        found = examined(size * ramp(first, first + length), seed)
        steps += len(found.steps)
        if found.drifts:
            drifted += 1
            (one,) = found.drifts
            assert np.log(one.after / one.before) == pytest.approx(size, abs=0.012)
            assert abs((one.first + one.last) / 2 - first - length / 2) < 25
    assert drifted >= 50
    assert steps <= 20


def test_stairs_stay_stairs() -> None:
    rng = np.random.default_rng(3)
    found = there = 0
    for seed in range(60):
        places = sorted(rng.choice(np.arange(20, 190, 8), int(rng.integers(2, 4)), replace=False))
        log = sum(rng.uniform(0.02, 0.06) * (np.arange(SIZE) >= place) for place in places)
        one = examined(log, seed)
        assert one.drifts == ()
        there += len(places)
        found += len(one.steps)
    assert found >= 0.95 * there


def test_flat_series_do_not_drift() -> None:
    assert all(examined(np.zeros(SIZE), seed).drifts == () for seed in range(40))


def test_steps_of_another_direction_are_no_part_of_it() -> None:
    values = np.concatenate([np.zeros(30), 6 * ramp(5, 65, 90), np.full(30, 2.0)])
    values += np.random.default_rng(4).normal(0, 1, 150)
    edges = [0, 55, 75, 120, 150]
    found = drifts(values, edges, {0: (True, 3), 1: (True, 3), 2: (False, 2)}, 1.0)
    (run,) = found
    assert run == range(2)
    assert abs(found[run].first - 35) < 15
    assert abs(found[run].last - 95) < 15


def test_a_single_step_is_asked_when_its_place_is_wide() -> None:
    values = 3 * ramp(20, 100, 120) + np.random.default_rng(5).normal(0, 1, 120)
    assert drifts(values, [0, 60, 120], {0: (True, 3)}, 1.0) == {}
    assert list(drifts(values, [0, 60, 120], {0: (True, SLOW)}, 1.0)) == [range(1)]


@pytest.mark.parametrize("levels", [(1.0, 2.0, 3.0), (100.0, 110.0, 121.0), (0.0, 1.0, 2.0), (-3.0, -2.0, -1.0)])
def test_stairs_without_noise_stay_stairs(levels: tuple[float, ...]) -> None:
    found = Segments().examine(np.repeat(levels, 30))
    assert [step.index for step in found.steps] == [30, 60]
    assert found.drifts == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([-1e9, -1.0, 0.0, 1e-300, 1.0, 1.001, 2.0, 3.0, 1e300]), st.integers(1, 40))))
def test_any_stairs_are_examined(parts: list[tuple[float, int]]) -> None:
    values = [value for value, size in parts for _ in range(size)]
    found = Segments().examine(values)
    assert all(0 <= one.first < one.last < len(values) for one in found.drifts)


def test_what_is_too_short_is_a_step() -> None:
    assert better(np.arange(2.0 * SLOW - 1), [0, 10, 39], 1.0) is None


def test_missing_points_shift_its_ends() -> None:
    log = 0.1 * ramp(60, 140)
    values = 100 * np.exp(log + np.random.default_rng(6).normal(0, 0.01, SIZE))
    (whole,) = Segments().examine(values).drifts
    holed = np.insert(values, 0, [np.nan] * 50)
    (moved,) = Segments().examine(holed).drifts
    assert (moved.first, moved.last) == (whole.first + 50, whole.last + 50)
    assert (moved.before, moved.after) == (whole.before, whole.after)
