"""A machine gets another name in all that was stored of it, whole or not at all, and never mixes with another."""

import json
import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from asv.results import Results
from stored_runs import BENCHMARKS, MACHINE, PLAIN, ok, run, same
from typer.testing import CliRunner

from bench_runner.cli.main import app
from bench_runner.errors import StoreError, UsageError
from bench_runner.store import jsonfile, machine
from bench_runner.store.baselines import set_, show
from bench_runner.store.files import Store
from bench_runner.store.rename import plan, rename
from bench_runner.store.verify import verify

A, B = "a" * 40, "b" * 40
OLD, NEW = MACHINE.machine, "lab-9"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def filled(store: Store) -> Store:
    """Two machines, of which the first is in a baseline; one of its files is asv's, one is damaged."""
    store.add(run(A), benchmarks=BENCHMARKS)
    theirs = store.add(run(B), benchmarks=BENCHMARKS)
    Results.load(str(theirs)).save(str(store.results))
    store.add(run(A, machine=replace(MACHINE, machine="other")), benchmarks=BENCHMARKS)
    set_(store, "v1", A, set_ms=4)
    set_(store, "v1", A, set_ms=5, force=True)
    damaged = store.results / OLD / f"{'c' * 8}-uv.json"
    damaged.write_text("{")
    (store.results / OLD / "README.md").write_text("about lab-1")
    return store


def go(store: Store, old: str = OLD, new: str = NEW) -> None:
    rename(store, plan(store, old, new))


def content(store: Store) -> dict[str, bytes]:
    return {
        path.relative_to(store.results).as_posix(): path.read_bytes()
        for path in sorted(store.results.rglob("*"))
        if path.is_file() and ".bench_runner" not in path.parts
    }


def test_everything_has_the_new_name(filled: Store) -> None:
    before = {one.commit_sha: one for one in filled.runs(OLD)}
    others = {name: text for name, text in content(filled).items() if name.startswith("other/")}
    damages = {one.path.name for one in verify(filled.results).damages}
    filled.damaged.clear()
    go(filled)
    after = {one.commit_sha: one for one in filled.runs(NEW)}
    renamed = replace(MACHINE, machine=NEW)
    assert after.keys() == before.keys() == {A, B}
    assert all(same(after[sha], replace(before[sha], machine=renamed)) for sha in before)
    assert set(filled.machines()) == {renamed, replace(MACHINE, machine="other")}
    held = show(filled, "v1")
    assert all(one.values.keys() == one.taken.keys() == {NEW, "other"} for one in (held, *held.before))
    assert len(held.before) == 1
    assert not (filled.results / OLD).exists()
    assert {name: text for name, text in content(filled).items() if name.startswith("other/")} == others
    assert (filled.results / NEW / "README.md").read_text() == "about lab-1"
    assert {one.path.name for one in verify(filled.results).damages} == damages
    assert OLD not in "".join(text.decode() for name, text in content(filled).items() if name.endswith("e.json"))
    assert sorted(path.name for path in (filled.results / ".bench_runner").iterdir()) == [".gitignore", "lock"]
    assert not list((filled.results / NEW).glob(".*"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lab-7", NEW, "no machine 'lab-7' .* known are lab-1, other"),
        (OLD, "other", "is there already"),
        (OLD, OLD, "is there already"),
        (OLD, "../x", "machine name"),
        ("../x", NEW, "machine name"),
        (OLD, "baselines", "machine name"),
        (OLD, "gone", "baseline 'old' holds values of 'lab-1' and of 'gone'"),
    ],
)
def test_what_is_refused_changes_nothing(filled: Store, old: str, new: str, said: str) -> None:
    set_(filled, "old", A, set_ms=5)
    path = filled.results / "baselines" / "old.baseline"
    path.write_text(path.read_text().replace('"other"', '"gone"'))
    before = content(filled)
    with pytest.raises(UsageError, match=said):
        go(filled, old, new)
    assert content(filled) == before


def test_a_baseline_that_cannot_be_read_stops_it(filled: Store) -> None:
    (filled.results / "baselines" / "v1.baseline").write_text("{")
    before = content(filled)
    with pytest.raises(StoreError, match=r"v1\.baseline"):
        go(filled)
    assert content(filled) == before


class Killed(BaseException):
    """A kill: nothing after it is done."""


def kill_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the program at its n-th change of the disk."""
    left = [step]

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def act(*words: object, **more: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return real(*words, **more)

        return act

    for place, name in ((jsonfile, "write"), (shutil, "copytree"), (Path, "rename"), (Path, "unlink")):
        monkeypatch.setattr(place, name, counted(getattr(place, name)))


@pytest.mark.parametrize("step", range(10))
def test_after_a_kill_the_same_call_goes_on(filled: Store, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.save(MACHINE)
    before = {one.commit_sha: one for one in filled.runs(OLD)}
    with monkeypatch.context() as patch:
        kill_at(step, patch)
        with pytest.raises(Killed):
            go(filled)
    folders = {one.name for one in filled.folders()}
    assert folders in ({OLD, "other"}, {OLD, NEW, "other"}, {NEW, "other"})
    for folder in folders - {"other"}:
        assert {one.commit_sha for one in filled.runs(folder)} == before.keys()
    go(filled)
    assert {one.name for one in filled.folders()} == {NEW, "other"}
    assert {one.commit_sha for one in filled.runs(NEW)} == before.keys()
    assert set(show(filled, "v1").values) == {NEW, "other"}
    assert machine.here().machine == NEW
    assert not list((filled.results / NEW).glob(".*"))


def test_what_was_measured_after_a_kill_is_not_thrown_away(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bench_runner.store.rename._take_out", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            go(filled)
    marker = filled.results / NEW / ".renamed"
    path = filled.add(run("d" * 40, found=[ok(PLAIN, 1.0)]), benchmarks=BENCHMARKS)
    os.utime(path, ns=(marker.stat().st_mtime_ns + 10**9,) * 2)
    with pytest.raises(UsageError, match=f"{path.name} was written since"):
        go(filled)
    assert path.is_file()


def test_the_saved_name_of_this_host_follows(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    assert not plan(store, OLD, NEW).here
    machine.save(replace(MACHINE, machine="mine"))
    go(store)
    assert machine.here().machine == "mine"
    machine.save(replace(MACHINE, machine=NEW))
    go(store, NEW, OLD)
    assert machine.here().machine == OLD


def test_a_host_that_was_never_named_gets_the_new_one(store: Store) -> None:
    store.add(run(A, machine=replace(MACHINE, machine=platform.node())), benchmarks=BENCHMARKS)
    go(store, platform.node())
    assert machine.here().machine == NEW


def test_the_command(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (filled.results.parent / "bench_runner.toml").write_text("")
    monkeypatch.chdir(filled.results.parent)
    before = content(filled)
    done = CliRunner().invoke(app, ["machine", "--rename", OLD, NEW, "--dry-run"])
    assert done.stdout.startswith(f"{OLD} would be renamed to {NEW}: 5 files, ")
    assert "baseline v1" in done.stdout
    assert content(filled) == before
    done = CliRunner().invoke(app, ["machine", "--rename", OLD, NEW])
    assert done.stdout.startswith(f"{OLD} renamed to {NEW}: 5 files, ")
    assert json.loads((filled.results / NEW / "machine.json").read_text())["machine"] == NEW
    done = CliRunner().invoke(app, ["machine", "--rename", OLD, NEW, "--name", "x"])
    assert isinstance(done.exception, UsageError)
