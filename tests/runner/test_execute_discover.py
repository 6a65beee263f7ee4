"""What a suite holds: the same as asv finds."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asv.benchmark
import pytest

from bench_runner.errors import EnvironmentFailedError, NothingMeasuredError
from bench_runner.runner.execute import Processes

FEATURES = {
    "speed": """
        import functools
        from asv_runner.benchmarks.mark import (
            SkipNotImplemented, benchmark, parameterize, skip_benchmark, skip_benchmark_if, skip_for_params,
            skip_params_if, timeout_at,
        )

        def setup():
            pass

        def teardown():
            pass

        def time_plain():
            "🙂 a comment that belongs to the version"

        def time_steered():
            pass

        time_steered.number = 3
        time_steered.repeat = (2, 4, 0.5)
        time_steered.rounds = 3
        time_steered.sample_time = 0.002
        time_steered.warmup_time = 0.01
        time_steered.min_run_count = 1
        time_steered.timeout = 12
        time_steered.version = "by hand"
        time_steered.pretty_name = "Steered <b>by</b> hand"
        time_steered.a_word_of_its_own = {"a": [1, None]}
        time_steered.cannot_be_written = [object()]
        time_steered.setup = lambda: None

        def time_renamed():
            pass

        time_renamed.benchmark_name = "elsewhere.time_new-name"

        @skip_benchmark
        def time_skipped():
            pass

        @skip_benchmark_if(True)
        def time_skipped_too():
            pass

        @timeout_at(3)
        def time_marked():
            pass

        @benchmark(pretty_name="marked", version="7")
        def time_decorated():
            pass

        @skip_for_params([(2,)])
        @parameterize({"n": [1, 2, 3]})
        def time_parameters(n):
            pass

        @parameterize({"a": [1, "x"], "b": [None, 2.5]})
        class Parameters:
            def setup(self, a, b):
                pass

            def time_it(self, a, b):
                pass

            def track_it(self, a, b):
                return 1

        class TimeSuite:
            timeout = 5
            processes = 4
            params = [[object, len], ["a\\nb", "'\\"<i>"], [0.1, 0.1, 0.1]]
            param_names = ["f", "text"]

            def setup_cache(self):
                return 1

            setup_cache.timeout = 9

            def time_method(self, cache, f, text, x):
                pass

            def TimeCamel(self, cache, f, text, x):
                pass

        class Base:
            def time_inherited(self):
                pass

        class Derived(Base):
            pass

        class _Hidden:
            def time_hidden(self):
                pass
    """,
    "other": """
        def mem_list():
            return [0] * 10

        def peakmem_list():
            return [0] * 10

        def timeraw_import():
            return "import json"

        timeraw_import.env = {"A": "1"}

        def track_rate():
            return 2

        track_rate.unit = "items/s"
        track_rate.better = "higher"

        def track_custom():
            return 2

        track_custom.type = "score"

        def not_a_benchmark():
            pass
    """,
    "inner__in____init__": "def time_package(): pass",
    "inner__in__deep": "class Deep:\n    pretty_source = 'x'\n    def time_deep(self): pass",
}
OURS = {"better", "exact", "explicit", "alone", "pinned"}


def by_asv(python: Path, suite: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """What asv's own script finds."""
    out = folder / "found.json"
    subprocess.run([python, asv.benchmark.__file__, "discover", suite, out], check=True, cwd=folder)
    found = json.loads(out.read_text())
    return {one["name"]: {name: value for name, value in one.items() if name not in OURS} for one in found}


def as_asv(benchmark: Any) -> dict[str, Any]:
    """One of ours, in asv's words."""
    fields = {name: value for name, value in benchmark.attributes.items() if name not in OURS}
    fields |= {"name": benchmark.name, "version": benchmark.version, "type": benchmark.kind, "code": benchmark.code}
    fields |= {"unit": benchmark.metric.unit, "params": [list(values) for values in benchmark.params]}
    fields["param_names"] = list(benchmark.param_names)
    if benchmark.timeout is not None:
        fields["timeout"] = benchmark.timeout
    if benchmark.setup_cache_key is not None:
        fields["setup_cache_key"] = benchmark.setup_cache_key
    return fields


def test_the_same_benchmarks_as_asv(bench: Any, write: Callable[..., Path], tmp_path: Path) -> None:
    # what asv itself cannot write would break its discovery, so it is added for ours alone
    plain = {
        name: source.replace("time_steered.cannot_be_written = [object()]", "") for name, source in FEATURES.items()
    }
    suite = write(**plain)
    theirs = by_asv(bench.python, suite, tmp_path)
    ours = bench.processes.discover(bench.place(suite), suite)
    assert {one.name: as_asv(one) for one in ours} == theirs
    assert len(theirs) == 19


def test_other_pythons_find_the_same_as_asv(
    other_python: Path, bench: Any, write: Callable[..., Path], tmp_path: Path
) -> None:
    suite = write(
        **{name: source.replace("cannot_be_written = [object()]", "b = 1") for name, source in FEATURES.items()}
    )
    bench.python = other_python
    assert {one.name: as_asv(one) for one in bench.processes.discover(bench.place(suite), suite)} == by_asv(
        other_python, suite, tmp_path
    )


def test_what_only_we_read(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(**FEATURES)
    found = {one.name: one for one in bench.processes.discover(bench.place(suite), suite)}
    assert found["other.track_rate"].metric.better == "higher"
    assert found["other.track_custom"].metric.better == "lower"
    assert found["other.peakmem_list"].attributes["alone"]
    assert found["other.timeraw_import"].attributes["alone"]
    assert not found["other.mem_list"].attributes["alone"]
    assert found["speed.time_plain"].attributes["explicit"] == []
    assert found["speed.TimeSuite.time_method"].attributes["explicit"] == ["processes"]
    assert set(found["speed.time_steered"].attributes["explicit"]) == {
        "rounds", "repeat", "number", "warmup_time", "sample_time", "min_run_count",
    }  # fmt: skip
    assert "cannot_be_written" not in found["speed.time_steered"].attributes


def test_a_folder_without_init_is_a_suite(bench: Any, tmp_path: Path) -> None:
    suite = tmp_path / "asv-bench"
    suite.mkdir()
    (suite / "benchmarks.py").write_text("def time_x(): pass")
    assert [one.name for one in bench.processes.discover(bench.place(suite), suite)] == ["benchmarks.time_x"]
    assert bench.results(suite)["benchmarks.time_x"].outcome == "ok"


def test_a_suite_may_be_named_like_our_modules(bench: Any, write: Callable[..., Path]) -> None:
    (write().parent / "messages.py").write_text("raise RuntimeError('the folder around a suite is not on the path')")
    suite = write(
        messages="""
            import sys
            def track_x():
                assert not any(name.startswith("bench_runner") for name in sys.modules)
                try:
                    import messages
                except ImportError:
                    return len([1 for one in sys.path if one.endswith("worker")])
                raise AssertionError(messages.__file__)
        """,
        engine="def track_y(): return __name__ == 'benchmarks.engine'",
    )
    results = bench.results(suite)
    assert [one.detail for one in results.values()] == ["", ""]
    assert results["messages.track_x"].sample.values == (0.0,)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("def broken(:", "SyntaxError"),
        ("import sys; sys.exit('out')", "SystemExit"),
        ("import os; os._exit(7)", "exit status 7"),
        ("import os; os.kill(os.getpid(), 11)", "killed by SIGSEGV"),
        ("class Suite:\n    def __init__(self, x): pass\n    def time_x(self): pass", "missing 1 required positional"),
    ],
)
def test_a_suite_that_fails_to_import_says_which_module(
    bench: Any, write: Callable[..., Path], source: str, why: str
) -> None:
    suite = write(fine="def time_x(): pass", bad=source)
    with pytest.raises(NothingMeasuredError) as caught:
        bench.processes.discover(bench.place(suite), suite)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"suite {suite} fails to import: ")
    assert why in first
    if "Error" in why or "No module" in why:
        assert "benchmarks.bad" in first
        assert "Traceback" in str(caught.value)


