"""What a change of the history asks to be bisected."""

import re
from dataclasses import replace

import pytest

from bench_runner.bisect.target import Target, beside, of_change
from bench_runner.errors import UsageError
from bench_runner.history.changes import find
from bench_runner.model.change import Change
from bench_runner.model.metric import Metric
from bench_runner.model.series import Series
from bench_runner.stats.changepoints import Segments
from tests.history.made_up import COUNT, Past, commits, level, series

COMMITS = commits(120)


def found(*some: Series) -> list[Change]:
    return find(Past(COMMITS, some), Segments())


def test_the_path_goes_one_measured_commit_beyond_the_range_on_both_sides() -> None:
    for every in (1, 3):
        mine = series(level((30, 1.0), (30, 1.3)), every=every)
        (change,) = found(mine)
        assert change.span == (30 * every - every + 1, 30 * every)
        target = of_change(change, [change], mine, COMMITS)
        assert target.commits == tuple(COMMITS[28 * every : 31 * every + 1])
        assert re.search(target.bench, "time_a")
        assert not re.search(target.bench, "time_ab")
        assert target.environment == change.key.environment
        weights = target.prior.weights
        assert len(weights) == len(target.commits)
        inside = [commit for commit, weight in zip(target.commits, weights, strict=True) if weight > 0]
        assert inside == COMMITS[29 * every + 1 : 30 * every + 1]


@pytest.mark.parametrize(("other", "first", "last"), [(29, 29, 31), (31, 28, 30), (28, 28, 31), (32, 28, 31)])
def test_it_ends_before_another_change_of_the_series(other: int, first: int, last: int) -> None:
    mine = series(level((30, 1.0), (30, 1.3)))
    (change,) = found(mine)
    beside_it = replace(change, revision=other, first_new=COMMITS[other].sha, span=(other, other))
    target = of_change(change, [change, beside_it], mine, COMMITS)
    assert target.commits == tuple(COMMITS[first : last + 1])


def test_at_the_edge_of_the_history_there_is_no_more() -> None:
    mine = series(level((2, 1.0), (2, 1.5), sd=0.0), metric=COUNT)
    (change,) = found(mine)
    assert of_change(change, [change], mine, COMMITS[:4]).commits == tuple(COMMITS[:4])


def test_what_is_exact_and_moved_with_it_is_measured() -> None:
    time, calls = series(level((60, 1.0), (60, 1.3))), series(level((60, 100.0), (60, 130.0), sd=0.0), metric=COUNT)
    calls = replace(calls, key=replace(calls.key, case=replace(calls.key.case, benchmark="time_a:calls")))
    some = found(time, calls)
    lead = next(one for one in some if not one.metric.exact)
    assert of_change(lead, some, time, COMMITS).bench == "^time_a:calls$"
    other = replace(calls, key=replace(calls.key, case=replace(calls.key.case, benchmark="time_b:calls")))
    assert of_change(lead, found(time, other), time, COMMITS).bench == "^time_a$"
    less = replace(calls, metric=Metric("count", "unit", exact=True, better="higher"))
    assert of_change(lead, found(time, less), time, COMMITS).bench == "^time_a$"


def test_what_was_seen_in_production_is_not_measured_again() -> None:
    mine = series(level((30, 1.0), (30, 1.3)))
    (change,) = found(mine)
    with pytest.raises(UsageError, match="production"):
        of_change(replace(change, between=(1, 2)), [], mine, COMMITS)


def test_a_commit_that_was_named_for_another_case_is_likelier() -> None:
    target = Target(tuple(COMMITS[:5]), "x")
    told = beside(target, [COMMITS[3].sha, "f" * 40])
    assert told.prior.weights == pytest.approx((0.2, 0.2, 0.2, 1.2, 0.2))
    assert beside(target, [COMMITS[0].sha, "f" * 40]) is target
