"""What all runs of a machine share and what does not last is taken out, and nothing else is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_up import COUNT, Past, commits, series

from bench_runner.history.findings import findings
from bench_runner.history.series import History
from bench_runner.history.swings import steadied
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.series import Series
from bench_runner.stats.changepoints import Segments

RUNS = 60
LATER = np.arange(RUNS) >= 30


def states(seed: int, sd: float = 0.25) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sd, RUNS)


def made(shared: np.ndarray, count: int = 8, sd: float = 0.03, metric: Metric = TIME) -> list[Series]:
    """Series of a cell: what they share, each followed by its own factor, and noise of their own."""
    rng = np.random.default_rng(7)
    own = [rng.uniform(0.8, 1.1) * shared + rng.normal(0, sd, RUNS) for _ in range(count)]
    return [series(np.exp(one).tolist(), name=f"time_{k}", metric=metric) for k, one in enumerate(own)]


def changed(one: Series, size: float) -> Series:
    return replace(one, values=[value * (1 + size * late) for value, late in zip(one.values, LATER, strict=True)])


def told(found: Sequence[Series]) -> list[tuple[str, int, float]]:
    history = History(commits(RUNS), None, found)  # type: ignore[arg-type]
    changes = findings(history, Segments()).changes
    return [(one.key.case.benchmark, one.revision, round(one.step.ratio, 2)) for one in changes]


def test_a_change_is_found_under_swings_that_are_larger() -> None:
    found = made(states(1))
    found[2] = changed(found[2], 0.2)
    [(name, revision, ratio)] = told(found)
    assert (name, revision) == ("time_2", 30)
    assert ratio == pytest.approx(1.2, abs=0.03)


def test_the_change_says_what_was_taken_out() -> None:
    found = made(states(1))
    found[2] = changed(found[2], 0.2)
    history = History(commits(RUNS), None, found)  # type: ignore[arg-type]
    [change] = findings(history, Segments()).changes
    assert any("swing together by 2" in word for word in change.warnings)


def test_what_is_left_is_the_noise_of_each_alone() -> None:
    past = steadied(Past(commits(RUNS), made(states(2))), Segments())
    assert len(past.swings) == 8
    left = [float(np.log(one.values).std()) for one in past.series]
    assert max(left) < 0.06
    assert all(abs(swing - 0.25 * factor) < 0.05 for swing, factor in zip(past.swings.values(), [1] * 8, strict=True))


def test_the_bands_go_with_the_values() -> None:
    before = made(states(2))
    after = steadied(Past(commits(RUNS), before), Segments()).series
    for old, new in zip(before, after, strict=True):
        assert np.allclose(np.divide(new.low, new.values), np.divide(old.low, old.values))
        assert np.allclose(np.divide(new.high, new.values), np.divide(old.high, old.values))


def test_a_step_that_all_share_stays() -> None:
    past = steadied(Past(commits(RUNS), made(states(3, 0.1) + 0.4 * LATER)), Segments())
    assert len(past.swings) == 8
    for one in past.series:
        logs = np.log(one.values)
        assert logs[30:].mean() - logs[:30].mean() == pytest.approx(0.4, rel=0.3)


@pytest.mark.parametrize(
    "found",
    [
        made(states(4), count=4),
        made(states(4, 0.02), sd=0.03),
        made(states(4), metric=COUNT),
        made(states(4), metric=Metric("track", "unit", better="neither")),
        [replace(one, values=[-value for value in one.values]) for one in made(states(4))],
        [replace(one, values=one.values[:11], revisions=one.revisions[:11]) for one in made(states(4))],
        [],
    ],
    ids=["few series", "mostly own noise", "exact", "neither way better", "negative", "few runs", "none"],
)
def test_nothing_else_is_touched(found: list[Series]) -> None:
    past = steadied(Past(commits(RUNS), found), Segments())
    assert not past.swings
    assert all(new is old for new, old in zip(past.series, found, strict=True))


def test_a_series_that_goes_its_own_way_keeps_its_values() -> None:
    found = made(states(5))
    alone = series(np.exp(np.random.default_rng(9).normal(0, 0.2, RUNS)).tolist(), name="time_alone")
    past = steadied(Past(commits(RUNS), [*found, alone]), Segments())
    assert past.series[-1] is alone
    assert len(past.swings) == 8


def test_missing_runs_stay_missing() -> None:
    found = made(states(6))
    found[0] = replace(found[0], values=[float("nan"), *found[0].values[1:]])
    after = steadied(Past(commits(RUNS), found), Segments()).series[0]
    assert np.isnan(after.values[0])
    assert np.isfinite(after.values[1:]).all()


def test_swings_alone_are_no_change() -> None:
    assert sum(bool(told(made(states(seed)))) for seed in range(10, 30)) <= 1


def test_many_series_are_read_as_a_sample() -> None:
    past = steadied(Past(commits(RUNS), made(states(8), count=150)), Segments())
    assert len(past.swings) == 150
    assert max(float(np.log(one.values).std()) for one in past.series) < 0.06
