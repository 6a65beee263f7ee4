"""What exact metrics of a case say of its time."""

from dataclasses import replace

import pytest

from bench_runner.history.reasons import explained
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Comparison, Verdict
from bench_runner.model.metric import TIME, Metric

NAMES = {"calls": "calls", "bytecode": "bytecodes", "alloc": "allocations"}
STILL = "not the work, but where code or data lie, or the machine"


def comparison(word: str, verdict: Verdict, ratio: float = 1.0, *, params: tuple[str, ...] = ()) -> Comparison:
    metric = Metric(NAMES[word], word, exact=True) if word else TIME
    case = Case(f"one.time_x:{word}" if word else "one.time_x", params)
    return Comparison(case, metric, None, None, ratio, ratio, ratio, 0.0, verdict, "as it was", "env", "lab")


def said(time: Verdict, *beside: tuple[str, Verdict, float]) -> str:
    first, *rest = explained([comparison("", time, 1.1), *(comparison(*one) for one in beside)])
    assert all(one.reason == "as it was" for one in rest)
    assert first.reason.endswith("as it was")
    return first.reason.removesuffix("as it was").removesuffix("; ")


@pytest.mark.parametrize("time", ["slower", "faster"])
def test_time_that_moves_alone_is_not_the_work(time: Verdict) -> None:
    assert said(time, ("calls", "unchanged", 1.0)) == f"calls unchanged: {STILL}"
    both = (("calls", "unchanged", 1.0), ("bytecode", "unchanged", 1.0), ("alloc", "unchanged", 1.0))
    assert said(time, *both) == f"calls and bytecodes unchanged: {STILL}"


def test_memory_that_stands_still_says_nothing_of_the_work() -> None:
    assert said("slower", ("alloc", "unchanged", 1.0)) == ""


def test_time_that_moves_with_the_work() -> None:
    assert said("slower", ("calls", "slower", 1.01), ("alloc", "slower", 1.5)) == (
        "more work: calls +1.0 %, allocations +50.0 %"
    )
    assert said("faster", ("calls", "faster", 0.9), ("bytecode", "unchanged", 1.0)) == "less work: calls -10.0 %"


def test_time_that_moves_against_the_work() -> None:
    assert said("slower", ("calls", "faster", 0.9)) == "though less work: calls -10.0 %"
    assert said("faster", ("bytecode", "slower", 1.2)) == "though more work: bytecodes +20.0 %"


def test_time_that_moves_with_memory_alone() -> None:
    assert said("slower", ("calls", "unchanged", 1.0), ("alloc", "slower", 1.5)) == (
        "other use of memory: allocations +50.0 %, calls unchanged"
    )


@pytest.mark.parametrize("time", ["unchanged", "undecided"])
def test_work_that_changes_where_the_clock_sees_nothing(time: Verdict) -> None:
    assert said(time, ("calls", "slower", 1.01), ("bytecode", "unchanged", 1.0)) == (
        "calls +1.0 %: the clock cannot tell"
    )
    assert said(time, ("calls", "unchanged", 1.0)) == ""


@pytest.mark.parametrize("other", ["missing", "failed", "new", "unlike"])
def test_what_is_not_compared_says_nothing(other: Verdict) -> None:
    assert said("slower", ("calls", other, 1.5)) == ""
    assert said(other, ("calls", "slower", 1.5)) == ""


def test_other_cases_and_places_say_nothing() -> None:
    time = comparison("", "slower", 1.1)
    elsewhere = [
        comparison("calls", "slower", 1.5, params=("1",)),
        replace(comparison("calls", "slower", 1.5), machine="other"),
        replace(comparison("calls", "slower", 1.5), environment="other"),
    ]
    assert explained([time, *elsewhere]) == [time, *elsewhere]
