"""Series that go back and forth are a finding of their own."""

from dataclasses import replace

import pandas as pd
from made_up import SPEED, Past, commits, level, series

from bench_runner.history.findings import findings
from bench_runner.history.policy import Policy
from bench_runner.history.restless import restless
from bench_runner.history.series import History
from bench_runner.model.metric import Metric
from bench_runner.stats.changepoints import Segments
from bench_runner.stats.recurring import told_apart
from bench_runner.store.asv_steps import AsvSteps

BACK_AND_FORTH = level(*[(20, 100.0), (20, 140.0)] * 3)
STEADY = level((60, 100.0), (60, 140.0))


def test_a_series_with_states_is_told_and_has_no_changes() -> None:
    past = Past(commits(120), [series(BACK_AND_FORTH), series(STEADY, name="time_b")])
    (found,) = restless(past, Segments(), Policy())
    assert found.key.case.benchmark == "time_a"
    low, high = found.levels
    assert abs(low - 100) < 1
    assert abs(high - 140) < 1
    assert found.stretches == 6
    assert found.since == past.series[0].shas[0]


def test_findings_hold_it_beside_the_changes() -> None:
    history = History(commits(120), pd.DataFrame(), [series(BACK_AND_FORTH), series(STEADY, name="time_b")])
    told = findings(history, Segments())
    assert [one.key.case.benchmark for one in told.restless] == ["time_a"]
    assert {change.key.case.benchmark for change in told.changes} == {"time_b"}


def test_only_the_newest_stretch_is_asked() -> None:
    one = series([*BACK_AND_FORTH, *level((60, 70.0))], segments=(0, 120))
    assert restless(Past(commits(180), [one]), Segments(), Policy()) == []


def test_what_is_not_judged_is_not_told_either() -> None:
    neither = Metric("count", "1", better="neither")
    past = Past(commits(120), [replace(series(BACK_AND_FORTH), metric=neither)])
    assert restless(past, Segments(), Policy()) == []
    assert restless(Past(commits(120), [series(BACK_AND_FORTH, metric=SPEED)]), AsvSteps(), Policy()) == []


def test_alike_states_are_one_level() -> None:
    assert told_apart([1.0, 2.0, 1.02, 1.98, 1.0]) == [(1.0 + 1.02 + 1.0) / 3, 1.99]
    assert told_apart([1.0, 3.0, 2.0, 1.0]) == [1.0, 2.0, 3.0]
