"""Every way in which a results directory can be wrong is named with its file."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, PLAIN, ok, run
from typer.testing import CliRunner

from bench_runner.cli.main import app
from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark
from bench_runner.store.baselines import set_
from bench_runner.store.files import Store
from bench_runner.store.own import SCHEMA
from bench_runner.store.verify import verify

A, B = "a" * 40, "b" * 40


@pytest.fixture
def path(store: Store) -> Path:
    store.add(run(B), benchmarks=BENCHMARKS)
    return store.add(run(A), benchmarks=BENCHMARKS)


def edited(path: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_nothing_to_say(store: Store, path: Path) -> None:
    set_(store, "v1.0", A)
    report = verify(store.results)
    assert report.damages == ()
    assert report.files == 2
    assert report.size == 2 * path.stat().st_size
    assert report.growth.typical == path.stat().st_size
    assert verify(store.results / "none").damages == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("{", "not valid JSON"),
        ("[1]", "no JSON object"),
        ('{"version": 2, "version": 2}', "'version' stands there twice"),
        ("{}", "format unknown"),
        ('{"version": 1}', "run `asv update`"),
        ('{"version": 3}', "format 3, this program reads 2: update bench-history"),
        ('{"version": 2}', "result_columns"),
        ('{"version": 2, "result_columns": ["result"], "results": []}', "'results' must be an object"),
        ('{"version": 2, "bench_runner": []}', "'bench_runner' must be an object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"version": 1e400}', "whole number"),
        ("\udcff", "not valid JSON"),
    ],
)
def test_files_that_are_no_results(store: Store, path: Path, content: str, reason: str) -> None:
    path.write_bytes(content.encode(errors="surrogateescape"))
    (damage,) = verify(store.results).damages
    assert damage.path == path
    assert reason in damage.reason


@pytest.mark.parametrize("length", [1, 100, 1000, -2])
def test_truncated(store: Store, path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    (damage,) = verify(store.results).damages
    assert damage.path == path
    assert "not valid JSON" in damage.reason
    assert "git" in damage.reason


def row(data: dict, name: str = "bench.time_plain") -> list:  # type: ignore[type-arg]
    return data["results"][name]


def record(data: dict, name: str = "bench.time_plain") -> dict:  # type: ignore[type-arg]
    return data["bench_runner"]["benchmarks"][name]["cases"][0]


CHANGES = {
    "newer schema": (lambda d: d["bench_runner"].update(schema=7), f"schema 7, this program reads up to {SCHEMA}:"),
    "key dropped": (lambda d: d.pop("bench_runner"), "rewritten by asv"),
    "no commit": (lambda d: d.pop("commit_hash"), "'commit_hash' is missing"),
    "other commit": (lambda d: d.update(commit_hash="c" * 40), "not named as its content"),
    "path as name": (lambda d: d.update(env_name="../x"), "environment name"),
    "other machine": (lambda d: d["params"].update(machine="lab-2"), "belongs to machine 'lab-2'"),
    "added row": (lambda d: d["bench_runner"]["benchmarks"].pop("bench.time_plain"), "another tool added"),
    "text as number": (lambda d: row(d).__setitem__(0, ["fast"]), "is ok but has no value"),
    "number as list": (lambda d: row(d).__setitem__(0, 1.0), "'result' must be a list"),
    "too many values": (lambda d: row(d).__setitem__(0, [1.0, 2.0]), "2 values of result for 1 cases"),
    "value gone": (lambda d: row(d).__setitem__(0, None), "is ok but has no value"),
    "value added": (lambda d: record(d).update(outcome="failed"), "is failed but has a value"),
    "strange outcome": (lambda d: record(d).update(outcome="fine"), "'outcome' must be one of"),
    "sample is NaN": (lambda d: row(d)[11][0].__setitem__(0, float("nan")), "samples that are no numbers"),
    "sample is null": (lambda d: row(d)[11][0].__setitem__(0, None), "samples that are no numbers"),
    "interval": (lambda d: row(d).__setitem__(5, [5.0]), "interval without its value"),
    "rounds": (lambda d: record(d).update(sizes=[3, 4]), "rounds of 7 samples, but there are 6"),
    "negative rounds": (lambda d: record(d).update(sizes=[-3, 9]), "whole numbers"),
    "costs": (lambda d: record(d).update(wall_s=[1.0]), "different lengths"),
    "vitals": (lambda d: record(d).update(others=[0.5]), "different lengths"),
    "words as vitals": (lambda d: record(d).update(others="all of it"), "'others' must be a number"),
    "conditions": (lambda d: record(d).update(conditions=5), "'conditions' must be below 1"),
    "latest": (lambda d: d["bench_runner"].update(latest=-1), "'latest' must be below 1"),
    "explosion": (lambda d: row(d).__setitem__(1, [["1"] * 100] * 20), "more than 1000000 combinations"),
    "surrogate": (lambda d: d["results"].update({"\udcff": [[1.0], []]}), "valid Unicode"),
    "too many columns": (lambda d: row(d).extend([1] * 20), "at most 13 columns"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_content_that_cannot_be(store: Store, path: Path, name: str) -> None:
    change, reason = CHANGES[name]
    edited(path, change)  # type: ignore[arg-type]
    (damage,) = verify(store.results).damages
    assert damage.path == path
    assert reason in damage.reason
    assert "\n" not in damage.reason


def test_a_benchmark_that_was_deleted_is_a_note(store: Store, path: Path) -> None:
    edited(path, lambda data: data["results"].update({"gone.time_x": [[1.0], [], "1"]}))
    edited(store.results / "benchmarks.json", lambda data: data.pop("bench.time_plain"))
    report = verify(store.results)
    assert report.damages == ()
    notes = {one.path.name[:8]: one.reason for one in report.notes}
    assert "'bench.time_plain', 'gone.time_x', not in benchmarks.json" in notes["aaaaaaaa"]
    assert "'bench.time_plain', not in benchmarks.json" in notes["bbbbbbbb"]


def test_a_file_of_asv_under_an_older_name_is_a_note(store: Store, path: Path) -> None:
    edited(path, lambda data: (data.pop("bench_runner"), data["durations"].clear(), data.update(env_name="uv-py3.11")))
    report = verify(store.results)
    assert report.damages == ()
    (note,) = report.notes
    assert (note.path, "not named as its content" in note.reason) == (path, True)


def test_rows_that_another_tool_added_are_found_without_the_list(store: Store, path: Path) -> None:
    edited(path, lambda data: data["bench_runner"]["benchmarks"].pop("bench.time_plain"))
    (store.results / "benchmarks.json").unlink()
    assert {one.path for one in verify(store.results).damages} == {path, store.results / "benchmarks.json"}


def test_what_the_command_says_of_notes_and_of_old_files(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = store.results.parent
    (project / "bench_runner.toml").write_text("")
    monkeypatch.chdir(project)
    edited(path, lambda data: data["results"].update({"gone.time_x": [[1.0], [], "1"]}))
    done = CliRunner().invoke(app, ["store", "verify"])
    assert (done.exit_code, "note: " in done.stdout, "gone.time_x" in done.stdout) == (0, True, True)
    path.write_text('{"version": 1}')
    done = CliRunner().invoke(app, ["store", "verify"])
    assert "run `asv update`" in done.stdout
    assert isinstance(done.exception, StoreError)
    assert str(done.exception).startswith("1 damaged in ")
    assert "remove" not in str(done.exception)
    assert "restore" not in str(done.exception)


def test_files_in_wrong_places(store: Store, path: Path) -> None:
    aside = path.with_name(path.name + ".damaged")
    aside.write_text("")
    stray = path.parent / "notes.json"
    stray.write_text("{}")
    (path.parent / "README.md").write_text("fine")
    found = {one.path: one.reason for one in verify(store.results).damages}
    assert set(found) == {aside, stray}
    assert "set aside" in found[aside]


def test_machine_files(store: Store, path: Path) -> None:
    machine = path.parent / "machine.json"
    edited(machine, lambda data: data.update(machine="other"))
    assert ["names machine 'other'" in one.reason for one in verify(store.results).damages] == [True]
    machine.unlink()
    (damage,) = verify(store.results).damages
    assert (damage.path, "asv skips" in damage.reason) == (machine, True)


def test_the_list_of_benchmarks(store: Store, path: Path) -> None:
    assert path.is_file()
    listed = store.results / "benchmarks.json"
    edited(listed, lambda data: data["bench.time_plain"].update(params="x"))
    (damage,) = verify(store.results).damages
    assert damage.path == listed
    assert "'params' must be a list" in damage.reason
    listed.unlink()
    (damage,) = verify(store.results).damages
    assert "is missing" in damage.reason


def test_baselines(store: Store, path: Path) -> None:
    set_(store, "v1.0", A)
    kept = store.results / "baselines" / "v1.0.baseline"
    kept.write_text('{"schema": 4}')
    (damage,) = verify(store.results).damages
    assert (damage.path, "schema 4" in damage.reason) == (kept, True)
    assert path.is_file()


def test_rows_of_former_versions_are_counted(store: Store, path: Path) -> None:
    newer = replace(PLAIN, version="v2")
    store.add(run("c" * 40, found=[ok(newer, 1.0, 1.1)]), benchmarks=[newer])
    report = verify(store.results)
    assert (report.damages, report.former, report.files) == ((), 2, 3)
    assert path.is_file()


def test_a_benchmark_in_use_is_never_dropped(store: Store, path: Path) -> None:
    store.add(run("c" * 40, found=[]), benchmarks=[Benchmark("bench.new", "1")])
    assert set(store.benchmarks()) == {one.name for one in BENCHMARKS} | {"bench.new"}
    assert path.is_file()
