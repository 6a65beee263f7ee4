"""Kinds without noise, in real environments: what they count, how often the same, and why they are left out."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench_runner.model.run import Result

SUITE = {
    "one": """
        import json

        TEXT = json.dumps([{str(number): [number] * 5} for number in range(50)])
        LEFT = []

        def nothing(): pass
        def work(): return json.loads(TEXT)
        def many(): return [[number] * 10 for number in range(1000)]

        def hashed():
            words = {"word %d" % number for number in range(100)}
            return sum(len(word) for word in words if word < "word 5") + len(list(zip(words, sorted(words))))

        def calls_nothing(): pass
        def calls_two(): nothing(); nothing()
        def calls_work(): work()
        def calls_hashed(): hashed()
        def bytecode_nothing(): pass
        def bytecode_hashed(): hashed()
        def alloc_nothing(): pass
        def alloc_thousand(): return [object() for _ in [None] * 1000]
        def alloc_work(): work()
        def alloc_hashed(): hashed()
        def allocpeak_many(): many()
        def allocpeak_hashed(): hashed()
        def memsize_many(): return many()
        def memsize_shared(): part = [0] * 1000; return [part] * 100
        def memsize_hashed(): return {"word %d" % number for number in range(100)}
        def leak_one(): LEFT.append(object())
        def leak_none(): work()

        class Sized:
            params = [10, 1000]
            def setup(self, size): self.left = list(range(size))
            def calls_emptied(self, size):
                while self.left: self.left.pop()
    """
}


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Let so many other processes want the CPU."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in others:
            one.kill()
            one.wait()


def counted(results: dict[str, Result]) -> dict[str, float]:
    return {name.removeprefix("one."): one.sample.values[0] for name, one in results.items() if one.sample}


@pytest.mark.slow
def test_what_they_count(bench: Any, write: Callable[..., Path]) -> None:
    results = bench.results(write(**SUITE))
    found = counted(results)
    assert all(len(one.sample.rounds) == 1 for one in results.values() if one.sample)
    assert (found["calls_nothing"], found["calls_two"]) == (1, 3)
    assert found["calls_work"] > 5
    assert (found["Sized.calls_emptied(10)"], found["Sized.calls_emptied(1000)"]) == (11, 1001)
    assert found["alloc_nothing"] == 0
    assert 1000 <= found["alloc_thousand"] < 1100
    assert 80_000 < found["allocpeak_many"] < 250_000
    assert found["memsize_many"] > 1000 * 10 * 8
    assert 8_000 < found["memsize_shared"] < 10_000
    assert (found["leak_one"], found["leak_none"]) == (1, 0)


@pytest.mark.slow
def test_what_this_python_cannot_do_is_skipped_with_the_reason(bench: Any, write: Callable[..., Path]) -> None:
    results = bench.results(write(**SUITE))
    bad = {name: (one.outcome, one.detail) for name, one in results.items() if one.sample is None}
    wanted = {f"one.bytecode_{name}" for name in ("nothing", "hashed")} if sys.version_info < (3, 12) else set()
    assert bad == dict.fromkeys(wanted, ("skipped", "bytecodes are counted from Python 3.12 on"))


@pytest.mark.slow
def test_ten_processes_count_the_same(bench: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write(**SUITE)
    runs = []
    for number in range(10):
        monkeypatch.setenv(f"SOME_{'X' * number}", "y" * 17 * number)  # nothing around it matters
        with busy(2 if number >= 5 else 0):
            runs.append(counted(bench.results(suite)))
    assert all(one == runs[0] for one in runs)


@pytest.mark.slow
def test_other_pythons_count_as_exactly(other_python: Path, bench: Any, write: Callable[..., Path]) -> None:
    bench.python = other_python
    results, again = bench.results(write(**SUITE)), bench.results(write(**SUITE))
    assert counted(results) == counted(again)
    assert {one.outcome for one in results.values()} <= {"ok", "skipped"}
    assert counted(results)["calls_two"] == 3
    assert counted(results)["leak_one"] == 1


def test_the_environment_is_pinned(bench: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "else")
    suite = write(
        one="""
        import os, sys
        NAMES = {"SOMETHING", "PATH"} & set(os.environ)

        def calls_x(): raise ValueError(os.environ["PYTHONHASHSEED"], sys.dont_write_bytecode, NAMES)
        """
    )
    (result,) = bench.results(suite).values()
    assert result.detail.endswith("('0', True, {'PATH'})")
