"""Values, costs, rounds and places of measured cases."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench_runner.runner.sampling import Sampling

KINDS = {
    "all": """
        import os, sys, time

        def time_x(): sum(range(100))
        def track_x(): return 3
        def mem_x(): return [0] * 1000
        def peakmem_x(): return bytearray(60_000_000)
        def timeraw_x(): return "sum(range(10))", "import json"

        class Suite:
            params = [[1, 2], ["a", "b"]]
            def setup(self, n, text): self.n = n
            def track_it(self, n, text): return self.n * 10 + (text == "b")
            def time_it(self, n, text): sum(range(n))
    """
}


@pytest.mark.slow
def test_every_kind_is_measured(bench: Any, write: Callable[..., Path]) -> None:
    results = bench.results(write(**KINDS))
    assert {name: one.outcome for name, one in results.items()} == dict.fromkeys(results, "ok")
    assert len(results) == 13
    rounds = {name: len(one.sample.rounds) for name, one in results.items()}
    assert rounds["all.time_x"] == rounds["all.timeraw_x"] == rounds["all.Suite.time_it(2, 'a')"] == 5
    assert rounds["all.track_x"] == rounds["all.mem_x"] == 1
    assert results["all.track_x"].sample.values == (3.0,)
    assert results["all.mem_x"].sample.values[0] > 8000
    assert 60_000_000 < results["all.peakmem_x"].sample.values[0] < 120_000_000
    tracked = [results[f"all.Suite.track_it({n}, '{text}')"].sample.values[0] for n in (1, 2) for text in "ab"]
    assert tracked == [10, 11, 20, 21]
    assert all(one.started_ms > 0 and one.duration_s > 0 and one.version for one in results.values())


@pytest.mark.slow
def test_every_kind_is_measured_by_other_pythons(other_python: Path, bench: Any, write: Callable[..., Path]) -> None:
    bench.python = other_python
    results = bench.results(write(**KINDS), Sampling(rounds=2))  # one to calibrate, one to follow it
    assert {name: one.outcome for name, one in results.items()} == dict.fromkeys(results, "ok")
    assert len(results) == 13


def test_peak_memory_says_whose_it_is_and_how_it_varies(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            BALLAST = b"x" * 10_000_000
            class Peak:
                def setup(self): self.left = b"x" * 20_000_000
                def peakmem_x(self): return b"x" * 40_000_000
                def peakmem_once(self): pass
                peakmem_once.rounds = 1
                def track_x(self): return 1
        """
    )
    results = bench.results(suite)
    peak = results["one.Peak.peakmem_x"].sample
    assert len(peak.rounds) == 3
    interpreter, setup, call = peak.memory
    assert interpreter + setup + call == pytest.approx(peak.values[0], rel=0.05)
    assert 5e6 < interpreter < 40e6
    assert 30e6 < setup < 38e6
    assert 39e6 < call < 45e6
    assert len(results["one.Peak.peakmem_once"].sample.rounds) == 1
    assert results["one.Peak.track_x"].sample.memory is None


