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

    def __init__(self, clock: list[float]) -> None:
        self.clock = clock

    def redo_setup(self) -> None:
        self.clock[0] += 100

    def timeit(self, number: int) -> float:
        for _ in range(number):
            self.redo_setup()
            self.clock[0] += 1
        return float(number)

    def benchmark_timing(self, timer: object, repeat: int, *, number: int) -> list[float]:
        timer.timeit(50)
        return [timer.timeit(number) for _ in range(repeat)]

    def do_run(self) -> list[float]:
        return self.benchmark_timing(self, 2, number=3)


def test_setups_and_warm_up_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(meter, "now", lambda: Cost(clock[0], 2 * clock[0], 0.0))
    counted = Meter()
    assert counted.run(Timed(clock)) == [3.0, 3.0]
    assert [batch.number for batch in counted.batches] == [50, 3, 3]
    assert [batch.calls.wall_s for batch in counted.last(2)] == [3, 3]
    assert [batch.calls.cpu_s for batch in counted.last(2)] == [6, 6]
    assert [batch.setups.wall_s for batch in counted.last(2)] == [300, 300]
