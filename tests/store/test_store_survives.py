"""Writers that are killed, and writers that meet, lose nothing that was finished and leave nothing unreadable."""

import multiprocessing
import random
import sys
import time
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, PARAMS, ok, run

from bench_runner.model.benchmark import Benchmark
from bench_runner.store.files import Store
from bench_runner.store.verify import verify

WIDE = Benchmark("bench.time_wide", "v1", params=(tuple(str(one) for one in range(50)),), param_names=("n",))


CONTEXT = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def write_for_ever(results: Path, log: Path) -> None:
    """Store one run after another, noting when each is finished."""
    store = Store(results)
    with log.open("w") as finished:
        for number in range(100_000):
            case = str(number % 50)
            store.add(run(f"{number // 50:040x}", found=[ok(WIDE, 1.0 + number, params=(case,))]), benchmarks=[WIDE])
            print(number, file=finished, flush=True)


@pytest.mark.slow
def test_kill_at_any_moment(tmp_path: Path) -> None:
    """A writer is killed 25 times at random moments; all it had finished is there, all files are readable."""
    results = tmp_path / "results"
    store = Store(results)
    log = tmp_path / "log"
    moments = random.Random(5)
    for _ in range(25):
        log.write_text("")
        writer = CONTEXT.Process(target=write_for_ever, args=(results, log))
        writer.start()
        while "\n" not in log.read_text():
            assert writer.is_alive()
            time.sleep(0.005)
        time.sleep(moments.uniform(0.0, 0.1))
        writer.kill()
        writer.join()
        finished = [int(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
        found = {(one.commit_sha, two.case.params) for one in store.runs() for two in one.results}
        assert {(f"{number // 50:040x}", (str(number % 50),)) for number in finished} <= found
        assert verify(results).damages == ()
    store.add(run("f" * 40), benchmarks=BENCHMARKS)
    assert list(results.rglob("*.tmp")) == []


def update(results: Path, part: int) -> None:
    """Store 50 cases of one commit, one by one, each with a value of its own."""
    store = Store(results)
    for number in range(25):
        params = ("1", f"'{part}-{number}'")
        mine = Benchmark(f"bench.time_{part}", "v1", params=(("1",), tuple(f"'{part}-{one}'" for one in range(25))))
        store.add(run(found=[ok(mine, 1.0 + number, params=params)]), benchmarks=[mine])
        own = Benchmark(f"bench.time_{part}_{number}", "v1")
        store.add(run(found=[ok(own, 1.0 + number)]), benchmarks=[own])


@pytest.mark.slow
def test_two_writers_of_one_file_lose_no_update(tmp_path: Path) -> None:
    results = tmp_path / "results"
    writers = [CONTEXT.Process(target=update, args=(results, part)) for part in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    store = Store(results)
    (path,) = store.paths()
    assert len(store.load(path).results) == 100
    assert len(store.benchmarks()) == 52
    assert verify(results).damages == ()
    assert PARAMS.name not in store.benchmarks()
