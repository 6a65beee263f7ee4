"""Machine instructions of a call, counted in valgrind in real environments: how exactly, and what goes wrong."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench_runner.model.run import Result
from bench_runner.runner.process import Worker
from bench_runner.runner.sampling import Sampling
from bench_runner.worker.messages import RunCase

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("valgrind")]
CAP = 400_000_000
OUT_OF_MEMORY = ("MemoryError", "valgrind had no memory left")
SUITE = {
    "one": """
        import json

        TEXT = json.dumps([{str(number): [number] * 5} for number in range(50)])

        def instr_nothing(): pass
        def instr_work(): return json.loads(TEXT)

        def instr_loop(turns):
            for _ in range(turns): pass
        instr_loop.params = [1000, 1010, 2000, 3000]

        def instr_hashed():
            words = {"word %d" % number for number in range(100)}
            return sum(len(word) for word in words if word < "word 5") + len(list(zip(words, sorted(words))))

        class Sized:
            params = [10, 1000]
            def setup(self, size): self.left = list(range(size))
            def instr_emptied(self, size):
                for _ in range(size): self.left.pop()

        def instr_long():
            for _ in range(100_000): pass
    """
}
BAD = {
    "one": """
        import ctypes, os, time

        def instr_crash(): ctypes.string_at(0)
        def instr_exit(): os._exit(3)
        def instr_raise(): raise ValueError("no")
        def instr_turns():
            while True: pass
        instr_turns.timeout = 10
        def instr_sleeps(): time.sleep(1000)
        instr_sleeps.timeout = 10
        def instr_forks():
            if os.fork() == 0: os._exit(0)
            os.wait()
    """
}
FILL = {
    "one": """
        def instr_fills():
            kept = []
            while True: kept.append(bytearray(10**7))
        def instr_small_pieces():
            kept = None
            while True: kept = (kept, str(id(kept)))
        def instr_below(): return len(bytearray(10**7))
    """
}


def counted(results: dict[str, Result]) -> dict[str, float]:
    return {name.removeprefix("one.instr_"): one.sample.values[0] for name, one in results.items() if one.sample}


def test_what_is_counted(bench: Any, write: Callable[..., Path]) -> None:
    found = counted(bench.results(write(**SUITE)))
    assert len(found) == 10
    assert 0 <= found["nothing"] < 2000
    turn = (found["loop(3000)"] - found["loop(2000)"]) / 1000
    assert turn > 5
    assert found["loop(2000)"] - found["loop(1000)"] == pytest.approx(1000 * turn, rel=0.01)
    assert found["long"] == pytest.approx(100_000 * turn, rel=0.03)
    assert 1.005 < found["loop(1010)"] / found["loop(1000)"] < 1.015  # a change of 1 %, from one run
    pop = (found["one.Sized.instr_emptied(1000)"] - found["one.Sized.instr_emptied(10)"]) / 990
    assert pop > turn


@pytest.mark.drill
def test_ten_processes_count_the_same(bench: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write(**SUITE)
    runs = []
    for number in range(10):
        monkeypatch.setenv(f"SOME_{'X' * number}", "y" * 17 * number)  # nothing around it matters
        runs.append(counted(bench.results(suite, only="hashed")))
    assert runs[0]["hashed"] > 10_000
    assert all(one == runs[0] for one in runs)


def test_other_pythons_count_as_exactly(other_python: Path, bench: Any, write: Callable[..., Path]) -> None:
    bench.python = other_python
    suite = write(**SUITE)
    found, again = (counted(bench.results(suite, only=name)) for name in ("instr_nothing", "instr_nothing"))
    assert found == again
    assert 0 <= found["nothing"] < 2000


def test_seeds_of_hashes_change_little(bench: Any, write: Callable[..., Path], tmp_path: Path) -> None:
    suite, cwd = write(**SUITE), tmp_path / "work" / "here"
    cwd.mkdir(parents=True)
    with Worker(bench.place(suite), suite, tmp_path, hash_seed=0) as worker:
        found = []
        for seed in (0, 1, 2, 2**32 - 1):
            request = RunCase("one.instr_work", [], 0, str(cwd), 60.0, hash_seed=seed, pinned=[], valgrind=True)
            found.append(worker.ask(request, 90).values[0])
    assert max(found) < 1.003 * min(found)
    assert list(cwd.parent.iterdir()) == [cwd]


def test_what_goes_wrong_is_told_and_leaves_nothing(
    bench: Any, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    suite = write(**BAD)
    results = bench.results(suite)
    told = {name.removeprefix("one.instr_"): (one.outcome, one.detail) for name, one in results.items()}
    assert told == {
        "crash": ("crashed", "killed by SIGSEGV"),
        "exit": ("crashed", "ended with exit status 3, without an answer"),
        "raise": ("failed", "ValueError: no"),
        "turns": ("timeout", "no answer within 10 s"),
        "sleeps": ("timeout", "no answer within 10 s"),
        "forks": ("ok", ""),
    }
    for name in ("crash", "turns", "sleeps"):
        assert f"in instr_{name}" in results[f"one.instr_{name}"].output
    assert not list(temporary.iterdir())
    assert not [one for one in psutil.process_iter(["cmdline"]) if str(suite) in " ".join(one.info["cmdline"] or ())]


def test_a_limit_of_memory_is_kept(bench: Any, write: Callable[..., Path]) -> None:
    results = bench.results(write(**FILL), Sampling(memory=CAP))
    for name in ("fills", "small_pieces"):
        result = results[f"one.instr_{name}"]
        assert result.outcome in {"failed", "crashed"}  # it may be valgrind that finds nothing left
        assert result.detail in {f"{what}, under a memory limit of 0.4 GB" for what in OUT_OF_MEMORY}
    assert results["one.instr_below"].outcome == "ok"


def test_a_metric_of_a_benchmark_of_time(bench: Any, write: Callable[..., Path]) -> None:
    text = "def time_loop():\n    for _ in range(1000): pass\ntime_loop.metrics = 'instr'\n"
    results = bench.results(write(one=text), Sampling(quick=True))
    assert results["one.time_loop:instr"].sample.values[0] > 5000


def test_without_valgrind_the_processor_counts_or_the_reason_is_told(
    bench: Any, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (result,) = bench.results(write(**SUITE), only="work").values()
    if result.sample:
        assert result.sample.values[0] > 10_000
    else:
        told = (
            r"valgrind is not installed, and this machine lets nobody count instructions "
            r"\(perf_event_open: [A-Z][^()]+\): install the package valgrind"
        )
        assert result.outcome == "skipped"
        assert re.fullmatch(told, result.detail)
