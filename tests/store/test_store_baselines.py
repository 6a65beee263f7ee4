"""Baselines hold a commit's values fast under a name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from asv.results import iter_results
from stored_runs import BENCHMARKS, PLAIN, TRACK, bad, ok, run

from bench_runner.errors import NothingMeasuredError, StoreError, UsageError
from bench_runner.model.machine import Machine
from bench_runner.store.baselines import list_, remove, set_, show
from bench_runner.store.files import Store

A = "a" * 40


def test_values_are_the_centres_of_rounds(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    store.add(run(A, machine=Machine("lab-2"), found=[ok(PLAIN, 5.0, 6.0)]), benchmarks=BENCHMARKS)
    baseline = set_(store, "v1.0", A, reason="shipped", set_ms=5)
    assert show(store, "v1.0") == baseline
    assert (baseline.commit_sha, baseline.set_ms, baseline.reason) == (A, 5, "shipped")
    name = run().environment.name
    assert baseline.values["lab-2"] == {name: {"bench.time_plain": (5.0, 6.0)}}
    assert baseline.values["lab-1"][name] == {
        "bench.peakmem_all": (123_456_789.0,),
        "bench.time_params(1, 'a')": (0.5, 0.51),
        "bench.time_params(10, 'c')": (5.0, 5.1),
        "bench.time_plain": (1e-3, 1.1e-3),
        "bench.track_score": (7.0,),
    }
    assert [one.name for one in list_(store)] == ["v1.0"]


def test_no_second_one_without_force(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    first = set_(store, "v1", A, set_ms=1)
    with pytest.raises(UsageError, match="--force"):
        set_(store, "v1", A, set_ms=2)
    assert show(store, "v1") == first
    assert set_(store, "v1", A, set_ms=3, force=True) == show(store, "v1")
    assert set_(store, "now", A).set_ms > 1_700_000_000_000


def test_a_replaced_one_stays_as_history_with_all_that_was_said(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    store.add(run("b" * 40, found=[ok(PLAIN, 5.0, 6.0)]), benchmarks=BENCHMARKS)
    first = set_(store, "v1", A, reason="shipped", by="A Uthor", allowance={"time": 0.05, "*": 0.01}, set_ms=1)
    second = set_(store, "v1", "b" * 40, set_ms=2, force=True)
    third = set_(store, "v1", A, set_ms=3, force=True)
    assert (first.by, first.allowance) == ("A Uthor", {"time": 0.05, "*": 0.01})
    assert second.before == (first,)
    assert third.before == (replace(second, before=()), first)
    assert show(store, "v1") == third


def test_how_and_on_what_values_were_taken_is_held_too(store: Store) -> None:
    whole = run(A, found=[ok(PLAIN, 1.0, 1.1), bad(TRACK, "failed")])
    store.add(whole, benchmarks=BENCHMARKS)
    (taken,) = set_(store, "v1", A).taken[whole.machine.machine].values()
    assert (taken.protocol, taken.fingerprint) == (whole.protocol, whole.fingerprint)
    assert taken.versions == {PLAIN.name: "v1"}


def test_files_of_before_are_read(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    new = set_(store, "v1", A, reason="shipped", set_ms=5)
    path = store.results / "baselines" / "v1.baseline"
    data = json.loads(path.read_text())
    path.write_text(
        json.dumps({key: data[key] for key in ("name", "commit", "set_ms", "reason", "values")} | {"schema": 1})
    )
    assert show(store, "v1") == replace(new, taken={})


def test_one_can_be_removed(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    set_(store, "v1", A)
    remove(store, "v1")
    assert list_(store) == []
    with pytest.raises(UsageError, match="no baseline 'v1'"):
        remove(store, "v1")


def test_a_commit_without_numbers(store: Store) -> None:
    store.add(run(A, found=[bad(PLAIN, "failed")]), benchmarks=BENCHMARKS)
    for sha in (A, "b" * 40):
        with pytest.raises(NothingMeasuredError, match="no stored numbers"):
            set_(store, "v1", sha)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-f", ".x"])
def test_names_that_are_no_file(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="baseline name"):
        show(store, name)


def test_unknown_and_damaged(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    set_(store, "v1", A)
    with pytest.raises(UsageError, match="known are v1"):
        show(store, "v2")
    path = store.results / "baselines" / "v1.baseline"
    path.write_text('{"schema": 1, "values": {"lab-1": 5}}')
    with pytest.raises(StoreError, match=r"v1\.baseline: 'lab-1' must be an object"):
        show(store, "v1")
    assert list_(store) == []
    assert [one.path for one in store.damaged] == [path]


def test_asv_does_not_trip_over_them(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    set_(store, "v1", A)
    assert len(list(iter_results(str(store.results)))) == 1
    assert capfd.readouterr() == ("", "")
    assert isinstance(store.results, Path)
