"""asv's detector behind our protocol against asv itself."""

import math

import numpy as np
import pytest
from asv._stats import get_weight
from asv.step_detect import detect_steps

from bench_runner.store.asv_steps import AsvSteps


def walk(seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(0, 0.03, 120))
    for place in rng.integers(5, 115, 3):
        values[place:] *= rng.choice([0.8, 1.25])
    values[rng.integers(0, 120, 6)] = math.nan
    return [float(value) for value in values]


@pytest.mark.parametrize("seed", range(6))
def test_its_steps_are_asvs(seed: int) -> None:
    values = walk(seed)
    levels = detect_steps(values)
    steps = AsvSteps().steps(values)
    assert [step.index for step in steps] == [level[0] for level in levels[1:]]
    assert [step.after for step in steps] == [level[2] for level in levels[1:]]
    assert [step.before for step in steps] == [level[2] for level in levels[:-1]]
    assert all(math.isnan(step.p) for step in steps)


def test_its_weights_are_asvs() -> None:
    values = walk(7)
    rng = np.random.default_rng(8)
    widths = rng.uniform(0.01, 0.3, 120)
    low, high = (
        [v - w for v, w in zip(values, widths, strict=True)],
        [v + w for v, w in zip(values, widths, strict=True)],
    )
    weights = [get_weight({"ci_99_a": a, "ci_99_b": b}) for a, b in zip(low, high, strict=True)]
    levels = detect_steps(values, [None if math.isnan(weight) else weight for weight in weights])
    assert [step.index for step in AsvSteps().steps(values, low=low, high=high)] == [one[0] for one in levels[1:]]


def test_levels_of_any_sign() -> None:
    (step,) = AsvSteps().steps([-1.0] * 20 + [1.0] * 20)
    assert math.isnan(step.ratio)
    (grown,) = AsvSteps().steps([0.0] * 20 + [1.0] * 20)
    assert grown.ratio == math.inf
