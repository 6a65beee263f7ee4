"""Cases with disturbed rounds are measured again, the worst first, within a budget, and nothing gets lost by it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.sample import Round
from bench_runner.model.vitals import UNKNOWN
from bench_runner.runner.again import worst
from bench_runner.runner.course import Course
from bench_runner.runner.sampling import Calls, Sampling
from bench_runner.runner.vigil import Vigil
from bench_runner.stats.quality import disturbed
from bench_runner.stats.summary import summarise
from bench_runner.worker.messages import Ended

CALM, BUSY = replace(UNKNOWN, others=0.01), replace(UNKNOWN, others=0.75)
GENEROUS = 1000.0
SUITE = """
    import time

    class Calls:
        repeat, number, warmup_time, rounds = 1, 1, 0, 3
        def time_a(self): pass
        def time_b(self): pass

    def track_size(): return 5
    def mem_x(): return []
"""


@pytest.fixture
def disturb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that makes the turns with these numbers, from 0 and by whoever's turn it is, disturbed ones."""

    def disturb_turns(turns: Sequence[int]) -> None:
        seen = iter(range(10**6))
        monkeypatch.setattr(Vigil, "vitals", lambda *_: BUSY if next(seen) in turns else CALM)
        # What the machine is really like just now is no matter here.
        monkeypatch.setattr(Vigil, "completion", lambda _: lambda vitals, _: vitals)

    return disturb_turns


def measured(bench: Any, suite: Path, budget: float, only: str = "") -> dict[str, list[bool]]:
    """Whether each round was disturbed, by case."""
    results = bench.results(suite, Sampling(retry_budget=budget), only=only)
    return {name: [disturbed(round_.vitals) for round_ in one.sample.rounds] for name, one in results.items()}


def test_disturbed_rounds_are_measured_again_until_there_are_enough(
    bench: Any, write: Callable[..., Path], disturb: Callable[..., None]
) -> None:
    disturb({0, 3})  # the first of three rounds, and the one that is to replace it
    found = measured(bench, write(one=SUITE), GENEROUS, only="time_a")
    assert found == {"one.Calls.time_a": [True, False, False, True, False]}


def test_the_summary_leaves_them_out_and_says_so(
    bench: Any, write: Callable[..., Path], disturb: Callable[..., None]
) -> None:
    disturb({1})
    (result,) = bench.results(write(one=SUITE), Sampling(retry_budget=GENEROUS), only="time_b").values()
    summary = summarise(result.sample, TIME)
    assert (len(result.sample.rounds), summary.n) == (4, 3)
    assert summary.warnings[-1] == "1 of 4 rounds left out: others used 75 % of the CPU"


@pytest.mark.parametrize("budget", [0.0, 1e-9])
def test_no_budget_no_second_time(
    bench: Any, write: Callable[..., Path], disturb: Callable[..., None], budget: float
) -> None:
    disturb(range(100))
    found = measured(bench, write(one=SUITE), budget)
    assert {name: len(some) for name, some in found.items()} == {
        "one.Calls.time_a": 3,
        "one.Calls.time_b": 3,
        "one.track_size": 1,
        "one.mem_x": 1,
    }


def test_it_ends_on_a_machine_that_is_never_quiet(
    bench: Any, write: Callable[..., Path], disturb: Callable[..., None]
) -> None:
    disturb(range(100_000))
    found = measured(bench, write(one=SUITE), 1.0)
    assert min(len(found["one.Calls.time_a"]), len(found["one.Calls.time_b"])) > 3
    # Their sizes do not depend on how busy a machine is.
    assert (found["one.track_size"], found["one.mem_x"]) == ([True], [True])


def test_events_count_the_rounds_that_were_added(
    bench: Any, write: Callable[..., Path], disturb: Callable[..., None]
) -> None:
    disturb({0, 1})
    bench.results(write(one=SUITE), Sampling(retry_budget=GENEROUS), only="time_a")
    last = bench.events[-1]
    assert (last.kind, last.done, last.total, last.round) == ("result", 5, 5, 5)
    assert [one.kind for one in bench.events].count("result") == 1


def test_an_extra_round_that_fails_spoils_nothing(
    bench: Any, write: Callable[..., Path], disturb: Callable[..., None]
) -> None:
    disturb({0, 1, 2})
    suite = write(
        one="""
            from pathlib import Path
            CALLS = Path(__file__).with_name("calls.txt")

            def time_x():
                with CALLS.open("a") as file: file.write("x")
                if CALLS.stat().st_size > 3: raise SystemExit(7)
            time_x.repeat, time_x.number, time_x.warmup_time, time_x.rounds = 1, 1, 0, 3
        """
    )
    (suite / "calls.txt").unlink(missing_ok=True)
    (result,) = bench.results(suite, Sampling(retry_budget=GENEROUS)).values()
    assert (result.outcome, len(result.sample.rounds), result.detail) == ("ok", 3, "")
    assert (suite / "calls.txt").stat().st_size == 4


def course(name: str, *rounds: bool, round_s: float = 1.0, metric: Metric = TIME) -> Course:
    """A case that has been measured: whether each of its rounds was disturbed."""
    made = Course(Benchmark(name, "", metric=metric), Case(name), 0, Sampling(), Calls(len(rounds)))
    made.rounds = [Round((1.0,), vitals=BUSY if bad else CALM) for bad in rounds]
    made.duration_s = round_s * len(rounds)
    return made


def test_the_worst_come_first_then_the_cheapest() -> None:
    courses = [
        course("fine", False, False),
        course("half", True, False),
        course("dear", True, True, round_s=3.0),
        course("cheap", True, True, round_s=2.0),
        course("bytes", True, True, metric=Metric("size", "bytes")),
    ]

    def names(left_s: float) -> list[str]:
        return [one.case.benchmark for one in worst(courses, left_s)]

    assert names(100) == ["cheap", "dear", "half"]
    assert names(5) == ["cheap", "dear"]
    assert names(3) == ["cheap", "half"]
    assert names(0) == names(-1) == []


def test_a_case_that_has_gone_wrong_is_not_tried_again() -> None:
    bad, spent = course("bad", True), course("spent", True)
    bad.add(Ended("failed"))
    spent.extra = 1
    spent.add(Ended("crashed"))
    assert worst([bad, spent], 100) == []
    assert (bad.left, spent.left) == (0, 0)
    assert (bad.result().outcome, spent.result().outcome) == ("failed", "ok")


def test_what_is_lacking_counts_from_the_plan() -> None:
    one = course("one", True, False, False)
    assert [one.lacking, one.left] == [1, 0]
    one.extra = 1
    assert one.left == 1
    one.rounds.append(Round((1.0,), vitals=CALM))
    assert [one.lacking, one.left] == [0, 0]


def test_each_case_is_measured_again_as_often_as_its_neighbours(
    bench: Any, write: Callable[..., Path], disturb: Callable[..., None]
) -> None:
    disturb(range(6))
    lengths = defaultdict(list)
    for name, some in measured(bench, write(one=SUITE), GENEROUS, only="Calls").items():
        lengths[len(some)].append(name)
    assert lengths == {6: ["one.Calls.time_a", "one.Calls.time_b"]}
