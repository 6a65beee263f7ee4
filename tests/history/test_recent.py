"""Which changes are recent, by the clock of the newest result."""

from dataclasses import replace
from typing import Any

import pytest
from made_up import commits, level, series

from bench_runner.errors import UsageError
from bench_runner.history.changes import find
from bench_runner.history.facts import RunFact
from bench_runner.history.recent import moment_ms, newest_ms, since
from bench_runner.history.series import History
from bench_runner.stats.changepoints import Segments

DAY = 86_400_000
PAST: Any = None
COMMITS = [replace(one, time_ms=DAY * at) for at, one in enumerate(commits(60))]
HISTORY = History(COMMITS, PAST, [series(level((20, 1.0), (20, 1.3), (20, 1.6)))])
CHANGES = find(HISTORY, Segments())


def places(text: str, now_ms: int) -> list[int]:
    return [one.revision for one in since(CHANGES, HISTORY, text, now_ms)]


@pytest.mark.parametrize(
    ("text", "now_day", "found"),
    [
        ("20d", 60, [40]),
        ("19d", 60, []),
        ("40d", 60, [20, 40]),
        ("3w", 60, [40]),
        ("480h", 60, [40]),
        ("30d", 70, [40]),
        ("1970-02-10", 60, [40]),
        ("1970-02-11", 0, []),
        ("1970-01-21T00:00:00+00:00", 0, [20, 40]),
    ],
)
def test_days_count_back_from_now_and_dates_stand_by_themselves(text: str, now_day: int, found: list[int]) -> None:
    assert places(text, DAY * now_day) == found


def test_a_change_of_production_was_made_when_its_window_began() -> None:
    one = replace(CHANGES[0], between=(DAY * 50, DAY * 51))
    assert since([one], HISTORY, "10d", DAY * 61) == [one]
    assert since([one], HISTORY, "9d", DAY * 61) == []


@pytest.mark.parametrize("text", ["", "30", "d", "-3d", "yesterday", "2026-13-01", "9999999d", "2026", "\x1b[31m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--since"):
        since(CHANGES, HISTORY, text, 0)


def test_a_moment_is_utc_unless_it_says_otherwise() -> None:
    assert moment_ms("1970-01-02", "--now") == DAY
    assert moment_ms("1970-01-02T02:00:00+02:00", "--now") == DAY
    with pytest.raises(UsageError, match="--now 'soon' is no date"):
        moment_ms("soon", "--now")


def test_now_is_the_newest_result_and_never_the_wall_clock() -> None:
    assert newest_ms(HISTORY) == DAY * 59
    runs = [RunFact("a", "env", "lab", DAY * 100), RunFact("b", "env", "lab", DAY * 90), RunFact("c", "env", "lab")]
    assert newest_ms(replace(HISTORY, runs=runs)) == DAY * 100
    window = replace(series([1.0, 2.0]), times=[DAY, DAY * 101])
    assert newest_ms(replace(HISTORY, runs=runs, production=[window])) == DAY * 101
    assert newest_ms(History([], PAST)) == 0
