"""What a plan knows of stored runs is what their files say, however they came there."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, MACHINE, PLAIN, TRACK, bad, exact, run

from bench_runner.model.run import Build, Run
from bench_runner.store.columns import load
from bench_runner.store.files import Store
from bench_runner.store.stored import Stored, stored

A, B, C = "a" * 40, "b" * 40, "c" * 40
NAME = run().environment.name


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def said(store: Store, cache: Path) -> Mapping[tuple[str, str], Stored]:
    """What is known of our machine and environment; the seconds to five digits, as files keep them."""
    found = stored(load(store, cache), MACHINE.machine, {NAME})
    return {key: replace(one, duration_s=float(f"{one.duration_s:.3g}")) for key, one in found.items()}


def expected(*runs: Run) -> Mapping[tuple[str, str], Stored]:
    of = {(one.commit_sha, one.environment.name): Stored.of(one) for one in runs}
    return {key: replace(one, duration_s=float(f"{one.duration_s:.3g}")) for key, one in of.items()}


def test_it_says_what_the_files_say(store: Store, cache: Path) -> None:
    runs = [
        run(A),
        run(B, found=[bad(PLAIN, "timeout"), exact(TRACK, 3.0)]),
        run(C, found=[], build=Build(ok=False, duration_s=2.5, detail="no compiler")),
    ]
    for one in runs:
        store.add(one, benchmarks=BENCHMARKS)
    assert said(store, cache) == expected(*store.runs()) == expected(*runs)
    assert said(store, cache) == expected(*runs), "from the cache as well"
    store.add(run(B, found=[exact(TRACK, 4.0), bad(PLAIN, "crashed")]), benchmarks=BENCHMARKS)
    assert ("crashed",) in {one[2:] for one in said(store, cache)[B, NAME].results}


def test_files_of_asv_count(store: Store, cache: Path) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    data = json.loads(path.read_text())
    del data["bench_runner"]
    path.write_text(json.dumps(data))
    assert said(store, cache) == expected(*store.runs())


def test_other_machines_other_environments_and_damaged_files_do_not_count(store: Store, cache: Path) -> None:
    other = replace(run(B), machine=replace(MACHINE, machine="other"))
    elsewhere = replace(run(C), environment=replace(run().environment, python="3.12"))
    for one in (run(A), other, elsewhere):
        store.add(one, benchmarks=BENCHMARKS)
    assert said(store, cache) == expected(run(A))
    store.paths(MACHINE.machine)[0].write_text("{")
    assert said(store, cache) == {}
    assert [one.path for one in store.damaged] == store.paths(MACHINE.machine)[:1]


def test_nothing_is_stored(store: Store, cache: Path) -> None:
    assert said(store, cache) == {}
