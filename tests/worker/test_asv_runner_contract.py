"""What we take from inside asv_runner is there, and does what we rely on: to be read first when its version changes."""

import inspect
import timeit
from pathlib import Path
from types import ModuleType

import asv_runner
import asv_runner._aux
import asv_runner.discovery
import pytest
from asv_runner.benchmarks import benchmark_types
from asv_runner.benchmarks import mark as marks
from asv_runner.benchmarks.peakmem import PeakMemBenchmark
from asv_runner.benchmarks.time import TimeBenchmark
from asv_runner.benchmarks.timeraw import TimerawBenchmark
from asv_runner.benchmarks.track import TrackBenchmark

from bench_runner.worker import engine, exact
from bench_runner.worker.messages import ASV_RUNNER


def benchmark(kind: type = TimeBenchmark, **attributes: object) -> object:
    """A benchmark of a function that does nothing."""

    def time_x() -> None:
        pass

    return kind("time_x", time_x, [type("Source", (), attributes)])


def test_the_version() -> None:
    assert asv_runner.__version__ == ASV_RUNNER


def test_the_inner_names() -> None:
    assert list(inspect.signature(asv_runner._aux.update_sys_path).parameters) == ["root"]
    assert list(inspect.signature(asv_runner._aux.set_cpu_affinity_from_params).parameters) == ["extra_params"]
    assert list(inspect.signature(asv_runner.discovery.disc_benchmarks).parameters) == ["root", "ignore_import_errors"]
    assert list(inspect.signature(asv_runner.discovery.get_benchmark_from_name).parameters)[:2] == ["root", "name"]
    assert {kind.__name__ for kind in benchmark_types if kind not in exact.KINDS.values()} == {
        "MemBenchmark", "PeakMemBenchmark", "TimeBenchmark", "TimerawBenchmark", "TrackBenchmark",
    }  # fmt: skip
    assert issubclass(marks.SkipNotImplemented, NotImplementedError)


def test_attributes_come_from_the_first_source_that_has_them() -> None:
    one = benchmark(number=3, repeat=5)
    engine.configure(one, {"number": 9, "repeat": 1, "warmup_time": 0.5}, force=False)
    assert (one.number, one.repeat, one.warmup_time) == (3, 5, 0.5)
    engine.configure(one, {"number": 9, "repeat": 1}, force=True)
    assert (one.number, one.repeat) == (9, 1)


def test_settings_survive_the_setups_between_calls() -> None:
    one = benchmark(setup=staticmethod(lambda: None))
    one.do_setup()
    engine.configure(one, {"repeat": 2, "warmup_time": 0}, force=False)
    found = one.run()
    assert (len(found["samples"]), found["number"]) == (2, 1)


def test_only_timing_benchmarks_are_configured() -> None:
    one = benchmark(TrackBenchmark)
    engine.configure(one, {"number": 9}, force=True)
    assert not hasattr(one, "number")


def test_a_compiling_python_keeps_its_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "__pypy__", ModuleType("__pypy__"))
    one = benchmark()
    engine.configure(one, {"warmup_time": 0.5, "number": 4}, force=False)
    assert (one.warmup_time, one.number) == (-1, 4)


@pytest.mark.parametrize("kind", [TimeBenchmark, TimerawBenchmark])
def test_timing_goes_through_what_the_meter_wraps(kind: type) -> None:
    one = benchmark(kind, number=5, repeat=3, warmup_time=0)
    batches: list[int] = []

    class Timer:
        def timeit(self, number: int) -> float:
            batches.append(number)
            return 1.0

    one._load_vars()
    timing = one.benchmark_timing
    one.benchmark_timing = lambda timer, *given, **named: timing(Timer(), *given, **named)
    assert one.do_run() == {"samples": [0.2] * 3, "number": 5}
    assert batches == [5, 5, 5]


def test_setups_go_through_what_the_meter_wraps() -> None:
    one = benchmark(setup=staticmethod(lambda: None), repeat=2, warmup_time=0)
    one.do_setup()
    seen: list[int] = []
    one.redo_setup = lambda: seen.append(1)
    one.do_run()
    assert len(seen) == 2
    one.number = 3
    one.do_run()
    assert len(seen) == 2 + 6


def test_a_timer_is_like_the_standard_one() -> None:
    assert isinstance(benchmark()._get_timer(), timeit.Timer)


def test_description_marks_what_needs_a_process_of_its_own() -> None:
    assert engine.describe(benchmark(TimerawBenchmark))["alone"]
    assert engine.describe(benchmark(PeakMemBenchmark))["alone"]
    assert not engine.describe(benchmark())["alone"]
    for kind in exact.KINDS.values():
        described = engine.describe(benchmark(kind))
        assert described["alone"]
        assert described["pinned"]
        assert described["exact"] is (None if kind.kind == "instr" else True)
        assert (described["type"], described["unit"]) == (kind.kind, kind.word)


def test_each_kind_has_names_of_its_own() -> None:
    exact.register()
    names = [f"{word}_x" for word in exact.KINDS] + ["time_x", "mem_x", "peakmem_x", "track_x", "timeraw_x"]
    found = {name: [one.__name__ for one in benchmark_types if one.name_regex.match(name)] for name in names}
    assert all(len(some) == 1 for some in found.values())
    exact.register()
    assert len(set(benchmark_types)) == len(benchmark_types)


def test_words_of_the_metric_are_only_taken_when_they_are_meant() -> None:
    assert engine.describe(benchmark(better="higher", exact=True))["exact"] is True
    found = engine.describe(benchmark(better=len, exact=1))
    assert (found["better"], found["exact"]) == (None, None)


def test_an_unlisted_steering_attribute_would_be_noticed() -> None:
    """Every attribute by which asv_runner steers timing is one that we look for."""
    source = inspect.getsource(TimeBenchmark._load_vars) + inspect.getsource(TimeBenchmark.__init__)
    for name in engine.STEERING:
        assert f'"{name}"' in source
    assert source.count("_get_first_attr") == len(engine.STEERING)


def test_the_worker_speaks_the_oldest_python() -> None:
    import ast

    for path in Path(engine.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(), feature_version=(3, 7))
        if path.name != "__main__.py" and len(tree.body) > 1:
            assert "from __future__ import annotations" in path.read_text(), path


def test_only_one_module_knows_asv_runner() -> None:
    for path in Path(engine.__file__).parent.glob("*.py"):
        text = path.read_text()
        if path.name not in {"engine.py", "kinds.py", "serve.py"}:
            assert "from asv_runner" not in text
            assert "import asv_runner" not in text
