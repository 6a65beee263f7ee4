"""A list of benchmarks that is damaged or missing stops nothing, is named, and is written again."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, PARAMS, PEAK, PLAIN, ok, run, same

from bench_runner.errors import StoreError
from bench_runner.history.series import load
from bench_runner.model.commit import Commit
from bench_runner.store.files import Store
from bench_runner.store.verify import verify

NAMES = {one.name for one in BENCHMARKS}


class OneCommit:
    """A git history of one commit."""

    def history(self, branch: str | None = None) -> Sequence[Commit]:
        return [Commit("a" * 40, (), 1_600_000_000_000, "a change", "somebody")]


@pytest.fixture
def listed(store: Store) -> Path:
    store.add(run(), benchmarks=BENCHMARKS)
    return store.results / "benchmarks.json"


def broken_entry(path: Path) -> None:
    data = json.loads(path.read_text())
    data["bench.time_params"] = [1]
    path.write_text(json.dumps(data))


BREAKS = {
    "conflict": lambda path: path.write_text("<<<<<<< HEAD\n{}"),
    "empty": lambda path: path.write_text(""),
    "no list": lambda path: path.write_text("[]"),
    "no version": lambda path: path.write_text("{}"),
    "strange version": lambda path: path.write_text('{"version": "x"}'),
    "broken entry": broken_entry,
    "missing": Path.unlink,
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_history_is_read_without_it(store: Store, listed: Path, tmp_path: Path, name: str) -> None:
    BREAKS[name](listed)  # type: ignore[operator]
    history = load(store, OneCommit(), cache=tmp_path / "cache")
    assert [one.path for one in history.damaged] == [listed]
    assert {one.key.case.benchmark for one in history.series} == NAMES
    expected = NAMES - {"bench.time_params"} if name == "broken entry" else set()
    assert set(history.benchmarks) == expected
    lost = next(one for one in history.series if one.key.case.benchmark == "bench.time_params")
    assert lost.metric.unit == "unit"
    assert listed in {one.path for one in verify(store.results).damages}


@pytest.mark.parametrize("name", BREAKS)
def test_a_run_is_stored_and_the_list_written_again(store: Store, listed: Path, name: str) -> None:
    BREAKS[name](listed)  # type: ignore[operator]
    before = listed.read_text() if listed.is_file() else None
    path = store.add(run(), benchmarks=BENCHMARKS)
    assert same(store.load(path), run())
    assert set(Store(store.results).benchmarks()) == NAMES
    aside = listed.with_name("benchmarks.json.damaged")
    if before is None:
        assert not aside.exists()
    else:
        assert aside.read_text() == before
        assert [one.path for one in store.damaged] == [listed]


def test_what_can_be_read_of_a_damaged_list_stays(store: Store, listed: Path) -> None:
    broken_entry(listed)
    store.save_benchmarks([PLAIN])
    assert set(json.loads(listed.read_text())) == (NAMES | {"version"}) - {PARAMS.name}


def test_benchmarks_are_saved_without_a_run(store: Store) -> None:
    store.save_benchmarks([PLAIN])
    store.save_benchmarks([PEAK])
    assert store.benchmarks() == {one.name: one for one in (PLAIN, PEAK)}
    assert store.damaged == []


@pytest.mark.parametrize(("version", "advice"), [(1, "asv update"), (3, "update bench-history")])
def test_a_list_in_another_format_is_left_alone(store: Store, listed: Path, version: int, advice: str) -> None:
    data = json.loads(listed.read_text()) | {"version": version}
    listed.write_text(json.dumps(data))
    with pytest.raises(StoreError, match=advice):
        store.add(run(found=[ok(PLAIN, 1.0)]), benchmarks=BENCHMARKS)
    assert json.loads(listed.read_text()) == data
    assert store.benchmarks() == {}
    assert advice in store.damaged[0].reason


def test_a_list_that_is_not_there_yet_is_no_damage(store: Store) -> None:
    assert store.benchmarks() == {}
    assert store.damaged == []
