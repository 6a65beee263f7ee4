"""One definition, several metrics: what a benchmark of time is measured by beside its time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench_runner.runner.execute import Processes
from bench_runner.runner.sampling import Sampling

SUITE = {
    "one": """
        def step(): pass

        class Work:
            params = [2, 3]
            metrics = ["time", "alloc", "calls"]
            def setup(self, five, n): self.n = n
            def setup_cache(self): return 5
            def time_work(self, five, n):
                for _ in range(self.n * five): step()
            def track_n(self, five, n): return n

        class Other:
            metrics = "memsize"
            def time_list(self): return [0] * 1000

        def time_plain(): step()
        time_plain.metrics = []
        def time_odd(): step()
        time_odd.metrics = ["call", 7, "leak"]
        def time_left(): step()
        def timeraw_code(): return "pass"
        timeraw_code.metrics = ["calls"]
    """
}
QUICK = Sampling(quick=True)


def values(results: dict[str, Any]) -> dict[str, float]:
    return {name: one.sample.values[0] for name, one in results.items() if ":" in name}


@pytest.mark.slow
def test_a_benchmark_names_its_own(bench: Any, write: Callable[..., Path]) -> None:
    results = bench.results(write(**SUITE), QUICK)
    assert {one.outcome for one in results.values()} == {"ok"}
    found = values(results)
    assert found.pop("one.Other.time_list:memsize") > 8000
    assert {found.pop(f"one.Work.time_work:alloc({n})") < 50 for n in (2, 3)} == {True}
    assert found == {
        "one.Work.time_work:calls(2)": 11,
        "one.Work.time_work:calls(3)": 16,
        "one.time_odd:leak": 0,
    }
    plain = [name for name in results if ":" not in name]
    assert len(plain) == 2 + 2 + 5


@pytest.mark.slow
def test_the_suites_are_those_of_all_others(bench: Any, write: Callable[..., Path]) -> None:
    bench.processes = Processes(bench.said.append, ("time", "calls"))
    found = values(bench.results(write(**SUITE), QUICK))
    assert found["one.time_left:calls"] == 2
    assert {name.partition("(")[0] for name in found} == {
        "one.Work.time_work:alloc",
        "one.Work.time_work:calls",
        "one.Other.time_list:memsize",
        "one.time_odd:leak",
        "one.time_left:calls",
    }


def test_they_stand_behind_their_benchmark_and_say_what_they_are(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(**SUITE)
    listed = bench.processes.discover(bench.place(suite), suite)
    names = [one.name for one in listed]
    at = names.index("one.Work.time_work")
    assert names[at : at + 3] == ["one.Work.time_work", "one.Work.time_work:calls", "one.Work.time_work:alloc"]
    time, calls, _ = listed[at : at + 3]
    assert (calls.kind, calls.metric.unit, calls.metric.exact) == ("calls", "calls", True)
    assert (calls.version, calls.params, calls.setup_cache_key) == (time.version, time.params, time.setup_cache_key)


def test_a_word_that_is_no_metric_is_told(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(**SUITE)
    bench.processes.discover(bench.place(suite), suite)
    (said,) = bench.said
    assert said.startswith(f"{suite}: one.time_odd: metrics names call, 7, which is none of time, calls, bytecode")


def test_what_fails_fails_in_each_metric(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
        class Broken:
            metrics = ["calls"]
            def time_x(self): raise ValueError("no")
        """
    )
    results = bench.results(suite, QUICK)
    assert {name: (one.outcome, one.detail) for name, one in results.items()} == dict.fromkeys(
        ("one.Broken.time_x", "one.Broken.time_x:calls"), ("failed", "ValueError: no")
    )
