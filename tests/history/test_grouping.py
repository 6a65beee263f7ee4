"""Changes laid to the commits that most likely made them."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import Past, commits, level, series, sha

from bench_runner.history.changes import find
from bench_runner.history.grouping import group, united
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change, Step
from bench_runner.model.metric import TIME
from bench_runner.model.series import SeriesKey
from bench_runner.stats.changepoints import Segments


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
    from bench_runner.history.grouping import _likeliest

    found = [made(place, number) for number, place in enumerate(places)]

    def votes(revision: int) -> float:
        total = 0.0
        for one in found:
            assert one.span is not None
            first, last = one.span
            if one.revision - one.candidates < revision <= one.revision:
                total += 0.9 / one.candidates
            if first <= revision <= last:
                total += 0.1 / (last - first + 1)
        return total

    assert votes(_likeliest(found)) == pytest.approx(max(votes(revision) for revision in range(100)))


def test_a_sure_place_outvotes_vague_ones_that_are_likeliest_elsewhere() -> None:
    def made(name: str, revision: int, *posterior: tuple[int, int, float]) -> Change:
        key = SeriesKey(Case(name), "env", "m")
        step = Step(revision, 1.0, 1.2, 1.2, 1.1, 1.3, 0.0)
        span = (posterior[0][0], posterior[-1][1])
        return Change(key, TIME, step, sha(revision - 1), sha(revision), revision, span=span, posterior=posterior)

    vague = [made(f"time_{k}", 12, *((at, at, 0.2 if at == 12 else 0.19) for at in range(10, 15))) for k in range(2)]
    sure = made("time_sure", 13, (13, 13, 0.97))
    (one,) = group([*vague, sure], Past(commits(30), []))
    assert one.commit.sha == sha(13)
    assert len(one.changes) == 3


def test_what_is_laid_to_one_commit_is_one_group() -> None:
    found = [series(level((15, 1.0), (15, 1.2), seed=k), name=f"time_{k}") for k in range(3)]
    past = Past(commits(30), found)
    (whole,) = group(find(past, Segments()), past)
    parts = [
        replace(whole, changes=(one,), agree=1, q=q) for one, q in zip(whole.changes, (0.01, 1e-9, 0.02), strict=True)
    ]
    (one,) = united([*parts])
    assert (one.commit, one.q, one.agree, one.asked) == (whole.commit, 1e-9, 3, 3)
    assert set(one.changes) == set(whole.changes)
    assert len(united([whole, replace(whole, commit=commits(30)[3])])) == 2
