"""Series that go back and forth, or drift, are a finding of their own."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up import SPEED, Past, commits, level, series

from bench_runner.history.courses import courses
from bench_runner.history.findings import findings
from bench_runner.history.policy import Policy
from bench_runner.history.series import History
from bench_runner.model.metric import Metric
from bench_runner.stats.changepoints import Segments
from bench_runner.stats.recurring import told_apart
from bench_runner.store.asv_steps import AsvSteps

BACK_AND_FORTH = level(*[(20, 100.0), (20, 140.0)] * 3)
STEADY = level((60, 100.0), (60, 140.0))
SLOWLY = [
    value * float(np.exp(0.1 * np.clip((k - 30) / 70, 0, 1))) for k, value in enumerate(level((130, 100.0), seed=3))
]


def test_a_series_with_states_is_told_and_has_no_changes() -> None:
    past = Past(commits(120), [series(BACK_AND_FORTH), series(STEADY, name="time_b")])
    (found,) = courses(past, Segments(), Policy())
    assert (found.key.case.benchmark, found.kind, found.stretches, found.worse) == ("time_a", "states", 6, False)
    assert found.levels == pytest.approx((100, 140), rel=0.01)
    assert (found.first, found.last) == (past.series[0].shas[0], past.series[0].shas[-1])


def test_a_series_that_drifts_is_told_with_the_commits_it_took() -> None:
    past = Past(commits(260), [series(SLOWLY, every=2), series(SLOWLY, name="speed", metric=SPEED)])
    slow, fast = courses(past, Segments(), Policy())
    assert (slow.kind, slow.worse, fast.worse) == ("drift", True, False)
    assert slow.levels[1] / slow.levels[0] == pytest.approx(np.exp(0.1), abs=0.02)
    assert slow.commits == pytest.approx(140, abs=50)
    assert past.series[0].shas.index(slow.first) < 60 < past.series[0].shas.index(slow.last)


def test_findings_hold_them_beside_the_changes() -> None:
    every = [series(BACK_AND_FORTH), series(STEADY, name="time_b"), series(SLOWLY, name="time_c")]
    told = findings(History(commits(130), pd.DataFrame(), every), Segments())
    assert [(one.key.case.benchmark, one.kind) for one in told.courses] == [("time_a", "states"), ("time_c", "drift")]
    assert {change.key.case.benchmark for change in told.changes} == {"time_b"}


def test_only_the_newest_stretch_is_asked() -> None:
    one = series([*BACK_AND_FORTH, *level((60, 70.0))], segments=(0, 120))
    assert courses(Past(commits(180), [one]), Segments(), Policy()) == []


def test_what_is_not_judged_is_not_told_either() -> None:
    neither = Metric("count", "1", better="neither")
    past = Past(commits(120), [replace(series(BACK_AND_FORTH), metric=neither)])
    assert courses(past, Segments(), Policy()) == []
    assert courses(Past(commits(120), [series(BACK_AND_FORTH, metric=SPEED)]), AsvSteps(), Policy()) == []


def test_alike_states_are_one_level() -> None:
    assert told_apart([1.0, 2.0, 1.02, 1.98, 1.0]) == [(1.0 + 1.02 + 1.0) / 3, 1.99]
    assert told_apart([1.0, 3.0, 2.0, 1.0]) == [1.0, 2.0, 3.0]
