"""How often a case is called, held against asv_runner's own loop under a clock that only calls move."""

from collections.abc import Iterator

import asv_runner.benchmarks.time as engine
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.model.benchmark import Benchmark
from bench_runner.runner.sampling import Sampling, asv_seconds, first, later

DURATIONS = st.floats(1e-8, 50, allow_nan=False).map(lambda x: x) | st.floats(-8, 1.7).map(lambda x: 10**x)


class Clock:
    """Time that passes only in calls."""

    def __init__(self, call_s: float) -> None:
        self.now, self.call_s, self.calls, self.batches = 0.0, call_s, 0, []

    def __call__(self) -> float:
        return self.now

    def timeit(self, number: int) -> float:
        self.calls += number
        self.now += number * self.call_s
        self.batches.append(number * self.call_s)
        return number * self.call_s


def run(clock: Clock, benchmark: engine.TimeBenchmark) -> dict[str, object]:
    """One process of asv's, in the clock's time."""
    old, engine.wall_timer = engine.wall_timer, clock
    try:
        benchmark._get_timer = lambda *_: clock
        return benchmark.run()
    finally:
        engine.wall_timer = old


def written(**attributes: object) -> engine.TimeBenchmark:
    def time_x() -> None:
        pass

    source = type("Source", (), attributes)
    benchmark = engine.TimeBenchmark("time_x", time_x, [source])
    benchmark._load_vars()
    return benchmark


def asv(call_s: float) -> float:
    """Seconds that asv's default spends in calls."""
    total = 0.0
    for _ in range(2):
        clock = Clock(call_s)
        run(clock, written())
        total += clock.now
    return total


def ours(call_s: float, sampling: Sampling) -> Iterator[tuple[float, int]]:
    """Seconds and samples of each of our rounds."""
    benchmark = Benchmark("time_x", "1", attributes={"rounds": 2, "explicit": []})
    calls, done = first(benchmark, sampling), 0
    while done < calls.rounds:
        clock = Clock(call_s)
        found = run(clock, written(**calls.settings))
        samples, number = found["samples"], found["number"]
        yield clock.now, len(samples)
        if done == 0:
            batches = clock.batches[-len(samples) :]
            calls = later(benchmark, sampling, number, sum(batches) / len(batches))
        done += 1


@given(DURATIONS)
def test_no_more_time_in_calls_than_asv(call_s: float) -> None:
    rounds = list(ours(call_s, Sampling()))
    assert sum(seconds for seconds, _ in rounds) <= asv(call_s) * (1 + 1e-6)


@given(DURATIONS, st.sampled_from([2, 3, 5, 10, 20]))
def test_no_more_time_with_other_numbers_of_rounds(call_s: float, rounds: int) -> None:
    assert sum(seconds for seconds, _ in ours(call_s, Sampling(rounds=rounds))) <= asv(call_s) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("call_s", "rounds", "samples"),
    [(1e-7, 5, 10), (1e-4, 5, 10), (0.03, 5, 10), (1, 5, 6), (3, 5, 5), (8, 4, 4), (30, 4, 4)],
)
def test_rounds_are_kept_while_time_lasts(call_s: float, rounds: int, samples: int) -> None:
    got = list(ours(call_s, Sampling()))
    assert len(got) == rounds
    assert sum(count for _, count in got) == samples


@given(DURATIONS)
def test_the_model_of_asv_never_exceeds_asv(call_s: float) -> None:
    clock = Clock(call_s)
    number = run(clock, written())["number"]
    assert asv_seconds(number, clock.batches[-1]) <= asv(call_s) * (1 + 1e-6)


def test_every_sample_of_ours_has_the_calibrated_number() -> None:
    benchmark = Benchmark("time_x", "1", attributes={"rounds": 2, "explicit": []})
    assert later(benchmark, Sampling(), 1234, 0.01).settings["number"] == 1234


@pytest.mark.parametrize(("call_s", "samples"), [(1e-5, 9), (1e-3, 9), (2e-3, 5), (1e-2, 2)])
def test_of_quick_calls_after_a_setup_there_is_a_middle(call_s: float, samples: int) -> None:
    benchmark = Benchmark("time_x", "1", attributes={"rounds": 2, "explicit": []})
    settings = later(benchmark, Sampling(), 1, call_s).settings
    clock = Clock(call_s)
    assert len(run(clock, written(**settings))["samples"]) == samples
    assert settings["warmup_time"] > 0.01
    assert 4 * clock.now < asv_seconds(1, call_s)


@pytest.mark.parametrize(
    ("attributes", "rounds", "settings"),
    [
        ({"rounds": 7, "explicit": ["rounds"]}, 7, {"number": 9}),  # each warms up as in asv
        ({"rounds": 3, "explicit": ["processes"]}, 3, {"number": 9}),
        ({"rounds": 2, "repeat": 4, "explicit": ["repeat"]}, 5, {"number": 9, "warmup_time": 0.025}),
    ],
)
def test_what_the_suite_says_is_left_alone(
    attributes: dict[str, object], rounds: int, settings: dict[str, object]
) -> None:
    benchmark = Benchmark("time_x", "1", attributes=attributes)
    before, after = first(benchmark, Sampling()), later(benchmark, Sampling(), 9, 0.02)
    assert before.rounds == after.rounds == rounds
    assert not before.settings
    assert after.settings == settings


@pytest.mark.parametrize("kind", ["memory", "track", "calls"])
def test_what_has_no_spread_has_one_round(kind: str) -> None:
    assert first(Benchmark("x", "1", kind=kind, attributes={"explicit": []}), Sampling()).rounds == 1
    assert first(Benchmark("x", "1", kind=kind, attributes={"rounds": 3}), Sampling()).rounds == 3


def test_peak_memory_has_three_rounds_unless_somebody_says_otherwise() -> None:
    peak = Benchmark("x", "1", kind="peakmemory", attributes={"explicit": []})
    assert [first(peak, Sampling(rounds=rounds)).rounds for rounds in (1, 2, 5)] == [1, 2, 3]
    assert first(Benchmark("x", "1", kind="peakmemory", attributes={"rounds": 1}), Sampling()).rounds == 1
    assert first(peak, Sampling(quick=True)).rounds == 1


def test_quick_is_one_call() -> None:
    calls = first(Benchmark("time_x", "1", attributes={"rounds": 9, "explicit": ["rounds"]}), Sampling(quick=True))
    assert calls.rounds == 1
    assert calls.settings == {"number": 1, "repeat": 1, "warmup_time": 0}
    clock = Clock(1.0)
    run(clock, written(**calls.settings))
    assert clock.calls == 1