def test_number_is_calibrated_once_and_costs_are_per_call(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(one="import time\ndef time_wait(): time.sleep(0.002)\ntime_wait.sample_time = 0.01")
    rounds = bench.results(suite)["one.time_wait"].sample.rounds
    assert len(rounds) == 5
    assert len({one.number for one in rounds}) == 1
    assert rounds[0].number > 1
    for one in rounds:
        assert all(value >= 0.002 for value in one.values)
        assert one.wall_s >= 0.002
        assert 0 < one.cpu_s < one.wall_s
        assert one.child_cpu_s == 0
        assert one.peak_rss > 1_000_000


@pytest.mark.slow
def test_a_slow_first_call_does_not_spoil_the_calibration(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            import time
            SEEN = []
            def time_x():
                if not SEEN:
                    SEEN.append(1)
                    time.sleep(0.3)
        """
    )
    rounds = bench.results(suite)["one.time_x"].sample.rounds
    assert all(one.number > 1000 for one in rounds)
    assert all(value < 0.001 for one in rounds for value in one.values)


def test_childrens_time_and_worker_threads_are_counted(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            import subprocess, sys, threading, time
            BURN = "import time\\nend = time.process_time() + 0.05\\nwhile time.process_time() < end: pass"
            def track_child():
                subprocess.run([sys.executable, "-c", BURN], check=True)
                return 1
            def track_thread():
                thread = threading.Thread(target=lambda: exec(BURN))
                thread.start()
                thread.join()
                return 1
        """
    )
    results = bench.results(suite)
    assert results["one.track_child"].sample.rounds[0].child_cpu_s >= 0.05
    assert results["one.track_thread"].sample.rounds[0].cpu_s >= 0.05


@pytest.mark.slow
def test_setups_between_calls_are_not_in_the_cost(bench: Any, write: Callable[..., Path]) -> None:
    burn = "end = time.process_time() + 0.03\n                while time.process_time() < end: pass"
    suite = write(
        one=f"""
            import time
            class Suite:
                repeat = 2
                warmup_time = 0
                def setup(self):
                    {burn.replace("                while", "                    while")}
                def time_x(self): pass
        """
    )
    for one in bench.results(suite)["one.Suite.time_x"].sample.rounds:
        assert one.cpu_s < 0.03  # of setup alone it would be more: process time cannot be stolen


@pytest.mark.slow
def test_rounds_are_fresh_processes_with_seeds_of_their_own(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(one="def track_hash(): return hash('x')\ntrack_hash.rounds = 4")
    measured = bench.measure(suite)
    values = measured.results[0].sample.values
    assert len(values) == len(set(values)) == 4
    assert len(measured.hash_seeds) == len(set(measured.hash_seeds)) == 4
    assert measured.launch == "fork"
    again = bench.measure(suite, Sampling(seed=measured.seed))
    assert again.results[0].sample.values == values
    assert again.hash_seeds == measured.hash_seeds


def test_the_interpreter_that_lists_a_suite_serves_the_first_round_of_that_commit(
    bench: Any, write: Callable[..., Path]
) -> None:
    source = """
        import os
        from pathlib import Path
        with Path(__file__).with_name("imports.txt").open("a") as file: file.write(f"{os.getpid()} ")
        def track_parent(): return os.getppid()
        track_parent.rounds = 3
    """
    suite = write(one=source)
    place = bench.place(suite)
    for measured_in, interpreters in ((place, 3), (bench.later(suite), 4)):
        (suite / "imports.txt").write_text("")
        (found,) = bench.processes.discover(place, suite)
        listing = int((suite / "imports.txt").read_text())
        cases = [(found, list(found.cases()))]
        measured = bench.processes.measure(measured_in, suite, cases, Sampling(), lambda _: None)
        pids = [int(word) for word in (suite / "imports.txt").read_text().split()]
        assert len(set(pids)) == interpreters
        assert list(measured.results[0].sample.values) == pids[-3:]
        assert (measured.hash_seeds[0] == 0) == (listing in pids[-3:])
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_cases_run_in_another_order_each_round(bench: Any, write: Callable[..., Path]) -> None:
    source = "\n".join(f"def track_{n}(): return {n}\ntrack_{n}.rounds = 3" for n in range(8))
    bench.measure(write(one=source), Sampling(seed=1))
    orders = [
        tuple(event.case.benchmark for event in bench.events if event.kind == "case" and event.round == number)
        for number in (1, 2, 3)
    ]
    assert len(set(orders)) == 3
    assert {tuple(sorted(one)) for one in orders} == {tuple(sorted(orders[0]))}


def test_events_count_down_to_nothing(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            def track_a(): return 1
            track_a.rounds = 3
            def track_bad(): raise ValueError
            track_bad.rounds = 3
            class Suite:
                def setup_cache(self): 1 / 0
                def track_c(self, cache): return 1
        """
    )
    measured = bench.measure(suite)
    cases = [event for event in bench.events if event.kind == "case"]
    assert [event.done for event in cases] == sorted(event.done for event in cases)
    assert cases[-1].done == cases[-1].total == 4
    told = [event.result for event in bench.events if event.kind == "result"]
    assert sorted(told, key=str) == sorted(measured.results, key=str)
    assert str(cases[-1]).startswith("round 3: one.track_a ok")


@pytest.mark.slow
def test_attributes_are_honoured_as_written(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            import time
            def time_fixed(): pass
            time_fixed.number = 7
            time_fixed.repeat = 3
            time_fixed.rounds = 2
            time_fixed.warmup_time = 0
            def time_many(): pass
            time_many.repeat = (2, 6, 60.0)
            time_many.number = 2
            def time_processes(): pass
            time_processes.processes = 3
            def clock():
                return 10 * time.perf_counter()
            def time_clock(): time.sleep(0.001)
            time_clock.timer = clock
            class Later:
                rounds = 1
                def setup(self): self.repeat = 1 and Later.repeat_it()
                @staticmethod
                def repeat_it(): return 4
                def time_it(self): pass
        """
    )
    results = bench.results(suite)
    shape = {name: [(one.number, len(one.values)) for one in r.sample.rounds] for name, r in results.items()}
    assert shape["one.time_fixed"] == [(7, 3)] * 2
    assert shape["one.time_many"] == [(2, 6)] * 5
    assert len(shape["one.time_processes"]) == 3
    assert shape["one.Later.time_it"] == [(1, 4)]
    assert all(value >= 0.01 for value in results["one.time_clock"].sample.values)


def test_quick_calls_once_whatever_the_suite_says(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            import os
            from pathlib import Path
            CALLS = Path(__file__).with_name("calls.txt")
            def time_x():
                with CALLS.open("a") as file: file.write("x")
            time_x.rounds = 4
            time_x.repeat = 5
            time_x.number = 10
            time_x.warmup_time = 1
        """
    )
    rounds = bench.results(suite, Sampling(quick=True))["one.time_x"].sample.rounds
    assert [(one.number, len(one.values)) for one in rounds] == [(1, 1)]
    assert (suite / "calls.txt").read_text() == "x"


def test_each_case_has_a_directory_of_its_own(bench: Any, write: Callable[..., Path], tmp_path: Path) -> None:
    suite = write(
        one="""
            import os, sys
            def track_a():
                assert os.listdir(".") == []
                open("left.txt", "w").close()
                return 1
            def track_b(): return track_a()
            def track_place():
                assert sys.stdin.read() == ""
                assert os.getcwd() not in sys.path and "" not in sys.path
                print(os.getcwd())
                raise ValueError("show")
            track_a.rounds = 2
        """
    )
    results = bench.results(suite)
    assert results["one.track_a"].outcome == results["one.track_b"].outcome == "ok"
    assert results["one.track_place"].detail == "ValueError: show"
    place = Path(results["one.track_place"].output.splitlines()[0])
    assert tmp_path not in place.parents
    assert not place.exists()


@pytest.mark.slow
def test_setup_cache_is_made_once_and_shared(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            import os
            from pathlib import Path
            class Suite:
                params = [1, 2]
                def setup_cache(self):
                    Path("side.txt").write_text("made")
                    with Path(__file__).with_name("times.txt").open("a") as file: file.write("x")
                    return {"pid": os.getpid()}
                def track_x(self, cache, n):
                    assert Path("side.txt").read_text() == "made"
                    assert Path("cache.pickle").exists()
                    return cache["pid"]
                track_x.rounds = 2
            class Broken:
                def setup_cache(self):
                    print("before")
                    raise OSError("no\\nspace")
                def time_x(self, cache): pass
            class Slow:
                def setup_cache(self):
                    import time
                    time.sleep(60)
                setup_cache.timeout = 0.3
                def time_x(self, cache): pass
        """
    )
    measured = bench.measure(suite)
    results = {one.case.id: one for one in measured.results}
    assert results["one.Suite.track_x(1)"].sample.values == results["one.Suite.track_x(2)"].sample.values
    assert (suite / "times.txt").read_text() == "x"
    assert results["one.Broken.time_x"].outcome == "failed"
    assert results["one.Broken.time_x"].detail == "setup_cache: OSError: no space"
    assert results["one.Broken.time_x"].output.startswith("before\n")
    assert results["one.Slow.time_x"].outcome == "timeout"
    assert results["one.Slow.time_x"].detail == "setup_cache: no answer within 0.3 s"
    assert len(measured.setup_cache_s) == 3
    assert all(key.startswith("one:") for key in measured.setup_cache_s)


def test_every_way_to_skip(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            from asv_runner.benchmarks.mark import SkipNotImplemented, skip_for_params
            @skip_for_params([(2,)])
            def track_mark(n): return n
            track_mark.params = [1, 2]
            class Where:
                def setup(self): raise NotImplementedError("not here")
                def time_x(self): pass
            def time_raised(): raise SkipNotImplemented("no GPU")
            def track_nan(): return float("nan")
        """
    )
    results = bench.results(suite)
    assert {name: one.outcome for name, one in results.items()} == {
        "one.track_mark(1)": "ok",
        "one.track_mark(2)": "skipped",
        "one.Where.time_x": "skipped",
        "one.time_raised": "skipped",
        "one.track_nan": "skipped",
    }
    assert "not here" in results["one.Where.time_x"].output
    assert results["one.time_raised"].detail == "skipped by the suite: no GPU"
    assert results["one.track_nan"].sample is None


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("None", "TypeError: the benchmark returned NoneType, not a number"),
        ("'7'", "TypeError: the benchmark returned str, not a number"),
        ("float('inf')", "ValueError: the benchmark returned inf, which no chart can show"),
        ("10 ** 400", "OverflowError: int too large to convert to float"),
    ],
)
def test_what_is_not_a_number_fails(bench: Any, write: Callable[..., Path], value: str, detail: str) -> None:
    result = bench.results(write(one=f"def track_x(): return {value}"))["one.track_x"]
    assert (result.outcome, result.detail) == ("failed", detail)


def test_parameters_are_known_by_their_repr_when_they_move(bench: Any, write: Callable[..., Path]) -> None:
    """At an old commit a suite may list other parameters: each value is measured as itself or not at all."""
    source = (
        "import os\ndef track_x(n): return n\ntrack_x.params = [[{}], [{{1, 2}}, {{'a', 'b', 'c'}}]]\ntrack_x.params"
    )
    source = "def track_x(n, some): return n\ntrack_x.params = [[{}], [{{'a', 'b', 'c', 'd'}}]]"
    suite = write(one=source.format("1, 2, 3"))
    place = bench.place(suite)
    found = bench.processes.discover(place, suite)
    write(one=source.format("3, 0, 1"))
    cases = [(one, list(one.cases())) for one in found]
    results = bench.processes.measure(bench.later(suite), suite, cases, Sampling(), lambda _: None).results
    assert [(one.outcome, one.sample and one.sample.values) for one in results] == [
        ("ok", (1.0,)),
        ("failed", None),
        ("ok", (3.0,)),
    ]
    assert results[1].detail == "ValueError: it has no parameter 2 here"


def test_a_module_that_fails_here_fails_only_its_own_benchmarks(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(good="def track_x(): return 1", bad="def track_x(): return 1", bad2="def track_x(): return 1")
    place = bench.place(suite)
    found = bench.processes.discover(place, suite)
    write(bad="from json import nothing_like_this", bad2="def track_y(): return 1")
    cases = [(one, list(one.cases())) for one in found]
    for launch in ("auto", "spawn"):
        measured = bench.processes.measure(bench.later(suite), suite, cases, Sampling(launch=launch), lambda _: None)
        results = {one.case.id: one for one in measured.results}
        assert results["good.track_x"].outcome == "ok"
        assert results["bad.track_x"].outcome == results["bad2.track_x"].outcome == "failed"
        assert "nothing_like_this" in results["bad.track_x"].detail
        assert "nothing_like_this" in results["bad.track_x"].output
        assert "ModuleNotFound" not in results["bad.track_x"].detail
        assert "track_x" in results["bad2.track_x"].detail or "no benchmark" in results["bad2.track_x"].detail


def test_variables_reach_the_benchmark_and_ours_do_not(
    bench: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("ASV_PYTHONPATH", "/asvs")
    suite = write(
        one="""
            import os, sys
            def track_x():
                assert "/nowhere" not in sys.path and "/asvs" in sys.path
                assert os.environ["PATH"].split(os.pathsep)[0] == os.path.dirname(sys.executable)
                return int(os.environ["LEVEL"])
            def peakmem_x():
                assert os.environ["LEVEL"] == "9" and os.environ["PYTHONHASHSEED"] == "5"
        """
    )
    place = bench.place(suite)
    object.__setattr__(place, "variables", {"LEVEL": "9", "PYTHONHASHSEED": "5"})
    cases = [(one, list(one.cases())) for one in bench.processes.discover(place, suite)]
    results = bench.processes.measure(place, suite, cases, Sampling(), lambda _: None).results
    assert [(one.outcome, one.detail) for one in results] == [("ok", ""), ("ok", "")]
    assert results[0].sample.values == (9.0,)


def test_affinity_binds_the_measured_process(bench: Any, write: Callable[..., Path]) -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not bind processes")
    cpu = max(os.sched_getaffinity(0))
    suite = write(
        one=f"""
            import os
            def track_x(): return sum(os.sched_getaffinity(0))
            def peakmem_x(): assert track_x() == {cpu}
        """
    )
    results = bench.results(suite, Sampling(affinity=(cpu,)))
    assert results["one.track_x"].sample.values == (cpu,)
    assert results["one.peakmem_x"].detail == ""


@pytest.mark.parametrize("launch", ["auto", "spawn", "forkserver"])
def test_launch_methods(bench: Any, write: Callable[..., Path], launch: str) -> None:
    suite = write(
        one="""
            import os, sys
            from pathlib import Path
            with Path(__file__).with_name("imports.txt").open("a") as file: file.write("x")
            def track_x(): return len([name for name in sys.modules if name == "benchmarks.two"])
            def track_y(): return 1
        """,
        two="import threading, time\nthreading.Thread(target=time.sleep, args=(100,), daemon=True).start()",
    )
    suite_imports = suite / "imports.txt"
    measured = bench.measure(suite, Sampling(launch=launch))
    imports = len(suite_imports.read_text())
    assert {one.outcome for one in measured.results} == {"ok"}
    loaded = measured.results[0].sample.values[0]
    # a thread that a fork would lose makes "auto" do without forking
    assert (measured.launch, imports, loaded) == {
        "auto": ("exec", 3, 0),
        "spawn": ("exec", 3, 0),
        "forkserver": ("fork", 1, 1),
    }[launch]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what is mapped")
def test_a_suite_with_the_driver_of_a_gpu_is_not_forked(bench: Any, write: Callable[..., Path], tmp_path: Path) -> None:
    driver = tmp_path / "libcuda.so.1"
    driver.write_bytes(b"\x7fELF" + bytes(4096))
    suite = write(
        one="def track_x(): return 1",
        two=f"""
            import mmap
            with open({str(driver)!r}, "rb") as file: DRIVER = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        """,
    )
    assert bench.measure(suite).launch == "exec"
    (suite / "two.py").write_text("")
    assert bench.measure(suite).launch == "fork"


@pytest.mark.slow
def test_a_peak_of_memory_is_not_inherited(bench: Any, write: Callable[..., Path]) -> None:
    """Neither the host's nor the loaded suite's memory shows in peakmem_*."""
    suite = write(
        big="BIG = bytearray(b'x') * 150_000_000\ndef track_rss(): return 1",
        small="def peakmem_x(): pass\ndef track_x(): return 1",
    )
    host = bytearray(b"x") * 200_000_000
    results = bench.results(suite)
    assert results["small.peakmem_x"].sample.values[0] < 100_000_000
    assert results["small.track_x"].sample.rounds[0].peak_rss > 150_000_000
    assert len(host) == 200_000_000
    assert not math.isnan(results["small.track_x"].sample.rounds[0].cpu_s)
