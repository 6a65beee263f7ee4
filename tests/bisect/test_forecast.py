import math

import pytest

from bench_runner.bisect.forecast import Spend, forecast
from bench_runner.bisect.observations import Prior


@pytest.mark.parametrize("count", [2, 3, 64, 1000])
def test_an_exact_metric_halves_the_range(count: int) -> None:
    half, most = forecast(count, Prior(), 0.1, 0.02, exact=True)
    assert half.builds == half.rounds <= most.builds == most.rounds <= 2 + math.ceil(math.log2(count))
    assert most.builds >= math.log2(count)


def test_small_steps_take_more_rounds_and_a_prior_saves_builds() -> None:
    (large, _), (small, _) = forecast(64, Prior(), 0.3, 0.02), forecast(64, Prior(), 0.04, 0.02)
    assert small.rounds > 1.5 * large.rounds
    known = Prior(weights=[1.0 if 30 < index < 33 else 0.0 for index in range(64)])
    assert forecast(64, known, 0.3, 0.02)[0].builds < large.builds


def test_it_is_the_same_each_time() -> None:
    told = forecast(40, Prior(), 0.05, 0.02)
    assert told == forecast(40, Prior(), 0.05, 0.02)
    assert isinstance(told[0], Spend)
    assert told[0].rounds <= told[1].rounds
