"""Changes placed in a made-up history."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from made_up import COUNT, SPEED, Past, commits, level, series, sha

from bench_runner.history.changes import find
from bench_runner.model.change import Change
from bench_runner.model.series import Series
from bench_runner.stats.changepoints import Segments
from bench_runner.store.asv_steps import AsvSteps


def changes(*found: Series, commit_count: int = 400) -> list[Change]:
    return find(Past(commits(commit_count), found), Segments())


def test_a_change_lies_between_two_measured_commits() -> None:
    (change,) = changes(series(level((12, 1.0), (12, 1.3)), every=5))
    assert (change.last_old, change.first_new) == (sha(55), sha(60))
    assert (change.revision, change.candidates, change.span) == (60, 5, (56, 60))
    assert change.step.index == 12
    assert change.step.ratio == pytest.approx(1.3, rel=0.02)
    assert change.worse
    assert change.state == "confirmed"


def test_a_point_that_failed_widens_the_range() -> None:
    values = level((12, 1.0), (12, 1.3))
    values[10] = values[11] = math.nan
    (change,) = changes(series(values))
    assert (change.last_old, change.first_new, change.candidates) == (sha(9), sha(12), 3)
    assert change.span == (10, 12)


def test_noise_widens_the_span_but_not_the_likeliest_range() -> None:
    (change,) = changes(series(level((40, 1.0), (40, 1.06), sd=0.03, seed=4)))
    assert change.candidates == 1
    assert change.span is not None
    assert change.span[0] <= 40 <= change.span[1]
    assert change.span[0] < change.span[1]


def test_each_commit_has_its_chance() -> None:
    values = level((40, 1.0), (40, 1.06), sd=0.03, seed=4)
    values[41] = math.nan
    (change,) = changes(series(values, every=2))
    assert change.span == (change.posterior[0][0], change.posterior[-1][1])
    assert 0.95 <= sum(chance for *_, chance in change.posterior) <= 1
    assert all(last == other - 1 for (_, last, _), (other, *_) in pairwise(change.posterior))
    likeliest = max(change.posterior, key=lambda one: one[2])
    assert likeliest[:2] == (change.revision - change.candidates + 1, change.revision)
    assert change.chance(change.revision) == pytest.approx(likeliest[2] / change.candidates)
    assert change.chance(change.span[1] + 1) == 0
    assert replace(change, posterior=()).chance(change.revision) is None


def test_nothing_is_tested_across_a_segment_boundary() -> None:
    values = level((15, 1.0), (15, 2.0), (15, 2.6))
    assert [one.revision for one in changes(series(values))] == [15, 30]
    (inside,) = changes(series(values, segments=(0, 15)))
    assert (inside.revision, inside.last_old, inside.step.index) == (30, sha(29), 30)


def test_a_regression_that_was_mended() -> None:
    slow, mended = changes(series(level((12, 1.0), (8, 1.25), (12, 1.005))))
    assert (slow.state, slow.recovered_by) == ("recovered", mended.first_new)
    assert (mended.state, mended.recovered_by, mended.worse) == ("confirmed", "", False)


def test_half_mended_is_not_mended() -> None:
    slow, better = changes(series(level((12, 1.0), (12, 1.3), (12, 1.15))))
    assert (slow.state, better.state) == ("confirmed", "confirmed")


def test_more_than_mended_is_mended() -> None:
    slow, _ = changes(series(level((12, 1.0), (12, 1.3), (12, 0.8))))
    assert slow.state == "recovered"


def test_an_improvement_can_be_lost_again() -> None:
    better, worse = changes(series(level((12, 1.0), (12, 0.7), (12, 1.0))))
    assert (better.worse, better.state, worse.worse) == (False, "recovered", True)


@pytest.mark.parametrize(("after", "state"), [(1, "pending"), (2, "pending"), (3, "confirmed")])
def test_a_fresh_level_is_pending(after: int, state: str) -> None:
    (change,) = changes(series([100.0] * 9 + [101.0] * after, metric=COUNT))
    assert change.state == state


def test_an_exact_counter_is_back_only_at_the_very_value() -> None:
    first, _ = changes(series([1000.0] * 5 + [1010.0] * 5 + [1001.0] * 5, metric=COUNT))
    assert first.state == "confirmed"
    first, _ = changes(series([1000.0] * 5 + [1010.0] * 5 + [1000.0] * 5, metric=COUNT))
    assert first.state == "recovered"


def test_the_direction_is_the_metrics() -> None:
    (change,) = changes(series(level((12, 1.0), (12, 1.3)), metric=SPEED))
    assert not change.worse


def test_asvs_steps_are_placed_too() -> None:
    (change,) = find(Past(commits(30), [series(level((12, 1.0), (12, 1.3)))]), AsvSteps())
    assert (change.revision, change.span) == (12, (12, 12))
