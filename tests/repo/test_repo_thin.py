"""How many commits are left: one per period as asv picks them, steps spread evenly."""

from itertools import pairwise

import pytest
from asv.repo import Repo as AsvRepo
from asv.util import parse_human_time
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.errors import UsageError
from bench_runner.model.commit import Commit
from bench_runner.repo.thin import Thinning, apart, period_ms, spread

DAY = 86_400_000


def history(days: list[int]) -> list[Commit]:
    """Commits with these author dates, newest first."""
    return [Commit(f"{number:040x}", (), day * DAY, "") for number, day in enumerate(days)]


class Asv(AsvRepo):
    """asv's own choice, on dates that we give it."""

    def __init__(self, commits: list[Commit]) -> None:
        self.dates = {one.sha: one.time_ms for one in commits}

    def get_date(self, sha: str) -> int:
        return self.dates[sha]


@given(st.lists(st.integers(0, 400), unique=True), st.integers(1, 60), st.data())
def test_what_is_left_is_what_asv_picks(days: list[int], period: int, data: st.DataObject) -> None:
    commits = history(days)
    old = data.draw(st.lists(st.sampled_from(commits), unique=True)) if commits else []
    picked = Asv(commits).filter_date_period([one.sha for one in commits], period * 86400, [one.sha for one in old])
    assert [one.sha for one in apart(commits, period * DAY, old)] == picked


@given(st.lists(st.integers(0, 40)), st.integers(1, 9))
def test_equal_and_backward_dates_leave_one_of_each_period(days: list[int], period: int) -> None:
    commits = history(days)
    kept = apart(commits, period * DAY)
    assert [one for one in commits if one in kept] == kept
    times = sorted(one.time_ms for one in kept)
    assert all(after - before >= period * DAY for before, after in pairwise(times))
    assert all(any(0 <= one.time_ms - time < period * DAY for time in times) for one in commits)
    older = commits[1:]
    if older and commits[0].time_ms >= max(one.time_ms for one in older):
        assert apart(older, period * DAY) == [one for one in kept if one is not commits[0]]


def test_of_one_moment_the_oldest_commit_is_taken() -> None:
    newer, older = history([5, 5])
    assert apart([newer, older], DAY) == [older]


@pytest.mark.parametrize("text", ["1d", "2w", "1M", "3M", "1q", "1y", "12h", "7", " 2 w "])
def test_a_period_lasts_as_long_as_for_asv(text: str) -> None:
    assert period_ms(text) == round(parse_human_time(text) * 1000)


@pytest.mark.parametrize("text", ["0d", "w", "1m", "-1d", "1.5w", "1 fortnight", "1d1w", "", "\u0661d"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--date-period") as caught:
        period_ms(text)
    assert ("months are M" in str(caught.value)) == (text == "1m")


def test_the_period_comes_before_the_steps() -> None:
    commits = history([40, 39, 38, 20, 10, 0])
    assert Thinning("10d", 3).of(commits) == [commits[2], commits[4], commits[5]]
    assert Thinning().of(commits) == commits


@given(st.integers(0, 60), st.integers(1, 70))
def test_steps_are_spread_evenly_and_hold_both_ends(size: int, steps: int) -> None:
    commits = [Commit(str(number), (), 0, "") for number in range(size)]
    found = spread(commits, steps)
    assert len(found) == min(size, steps)
    assert found[:1] == commits[:1]
    if steps > 1:
        assert found[-1:] == commits[-1:]
    places = [int(commit.sha) for commit in found]
    gaps = [after - before for before, after in pairwise(places)]
    assert all(gap > 0 for gap in gaps)
    assert max(gaps, default=0) - min(gaps, default=0) <= 1
