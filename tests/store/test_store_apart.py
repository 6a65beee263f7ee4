"""Results kept apart: read beside the others, never written through them, and not kept for long."""

import os
from pathlib import Path

from stored_runs import BENCHMARKS, PLAIN, ok, run

from bench_runner.model.machine import Machine
from bench_runner.store.apart import Beside, keep_last
from bench_runner.store.files import Store

HERE, THERE = "a" * 40, "b" * 40


def test_both_places_are_read_and_only_one_is_written(tmp_path: Path) -> None:
    results, apart = Store(tmp_path / "results"), Store(tmp_path / "apart")
    results.add(run(HERE, found=[ok(PLAIN, 1.0)]), benchmarks=[PLAIN])
    apart.add(run(THERE, found=[ok(PLAIN, 2.0)]), benchmarks=BENCHMARKS)
    both = Beside(results.results, apart.results)
    assert [one.commit_sha for one in both.runs()] == [HERE, THERE]
    assert both.shas() == {HERE, THERE}
    assert set(both.benchmarks()) == {one.name for one in BENCHMARKS}
    assert both.damaged == []
    assert results.shas() == {HERE}
    both.add(run("c" * 40), benchmarks=BENCHMARKS)
    assert (results.shas(), apart.shas()) == ({HERE, "c" * 40}, {THERE})


def test_a_damaged_file_in_the_second_place_is_told(tmp_path: Path) -> None:
    path = Store(tmp_path / "apart").add(run(THERE), benchmarks=BENCHMARKS)
    path.write_text("{")
    both = Beside(tmp_path / "results", tmp_path / "apart")
    assert list(both.runs()) == []
    assert [one.path for one in both.damaged] == [path]


def test_neither_place_need_be_there(tmp_path: Path) -> None:
    both = Beside(tmp_path / "results", tmp_path / "apart")
    assert (list(both.runs()), both.benchmarks(), both.damaged) == ([], {}, [])


def test_the_commits_measured_last_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "apart")
    keep_last(store, 2)
    assert not store.results.exists()
    for number, digit in enumerate("dbca"):
        for machine in ("one", "two"):
            path = store.add(run(digit * 40, machine=Machine(machine)), benchmarks=BENCHMARKS)
            os.utime(path, (number, number))
    again = next(path for path in store.paths("two") if path.name.startswith("d"))
    os.utime(again, (9, 9))
    keep_last(store, 4)
    assert len(store.paths()) == 8
    keep_last(store, 2)
    assert store.shas() == {"d" * 40, "a" * 40}
    assert len(store.paths()) == 4
