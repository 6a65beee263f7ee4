"""Which case `bisect -b` means."""

from dataclasses import replace

import pytest

from bench_runner.cli.bisecting import only
from bench_runner.errors import UsageError
from bench_runner.model.benchmark import Benchmark

A, B = Benchmark("s.time_a", "1"), Benchmark("s.time_b", "1", params=(("1", "2"),), param_names=("n",))
ALL = [A, replace(A, name="s.time_a:calls"), replace(A, name="s.time_a:alloc"), B, replace(B, name="s.time_b:calls")]


@pytest.mark.parametrize(
    ("bench", "case"),
    [
        ("time_a", "s.time_a"),
        ("time_a:calls", "s.time_a:calls"),
        ("alloc", "s.time_a:alloc"),
        (r"time_b.*\(2\)", "s.time_b(2)"),
        (r"time_b:calls\(1\)", "s.time_b:calls(1)"),
    ],
)
def test_one_case_is_meant_of_several_metrics_its_time(bench: str, case: str) -> None:
    benchmark, found = only(ALL, bench)
    assert (found.id, found.benchmark) == (case, benchmark.name)


@pytest.mark.parametrize("bench", ["time_", "time_b", "calls", "time_c", ":"])
def test_several_cases_are_named_and_not_guessed_from(bench: str) -> None:
    with pytest.raises(UsageError, match="must select one case"):
        only(ALL, bench)
