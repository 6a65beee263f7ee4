"""Changes placed in a made-up history, and grouped by commit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.history.changes import find, group
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change, Step
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.changepoints import Segments
from bench_runner.store.asv_steps import AsvSteps

COUNT = Metric("count", "unit", exact=True)
SPEED = Metric("rate", "1/s", better="higher")


@dataclass(frozen=True)
class Past:
    commits: Sequence[Commit]
    series: Sequence[Series]


def sha(revision: int) -> str:
    return f"{revision:040x}"


def commits(count: int) -> list[Commit]:
    return [Commit(sha(k), (sha(k - 1),) if k else (), 1000 * k, f"commit {k}") for k in range(count)]


def series(
    values: Sequence[float],
    *,
    name: str = "time_a",
    every: int = 1,
    metric: Metric = TIME,
    segments: tuple[int, ...] = (0,),
) -> Series:
    revisions = [every * k for k in range(len(values))]
    low, high = [value * 0.99 for value in values], [value * 1.01 for value in values]
    key = SeriesKey(Case(name), "env", "lab")
    return Series(key, metric, revisions, [sha(one) for one in revisions], list(values), low, high, segments)


def level(*parts: tuple[int, float], seed: int = 1, sd: float = 0.01) -> list[float]:
    noise = np.exp(np.random.default_rng(seed).normal(0, sd, sum(size for size, _ in parts)))
    return [float(value) for value in noise * np.repeat([v for _, v in parts], [size for size, _ in parts])]


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


def test_series_that_agree_make_one_group() -> None:
    found = [series(level((15, 1.0), (15, 1.2), seed=k), name=f"time_{k}") for k in range(3)]
    still = series(level((30, 1.0), seed=9), name="time_still")
    unborn = series([math.nan] * 20 + level((10, 1.0)), name="time_unborn")
    past = Past(commits(30), [*found, still, unborn])
    (one,) = group(find(past, Segments()), past)
    assert (one.commit.sha, one.agree, one.asked) == (sha(15), 3, 4)
    assert len(one.changes) == 3


def test_a_sparse_series_joins_the_commit_that_a_dense_one_names() -> None:
    dense = series(level((47, 1.0), (33, 1.4)), name="time_dense")
    sparse = series(level((10, 1.0), (6, 1.4), seed=2), name="time_sparse", every=5)
    past = Past(commits(80), [dense, sparse])
    (one,) = group(find(past, Segments()), past)
    assert (one.commit.sha, one.agree) == (sha(47), 2)


def test_noise_does_not_tear_a_group_apart() -> None:
    clear = [series(level((40, 1.0), (40, 1.3), seed=k), name=f"time_clear_{k}") for k in range(2)]
    vague = [series(level((40, 1.0), (40, 1.05), sd=0.03, seed=k), name=f"time_vague_{k}") for k in range(40)]
    past = Past(commits(80), [*clear, *vague])
    found = find(past, Segments())
    away = [one for one in found if one.revision != 40]
    groups = group(found, past)
    (main,) = [one for one in groups if one.commit.sha == sha(40)]
    assert len(away) >= 5
    assert len([one for one in main.changes if one in away]) >= 0.8 * len(away)


def test_clear_changes_of_neighbouring_commits_stay_apart() -> None:
    a, b = series(level((15, 1.0), (15, 1.3)), name="time_a"), series(level((16, 1.0), (14, 1.3)), name="time_b")
    past = Past(commits(30), [a, b])
    assert sorted(one.commit.sha for one in group(find(past, Segments()), past)) == [sha(15), sha(16)]


def test_standing_regressions_come_first_then_size() -> None:
    found = [
        series(level((60, 1.0), (60, 0.5)), name="time_better"),
        series(level((20, 1.0), (100, 1.1)), name="time_small"),
        series(level((40, 1.0), (80, 1.5)), name="time_large"),
        series(level((80, 1.0), (20, 1.9), (20, 1.0)), name="time_mended"),
    ]
    past = Past(commits(120), found)
    order = [one.changes[0].key.case.benchmark for one in group(find(past, Segments()), past)]
    assert order[:2] == ["time_large", "time_small"]
    assert set(order[2:]) == {"time_better", "time_mended"}


def made(place: tuple[int, int, int], number: int) -> Change:
    revision, candidates, slack = place
    step = Step(1, 1.0, 1.5, 1.5, 1.4, 1.6, 0.0)
    span = (max(1, revision - candidates + 1 - slack), min(99, revision + slack))
    key = SeriesKey(Case(f"time_{number}"), "env", "lab")
    return Change(key, TIME, step, sha(revision - candidates), sha(revision), revision, candidates, span=span)


@given(st.lists(st.tuples(st.integers(20, 90), st.integers(1, 15), st.integers(0, 4)), max_size=25))
def test_every_change_is_laid_to_one_commit_that_may_have_made_it(places: list[tuple[int, int, int]]) -> None:
    found = [made(place, number) for number, place in enumerate(places)]
    groups = group(found, Past(commits(100), []))
    laid = [change for one in groups for change in one.changes]
    assert sorted(change.id for change in laid) == sorted(change.id for change in found)
    for one in groups:
        revision = int(one.commit.sha, 16)
        assert all(change.span is not None and change.span[0] <= revision <= change.span[1] for change in one.changes)
        assert one.agree <= one.asked


@given(st.lists(st.tuples(st.integers(20, 60), st.integers(1, 15), st.integers(0, 4)), min_size=1, max_size=12))
def test_the_first_commit_named_has_the_most_votes(places: list[tuple[int, int, int]]) -> None:
    from bench_runner.history.changes import _likeliest

    found = [made(place, number) for number, place in enumerate(places)]

    def votes(revision: int) -> float:
        total = 0.0
        for one in found:
            assert one.span is not None
            first, last = one.span
            if one.revision - one.candidates < revision <= one.revision:
                total += 1 / one.candidates
            elif first <= revision <= last:
                total += 0.1 / (last - first + 1)
        return total

    assert votes(_likeliest(found)) == pytest.approx(max(votes(revision) for revision in range(100)))
