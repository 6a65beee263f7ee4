"""Which combination of parameters is meant, and what a case costs."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.worker import meter
from bench_runner.worker.case import place
from bench_runner.worker.meter import Cost, Meter

PARAMS = st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=4, unique=True), max_size=3)


@given(PARAMS)
def test_each_combination_is_found_where_asv_counts_it(params: list[list[str]]) -> None:
    for index, wanted in enumerate(itertools.product(*params)):
        assert place(params, wanted, index) == index


@given(PARAMS, st.randoms(use_true_random=False))
def test_reprs_decide_when_the_order_has_changed(params: list[list[str]], random: object) -> None:
    moved = [random.sample(values, len(values)) for values in params]
    there = list(itertools.product(*moved))
    for index, wanted in enumerate(itertools.product(*params)):
        assert there[place(moved, wanted, index)] == wanted


def test_what_differs_between_processes_is_known_at_its_place() -> None:
    params = [["{'b', 'a'}", "<f at 0x7f00>"], ["1"]]
    assert place(params, ["{'a', 'b'}", "1"], 0) == 0
    assert place(params, ["<f at 0x12ab>", "1"], 1) == 1


@pytest.mark.parametrize(
    ("wanted", "why"),
    [(["3", "x"], "no parameter 3"), (["1"], "2 parameters here, not 1"), ([], "2 parameters here, not 0")],
)
def test_what_is_not_there_is_refused(wanted: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        place([["1", "2"], ["x"]], wanted, 0)


def test_no_combinations_at_all() -> None:
    with pytest.raises(ValueError, match="no parameter a"):
        place([[]], ["a"], 0)


class Timed:
    """A benchmark in asv_runner's manner: warm-up, then two samples of three calls, each call after a setup."""

    def __init__(self, clock: list[float], *, warm_up: tuple[int, ...] = (50,), first_s: float = 0) -> None:
        self.clock, self.warm_up, self.first_s = clock, warm_up, first_s
        self.runs = 0

    def redo_setup(self) -> None:
        self.clock[0] += 100

    def timeit(self, number: int) -> float:
        self.clock[0] += self.first_s
        self.first_s = 0
        for _ in range(number):
            self.redo_setup()
            self.clock[0] += 1
        return float(number)

    def benchmark_timing(self, timer: object, repeat: int, *, number: int, warmup_time: float) -> dict[str, object]:
        for one in self.warm_up:
            timer.timeit(one)
        return {"samples": [timer.timeit(number) for _ in range(repeat)], "number": number}

    def do_run(self) -> dict[str, object]:
        self.runs += 1
        return self.benchmark_timing(self, 2, number=3, warmup_time=0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [0.0]
    monkeypatch.setattr(meter, "now", lambda: Cost(time[0], 2 * time[0], 0.0))
    monkeypatch.setattr(meter, "perf_counter", lambda: time[0])
    monkeypatch.setattr(meter, "process_time", lambda: 2 * time[0])
    return time


def test_setups_and_warm_up_are_counted_apart(clock: list[float]) -> None:
    counted = Meter()
    assert counted.run(Timed(clock, warm_up=(20, 30)))["samples"] == [3.0, 3.0]
    assert [batch.number for batch in counted.batches] == [20, 30, 3, 3]
    assert counted.spent(2) == (Cost(6, 12), 6)
    assert [batch.setup_wall_s for batch in counted.batches[-2:]] == [300, 300]
    assert counted.batch_s(2) == 303


class Warming:
    """A benchmark with setup that takes batches of `batch_s` until it is warm, and then two samples."""

    def __init__(self, clock: list[float], batch_s: float) -> None:
        self.clock, self.batch_s = clock, batch_s

    def redo_setup(self) -> None:
        self.clock[0] += 0.25 * self.batch_s

    def timeit(self, number: int) -> float:
        self.redo_setup()
        self.clock[0] += 0.75 * self.batch_s
        return self.batch_s

    def benchmark_timing(self, timer: object, *, warmup_time: float) -> dict[str, object]:
        end = self.clock[0] + warmup_time
        while self.clock[0] < end:
            timer.timeit(1)
        return {"samples": [timer.timeit(1), timer.timeit(1)], "number": 1}

    def do_run(self) -> dict[str, object]:
        return self.benchmark_timing(self, warmup_time=0.1)


@pytest.mark.parametrize(("batch_s", "looks"), [(2**-13, 2), (2**-9, 54)])
def test_of_quick_batches_little_is_seen_and_all_is_counted(clock: list[float], batch_s: float, looks: int) -> None:
    """It is looked at before the first batch and when the warm-up is over, and before each that takes its time."""
    counted = Meter()
    counted.run(Warming(clock, batch_s))
    assert sum(batch.before is not None for batch in counted.batches) == looks
    assert {batch.wall_s for batch in counted.batches} == {batch_s}
    assert counted.spent(2) == (Cost(1.5 * batch_s, 3 * batch_s), 2)
    assert counted.spent(1) == (
        Cost(0.75 * batch_s * (2 if looks == 2 else 1), 1.5 * batch_s * (2 if looks == 2 else 1)),
        (2 if looks == 2 else 1),
    )


@pytest.mark.parametrize(
    ("warm_up", "first_s", "runs"),
    [((3,), 5000, 2), ((3,), 2000, 1), ((3,), 0, 1), ((3, 3), 5000, 1), ((), 5000, 1)],
)
def test_a_first_call_that_eats_the_warm_up_is_not_the_measure(
    clock: list[float], warm_up: tuple[int, ...], first_s: float, runs: int
) -> None:
    benchmark, counted = Timed(clock, warm_up=warm_up, first_s=first_s), Meter()
    counted.run(benchmark)
    assert benchmark.runs == runs
    assert len(counted.batches) == runs * (len(warm_up) + 2)
