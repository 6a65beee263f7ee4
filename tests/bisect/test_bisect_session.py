import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from bench_runner.bisect.session import Found, Progress, Terms, TimedOut, Unbuildable, run
from bench_runner.cli.culprit import told
from bench_runner.errors import UsageError
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME, Metric

COMMITS = [Commit(f"{index:040x}", (), 1000 * index, f"change {index}") for index in range(20)]
Answer = tuple[float, ...] | Unbuildable | TimedOut


def fake(answer: Callable[[int, random.Random], float | Unbuildable | TimedOut]) -> Callable[[str, int], Answer]:
    """A measurement that returns what it is told, and says what it was asked."""
    rng = random.Random(1)

    def measure(sha: str, rounds: int) -> Answer:
        answers = [answer(int(sha, 16), rng) for _ in range(rounds)]
        first = answers[0]
        return first if isinstance(first, (Unbuildable, TimedOut)) else tuple(map(float, answers))  # type: ignore[arg-type]

    return measure


def ms(level: float, rng: random.Random, noise: float = 0.02) -> float:
    return level * 1e-3 * math.exp(rng.gauss(0, noise))


def test_the_commit_is_found_with_its_numbers() -> None:
    found = run(COMMITS, TIME, fake(lambda i, rng: ms(1.3 if i >= 11 else 1.0, rng)))
    assert found.outcome == "found"
    assert found.exactly
    assert found.exit_code == 0
    assert (found.last_old, found.first_new, found.among) == (COMMITS[10], COMMITS[11], (COMMITS[11],))
    assert found.ratio == pytest.approx(1.3, rel=0.03)
    assert found.before == pytest.approx(1e-3, rel=0.03)
    assert found.rounds == sum(len(look.values) for look in found.looks) > 8
    assert 4 <= found.commits <= 9


def test_commits_that_cannot_be_measured_make_a_range() -> None:
    broken = {9: "NameError", 10: "time_sort failed"}
    found = run(
        COMMITS,
        TIME,
        fake(lambda i, rng: Unbuildable(broken[i]) if i in broken else ms(1.3 if i >= 10 else 1.0, rng)),
    )
    assert found.outcome == "found"
    assert not found.exactly
    assert found.exit_code == 0
    assert found.between == found.among == (COMMITS[9], COMMITS[10], COMMITS[11])
    assert {look.commit: look.problem for look in found.skipped} == {COMMITS[9]: "NameError", COMMITS[10]: broken[10]}


def test_a_spent_budget_leaves_a_set_of_commits() -> None:
    found = run(COMMITS, TIME, fake(lambda i, rng: ms(1.06 if i >= 11 else 1.0, rng)), terms=Terms(budget=20))
    assert (found.outcome, found.exit_code, found.exactly) == ("undecided", 4, False)
    assert COMMITS[11] in found.among
    assert len(found.among) > 1
    assert found.between[-1] == found.first_new
    assert found.last_old not in found.between


def test_no_change_reproduced() -> None:
    found = run(COMMITS, TIME, fake(lambda _, rng: ms(1.0, rng)))
    assert (found.outcome, found.exit_code, found.among) == ("unchanged", 4, ())
    assert found.ratio == pytest.approx(1, rel=0.03)
    assert (found.last_old, found.first_new) == (COMMITS[0], COMMITS[-1])


def test_nothing_buildable() -> None:
    found = run(COMMITS, TIME, fake(lambda _, __: Unbuildable("no compiler")))
    assert (found.outcome, found.exit_code) == ("unbuildable", 6)
    assert math.isnan(found.ratio)
    assert {look.problem for look in found.skipped} == {"no compiler"}


def test_a_time_out_is_slow_and_no_failure() -> None:
    found = run(COMMITS, TIME, fake(lambda i, rng: TimedOut() if i >= 5 else ms(1.0, rng)))
    assert (found.outcome, found.first_new, found.skipped) == ("found", COMMITS[5], ())
    assert math.isnan(found.after)


def test_where_more_is_better_a_time_out_is_still_the_worse_side() -> None:
    speed = Metric("speed", "operations", better="higher")
    found = run(COMMITS, speed, fake(lambda i, rng: TimedOut() if i >= 5 else rng.gauss(100, 1)))
    assert found.first_new == COMMITS[5]
    found = run(
        COMMITS, speed, fake(lambda i, rng: TimedOut() if 12 <= i < 17 else rng.gauss(60 if i >= 12 else 90, 1))
    )
    assert found.first_new == COMMITS[12]


@pytest.mark.parametrize("unit", ["seconds", "bytes", "misses"])
def test_any_unit_and_size_will_do(unit: str) -> None:
    size = {"seconds": 3e-8, "bytes": 4e9, "misses": -20.0}[unit]
    found = run(
        COMMITS, Metric("m", unit), fake(lambda i, rng: size * (1.2 if i >= 14 else 1) * (1 + rng.gauss(0, 0.01)))
    )
    assert (found.outcome, found.first_new) == ("found", COMMITS[14])


def test_an_exact_count_from_zero() -> None:
    found = run(COMMITS, Metric("calls", "calls", exact=True), fake(lambda i, _: 3.0 if i >= 2 else 0.0))
    assert found.first_new == COMMITS[2]
    assert math.isnan(found.ratio)


def test_progress_tells_before_each_look() -> None:
    told: list[Progress] = []
    found = run(COMMITS, TIME, fake(lambda i, rng: ms(1.3 if i >= 11 else 1.0, rng)), tell=told.append)
    assert len(told) == len(found.looks)
    assert [progress.looks for progress in told] == list(range(len(told)))
    assert [progress.commit for progress in told] == [look.commit for look in found.looks]
    last = told[-1]
    assert len(last.mass) == len(last.knots) - 1
    assert sum(last.mass) + last.none == pytest.approx(1)


def test_an_interruption_passes_through() -> None:
    def measure(sha: str, rounds: int) -> Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(COMMITS, TIME, measure)


@pytest.mark.parametrize("count", [0, 1])
def test_too_short_a_range_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match="two commits"):
        run(COMMITS[:count], TIME, fake(lambda _, __: 1.0))


def test_two_commits_are_enough() -> None:
    found: Found = run(COMMITS[:2], TIME, fake(lambda i, rng: ms(1.3 if i else 1.0, rng)))
    assert found.first_new == COMMITS[1]


def test_runs_without_any_value_count_as_failures() -> None:
    found = run(COMMITS[:2], TIME, lambda _, __: (math.nan,))
    assert found.outcome == "unbuildable"
    assert found.skipped[0].problem == "no values"


def test_what_layouts_hide_is_told_as_a_set() -> None:
    own = np.random.default_rng(8).normal(0, 0.01, len(COMMITS))
    found = run(COMMITS, TIME, fake(lambda i, rng: ms(math.exp(own[i] + (0.03 if i >= 11 else 0.0)), rng, 0.003)))
    assert (found.outcome, found.exit_code, found.exactly) == ("narrowed", 4, False)
    assert COMMITS[11] in found.among
    words, *_ = told(found)
    assert words.startswith(f"one of {len(found.among)}, no number of rounds tells which: {found.among[0].short} ")
