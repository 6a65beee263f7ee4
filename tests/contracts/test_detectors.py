"""What every registered detector must do."""

import math

import numpy as np
import pytest

from bench_runner import plugins
from bench_runner.stats.detector import Detector

NAMES = plugins.names("detectors")


@pytest.fixture(params=NAMES)
def detector(request: pytest.FixtureRequest) -> Detector:
    found: Detector = plugins.load("detectors", request.param)()
    return found


def stepped(change: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.01, 60)
    return np.exp(noise) * np.where(np.arange(60) < 30, 1e-3, 1e-3 * change)


def test_the_built_in_ones_are_there() -> None:
    assert {"segments", "asv"} <= set(NAMES)


@pytest.mark.parametrize("change", [1.3, 0.7])
def test_a_clear_step_is_found_in_both_directions(detector: Detector, change: float) -> None:
    (step,) = detector.steps(stepped(change).tolist())
    assert step.index == 30
    assert (step.before, step.after) == pytest.approx((1e-3, 1e-3 * change), rel=0.02)
    assert step.ratio == pytest.approx(step.after / step.before)
    assert step.ratio_low < step.ratio < step.ratio_high


def test_a_recovered_step_is_two(detector: Detector) -> None:
    values = np.concatenate([stepped(1.4)[:45], stepped(1.0, seed=2)[:20]])
    assert [step.index for step in detector.steps(values.tolist())] == [30, 45]


def test_missing_points_keep_their_places(detector: Detector) -> None:
    values = stepped(1.5)
    values[[0, 5, 29, 30, 59]] = math.nan
    (step,) = detector.steps(values.tolist())
    assert step.index == 31


@pytest.mark.parametrize("values", [[], [1.0], [math.nan] * 9, [1.0] * 40, [0.0] * 40, [math.nan, 2.0]])
def test_nothing_to_find(detector: Detector, values: list[float]) -> None:
    assert detector.steps(values) == []
    assert detector.steps(values, low=values, high=values) == []


def test_it_is_deterministic_and_leaves_its_input_alone(detector: Detector) -> None:
    values = stepped(1.2).tolist()
    kept = list(values)
    first = detector.steps(values, low=[v * 0.99 for v in values], high=[v * 1.01 for v in values])
    again = detector.steps(values, low=[v * 0.99 for v in values], high=[v * 1.01 for v in values])
    assert [(one.index, one.before, one.after) for one in first] == [
        (one.index, one.before, one.after) for one in again
    ]
    assert values == kept


def test_intervals_may_be_unknown(detector: Detector) -> None:
    values = stepped(1.3).tolist()
    low = [math.nan, -math.inf, *(value * 0.99 for value in values[2:])]
    high = [math.nan, math.inf, *(value * 1.01 for value in values[2:])]
    assert [step.index for step in detector.steps(values, low=low, high=high)] == [30]
    unknown = [math.nan] * 60
    assert [step.index for step in detector.steps(values, low=unknown, high=unknown)] == [30]


def test_an_exact_counter(detector: Detector) -> None:
    (step,) = detector.steps([100.0] * 10 + [130.0] * 10, exact=True)
    assert (step.index, step.before, step.after) == (10, 100, 130)
