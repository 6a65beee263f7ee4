"""Each round tells how quiet it was: counted in its own process, on the host around it, and by canaries."""

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench_runner.model.sample import Round
from bench_runner.model.vitals import Vitals
from bench_runner.runner import vigil
from bench_runner.runner.sampling import Launch, Sampling
from bench_runner.runner.vigil import Vigil
from bench_runner.worker.messages import CanaryDone, Ended

LINUX = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="only Linux tells all of it")
SUITE = """
    import mmap, time

    def time_calm(): sum(range(1000))

    def time_sleepy(): time.sleep(0.001)
    time_sleepy.number, time_sleepy.repeat = 10, 3

    def time_greedy():  # pages that are new with each call
        with mmap.mmap(-1, 50 * mmap.PAGESIZE) as memory:
            for page in range(50): memory[page * mmap.PAGESIZE] = 1
    time_greedy.number, time_greedy.repeat = 10, 3

    def timeraw_x(): return "pass"
"""


@pytest.mark.slow
@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_rounds_come_with_their_vitals(bench: Any, write: Callable[..., Path], launch: Launch) -> None:
    found = bench.results(write(one=SUITE), Sampling(rounds=2, launch=launch))
    assert {one.outcome for one in found.values()} == {"ok"}
    rounds = {name: one.sample.rounds for name, one in found.items()}
    for each in (one for some in rounds.values() for one in some):
        counted = asdict(each.vitals)
        assert {counted[name] >= 0 for name in ("involuntary", "voluntary", "minor", "major", "load")} == {True}
        assert 0 < each.vitals.canary_cpu_s < 1.5 * each.vitals.canary_s + 1e-3
        assert each.vitals.usual_s > 0
    # 30 calls behind the values of each round, none of the warm-up before them nor of any other case
    assert {30 <= one.vitals.voluntary < 60 for one in rounds["one.time_sleepy"]} == {True}
    assert {1500 <= one.vitals.minor < 2500 for one in rounds["one.time_greedy"]} == {True}
    assert {one.vitals.minor < 1000 for one in rounds["one.time_calm"]} == {True}


@pytest.mark.slow
@LINUX
def test_the_host_is_looked_at_around_each_turn(bench: Any, write: Callable[..., Path]) -> None:
    found = bench.results(write(one=SUITE), Sampling(rounds=2))
    for each in (one for result in found.values() for one in result.sample.rounds):
        assert 0 <= each.vitals.others <= 1
        assert 0 <= each.vitals.steal <= 1
        assert each.vitals.swapped >= 0


def test_cases_by_themselves_load_no_suite_for_a_canary(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            from pathlib import Path
            with Path(__file__).with_name("imports.txt").open("a") as file: file.write("x")
            def peakmem_x(): pass
        """
    )
    (result,) = bench.measure(suite).results
    assert result.sample.rounds[0].vitals.canary_s > 0
    assert (suite / "imports.txt").read_text() == "xxxx"  # by discovery, and by each of three rounds


class Birds:
    """Stands for the interpreters: what canaries take is given."""

    pids = ()

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)
        self.alone: list[bool] = []

    def canary(self, _: object, *, alone: bool) -> CanaryDone:
        self.alone.append(alone)
        one = self.seconds.pop(0)
        return CanaryDone(one, one / 2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(vigil, "monotonic", lambda: now[0])
    return now


def watch(birds: Birds) -> Vigil:
    return Vigil(birds)  # type: ignore[arg-type]


def test_a_canary_at_each_end_of_a_round_and_every_two_seconds(clock: list[float]) -> None:
    birds = Birds(1, 2, 4, 8)
    watched = watch(birds)
    watched.begin(alone=True)
    turns = []
    for seconds in (0.5, 1.4, 0.2, 5.0):
        turns.append(watched.before())
        clock[0] += seconds
    watched.end()
    watched.finish()
    assert turns == [1, 1, 1, 2]
    assert birds.alone == [True] * 3
    assert [watched.completion()(Round((1.0,)).vitals, turn).canary_s for turn in turns] == [1.5, 1.5, 1.5, 3.0]
    assert watched.completion()(Round((1.0,)).vitals, 2).canary_cpu_s == 1.5


def test_short_rounds_share_their_canaries(clock: list[float]) -> None:
    watched = watch(Birds(1, 3, 5))
    turns = []
    for _ in range(3):
        watched.begin(alone=False)
        turns.append(watched.before())
        clock[0] += 0.2
        watched.end()
    watched.finish()
    assert turns == [1, 1, 2]
    assert [watched.completion()(Round((1.0,)).vitals, turn).canary_s for turn in turns] == [2.0, 2.0, 4.0]


def test_the_usual_canary_is_the_lower_quartile() -> None:
    watched = watch(Birds(*[9.0] * 5, 1.0, 1.0, 1.0))
    for _ in range(8):
        watched.take()
    assert watched.completion()(Round((1.0,)).vitals, 1).usual_s == 1.0


def test_vitals_have_the_digits_that_are_stored() -> None:
    watched = watch(Birds(1.00004e-3, 1.00004e-3))
    watched.take()
    watched.take()
    found = watched.completion()(Vitals(others=0.49996, minor=123456.0), 1)
    assert (found.others, found.minor, found.canary_s, found.usual_s) == (0.5, 123460.0, 1e-3, 1e-3)
    assert repr(watched.completion()(found, 1)) == repr(found)


def test_canaries_that_could_not_be_taken_leave_the_others() -> None:
    watched = watch(Birds(math.nan, 3.0, 5.0, math.nan, math.nan))
    for _ in range(5):
        watched.take()
    seen = [watched.completion()(watched.vitals(Ended("ok")), turn).canary_s for turn in (1, 2, 3, 4)]
    assert seen[:3] == [3.0, 4.0, 5.0]
    assert math.isnan(seen[3])
