"""Drill: histories without a change, 100,000 points of each kind of noise, cut into series as long as real ones."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from bench_runner.stats.changepoints import detect

POINTS, LENGTH = 100_000, 200
Noise = Callable[[np.random.Generator, int], NDArray[np.float64]]


def ar1(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Noise that remembers: half of each deviation is left in the next point."""
    shocks = rng.normal(0, 0.02, size)
    values = np.empty(size)
    last = 0.0
    for place, shock in enumerate(shocks):
        last = 0.5 * last + shock
        values[place] = last
    return values


KINDS: dict[str, tuple[Noise, float]] = {
    "normal": (lambda rng, size: rng.normal(0, 0.02, size), 0.3),
    "heavy tails": (lambda rng, size: 0.01 * rng.standard_t(2, size), 0.3),
    "right tail": (lambda rng, size: rng.exponential(0.02, size), 0.3),
    "quantised": (lambda rng, size: np.round(rng.normal(0, 0.02, size), 2), 0.3),
    "autocorrelated": (ar1, 0.7),
}


@pytest.mark.drill
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_noise_without_a_change_stays_quiet(kind: str) -> None:
    noise, bound = KINDS[kind]
    rng = np.random.default_rng(7)
    alarms = sum(len(detect(np.exp(noise(rng, LENGTH)).tolist())) for _ in range(POINTS // LENGTH))
    assert 1000 * alarms / POINTS <= bound