def test_a_missing_folder_is_named(bench: Any, tmp_path: Path) -> None:
    with pytest.raises(NothingMeasuredError, match="benchmark_dir"):
        bench.processes.discover(bench.place(tmp_path / "x"), tmp_path / "x")


def test_two_of_one_name_are_one(bench: Any, write: Callable[..., Path]) -> None:
    again = "time_again.benchmark_name = 'one.time_x'"
    suite = write(one="def time_x(): pass", two=f"def time_again(): pass\n{again}\n")
    assert [one.name for one in bench.processes.discover(bench.place(suite), suite)] == ["one.time_x"]


def test_check_finds_what_asv_finds(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        good="def time_x(): pass",
        bad="""
            def time_x(too, many): pass
            class Suite:
                params = [1, 2]
                def setup(self): pass
                def time_y(self, n): pass
        """,
    )
    problems = bench.processes.check(bench.place(suite), suite)
    assert len(problems) == 2
    assert "bad.time_x" in problems[0]
    assert "wrong number of arguments" in problems[0]
    assert "bad.Suite.time_y: setup" in problems[1]
    asvs = subprocess.run(
        [bench.python, asv.benchmark.__file__, "check", suite], capture_output=True, text=True, check=False
    )
    assert asvs.returncode == 1
    assert re.sub("0x[0-9a-f]+", "", asvs.stdout.strip()) in re.sub("0x[0-9a-f]+", "", "\n".join(problems))


def test_check_names_modules_that_fail(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(good="def time_x(): pass", bad="1 / 0")
    assert bench.processes.check(bench.place(suite), suite) == [
        "module benchmarks.bad fails to import: ZeroDivisionError: division by zero"
    ]


def test_without_pympler_mem_benchmarks_are_missed_aloud(
    make_environment: Callable[..., Path], bench: Any, write: Callable[..., Path]
) -> None:
    bench.python = make_environment("asv_runner==0.3.2")
    suite = write(
        one="def mem_x(): return []\ndef time_x(): pass", two="class Suite:\n    def mem_y(self): return []\n"
    )
    found = bench.processes.discover(bench.place(suite), suite)
    assert [one.name for one in found] == ["one.time_x"]
    assert len(bench.said) == 1
    assert "pympler is not installed here, so these are left out: one.mem_x, two.Suite.mem_y" in bench.said[0]


@pytest.mark.parametrize(
    ("package", "there"), [("six", "is not installed"), ("asv_runner==0.2.1", "0.2.1 is installed")]
)
def test_another_engine_is_refused(
    make_environment: Callable[..., Path], bench: Any, write: Callable[..., Path], package: str, there: str
) -> None:
    bench.python = make_environment(package)
    suite = write(one="def time_x(): pass")
    with pytest.raises(EnvironmentFailedError, match=there):
        bench.processes.discover(bench.place(suite), suite)


def test_an_interpreter_that_is_gone_is_named(bench: Any, write: Callable[..., Path], tmp_path: Path) -> None:
    bench.python = tmp_path / "no" / "python"
    with pytest.raises(EnvironmentFailedError, match="no/python"):
        Processes().discover(bench.place(write()), write())
