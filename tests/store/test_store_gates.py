"""Gates: what is kept is read back, nothing half-writes them, and nobody else trips over them."""

import copy
import json
import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from asv.results import iter_results
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_runs import BENCHMARKS, FINGERPRINT, PROTOCOL, run

from bench_runner.errors import StoreError, UsageError
from bench_runner.history.gates import judge
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import SIDES, Cell, Fault, Gate, Shown
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.run import Fingerprint, Protocol
from bench_runner.stats import paired
from bench_runner.stats.looks import Aim
from bench_runner.store import gates
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import encoded
from bench_runner.store.machine import here
from bench_runner.store.verify import verify

BASE, HEAD = "a" * 40, "b" * 40
BEGAN_MS = 1_800_000_000_123
TIMED = Cell(
    Case("suite.time_a", ("1", "'x'")),
    "time",
    TIME,
    rounds={"base": (1.0, 1.1), "head": (2.0, math.nan), "again": (1.0, 0.0)},
    fresh={"base": (1.0,), "head": (2.5,), "again": (1.5,)},
    cpu={"base": (0.9, 1.1), "head": (2.0, math.nan), "again": (0.9, 0.0)},
    fresh_cpu={"base": (0.9,), "head": (2.4,), "again": (1.4,)},
    version="1f2e",
)
EXACT = Cell(Case("suite.time_a:calls"), "track", Metric("calls", "calls", exact=True), dict.fromkeys(SIDES, (7.0,)))
PEAK = Cell(
    Case("suite.peakmem_c"),
    "peakmemory",
    Metric("peak memory", "bytes"),
    rounds={"base": (1e8, 1.1e8, 1e8), "head": (2e8, 2.1e8, 2e8), "again": (1e8, 1.1e8, 1e8)},
    fresh={"base": (1e8, 1.1e8, 1e8), "head": (2e8, 2.1e8, 2e8), "again": (1e8, 1.1e8, 1e8)},
)
FAULTY = Cell(
    Case("suite.track_b"),
    "track",
    Metric("score", "points", "higher", exact=True),
    faults={"base": Fault("missing"), "head": Fault("failed", "ValueError", "Traceback\n  line")},
)
GATE = Gate(
    BASE,
    HEAD,
    "uv-py3.11",
    "lab-1",
    BEGAN_MS,
    seed=7,
    protocol=PROTOCOL,
    fingerprint=FINGERPRINT,
    cells=(TIMED, FAULTY, EXACT, PEAK),
    looks=(10, 20),
    canary={"base": (0.001, 0.002), "head": (0.001, math.nan), "again": (0.003, 0.001)},
    spent_s=12.5,
    whole=True,
    shown=Shown(0.02, 0.05, 1, 0, 0.031),
)
HOSTILE = ("<script>", "\x1b[31m", "a\nb", "\u202e", "=1+1", "é", "x" * 300, '"}', "../../etc", "\x00")


def read(store: Store) -> Gate:
    (found,) = gates.list_(store)
    assert store.damaged == []
    return found


def test_what_is_kept_is_read(store: Store) -> None:
    assert gates.list_(store) == []
    path = gates.keep(store, GATE)
    assert path == store.results / "gates" / "lab-1" / "20270115T080000-aaaaaaaa-bbbbbbbb-uv-py3.11.gate"
    assert repr(read(store)) == repr(GATE)
    assert repr(gates.load(path)) == repr(GATE)


def test_a_gate_takes_the_place_of_what_was_kept_of_it_before(store: Store) -> None:
    first = gates.keep(store, replace(GATE, whole=False, looks=()))
    assert gates.keep(store, GATE) == first
    assert repr(read(store)) == repr(GATE)


words = st.text(max_size=8) | st.sampled_from(HOSTILE)
numbers = st.floats() | st.just(0.0) | st.integers(-(2**60), 2**60).map(float)
better = st.sampled_from(["lower", "higher", "neither"])


@st.composite
def sided(draw: st.DrawFn, *, some: bool = False) -> dict[str, tuple[float, ...]]:
    """As many numbers on each side; with `some` other numbers of them, or none at all."""
    size = draw(st.integers(0, 4))
    sides = draw(st.sets(st.sampled_from(SIDES))) if some else SIDES if draw(st.booleans()) else ()
    return {
        side: tuple(draw(st.lists(numbers, min_size=0 if some else size, max_size=size)))
        for side in SIDES
        if side in sides
    }


faults = st.builds(Fault, st.sampled_from(gates.OUTCOMES), words, words)
cells = st.builds(
    Cell,
    st.builds(Case, words, st.lists(words, max_size=3).map(tuple)),
    words,
    st.builds(Metric, words, words, better, exact=st.booleans()),
    rounds=sided(),
    fresh=sided(),
    cpu=sided(),
    fresh_cpu=sided(),
    version=words,
    faults=st.dictionaries(st.sampled_from(SIDES), faults).map(lambda one: {s: one[s] for s in SIDES if s in one}),
)
protocols = st.builds(Protocol, words, words, st.integers(0, 99), words, st.sampled_from(["worktree", "commit"]), words)
distributions = st.dictionaries(words, words, max_size=3).map(lambda one: dict(sorted(one.items())))
made = st.builds(
    Gate,
    st.just(BASE),
    st.text("0123456789abcdef", min_size=40, max_size=40),
    st.just("uv-py3.11"),
    st.just("lab-1"),
    st.integers(0, 10**13),
    st.integers(0, 2**53),
    protocols,
    st.builds(Fingerprint, words, words, words, distributions),
    st.lists(cells, max_size=3).map(tuple),
    st.sampled_from([(), (10,), (10, 20), (10, 20, 40)]),
    canary=sided(some=True),
    spent_s=numbers,
    whole=st.booleans(),
    shown=st.none() | st.builds(Shown, numbers, numbers, st.integers(0, 2), st.integers(0, 2), numbers),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(made)
def test_any_gate_is_read_as_it_was_written(gate: Gate) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = gates._path(Path(folder), gate)
        path.parent.mkdir()
        path.write_bytes(encoded(gates._write(gate), compact=True))
        assert repr(gates.load(path)) == repr(gate)


def test_what_a_case_printed_is_kept_up_to_a_limit_and_can_always_be_read(store: Store) -> None:
    faults = {"head": Fault("failed", "not \udcff text", "x" * 50_000 + "\udcffend")}
    gates.keep(store, replace(GATE, cells=(replace(FAULTY, faults=faults),)))
    (cell,) = read(store).cells
    assert cell.faults["head"].detail == "not ? text"
    assert cell.faults["head"].output.endswith("?end")
    assert len(cell.faults["head"].output) < 9000


def test_what_a_case_printed_tells_nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "tok-1234567")
    root, home = tmp_path / "work" / "quire", tmp_path / "ada"
    monkeypatch.setattr(Path, "home", lambda: home)
    store = Store(root / "results", root)
    faults = {"head": Fault("failed", f"{home}/y is missing", f"in {root}/x.py with tok-1234567")}
    path = gates.keep(store, replace(GATE, cells=(replace(FAULTY, faults=faults),)))
    assert not [word for word in (str(tmp_path), "tok-") if word in path.read_text()]
    (cell,) = read(store).cells
    assert cell.faults["head"] == Fault("failed", "~/y is missing", "in ./x.py with ***")


# Names in paths.


@pytest.mark.parametrize("name", ["lab 1", "lab[1]", "lab+é", "🐢", "a.b_c-d"])
def test_odd_names_are_names(store: Store, name: str) -> None:
    gate = replace(GATE, machine=name, environment=f"uv-{name}")
    path = gates.keep(store, gate)
    gates.keep(store, replace(GATE, machine="other"))
    assert path.parent == store.results / "gates" / name
    assert [repr(one) for one in gates.list_(store, name)] == [repr(gate)]
    assert len(gates.list_(store)) == 2
    assert store.damaged == []


@pytest.mark.parametrize("name", ["", "..", "../lab", "a/b", "/tmp", "a\\b", "*", "a\nb", ".hidden", "-f", "gates"])
def test_a_machine_that_is_no_folder_is_refused(store: Store, name: str) -> None:
    for ask in (lambda: gates.keep(store, replace(GATE, machine=name)), lambda: gates.list_(store, name)):
        with pytest.raises(UsageError, match="machine name"):
            ask()
    assert not store.results.exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\x00b", "*"])
def test_an_environment_that_is_no_part_of_a_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="environment name"):
        gates.keep(store, replace(GATE, environment=name))


@pytest.mark.parametrize("side", ["base", "head"])
def test_a_commit_that_is_no_sha_is_refused(store: Store, side: str) -> None:
    with pytest.raises(StoreError, match="no full hexadecimal sha"):
        gates.keep(store, replace(GATE, **{side: "../../../etc/passwd"}))
    assert not store.results.exists()


def test_environments_with_long_names_have_files_of_their_own(store: Store) -> None:
    names = ["é" * 300, "é" * 300 + "x"]
    paths = [gates.keep(store, replace(GATE, environment=name)) for name in names]
    assert all(len(path.name.encode()) < 255 for path in paths)
    assert sorted(one.environment for one in gates.list_(store)) == names


def test_the_oldest_comes_first_and_then_it_goes_by_name(store: Store) -> None:
    some = [
        replace(GATE, began_ms=BEGAN_MS - 86_400_000, machine="z", head="f" * 40),
        replace(GATE, machine="a", environment="uv-py3.9"),
        replace(GATE, machine="b", environment="uv-py3.11", base="f" * 40),
        replace(GATE, machine="b", environment="uv-py3.12", base="0" * 40),
        replace(GATE, began_ms=BEGAN_MS + 2000, machine="a", base="0" * 40),
    ]
    for one in (some[4], some[2], some[0], some[3], some[1]):
        gates.keep(store, one)
    assert [repr(one) for one in gates.list_(store)] == [repr(one) for one in some]
    assert [one.began_ms for one in gates.list_(store, "a")] == [BEGAN_MS, BEGAN_MS + 2000]
    assert gates.list_(store, "nowhere") == []


# Damage.


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"seed":7', '"seed":"7"', "'seed' must be a whole number"),
        ('"whole":true', '"whole":1', "'whole' must be true or false"),
        ('"spent_s":12.5', '"spent_s":"long"', "'spent_s' must be a number"),
        ('"looks":[10,20]', '"looks":[10,-20]', "'looks' must be a list of whole numbers"),
        ('"looks":[10,20]', '"looks":[20,10]', "'looks' must be a few numbers of rounds that rise"),
        ('"looks":[10,20]', '"looks":[10,20,30,40]', "'looks' must be a few"),
        ('"looks":[10,20]', '"looks":[10,1000000000]', "'looks' must be a few"),
        ('"looks":[10,20]', '"looks":[0,20]', "'looks' must be a few"),
        ('"base":[1.0,1.1]', '"base":[1.0,"x"]', "'rounds' must be a number"),
        ('"base":[1.0,1.1]', '"base":[1.0]', "'rounds' must be as many rounds on all sides"),
        ('"base":[1.0,1.1],', "", "'rounds' must be as many rounds on all sides"),
        ('"again":[1.5]', '"again":[]', "'fresh' must be as many rounds on all sides"),
        ('"again":[0.9,0.0]', '"again":[]', "'cpu' must be as many rounds on all sides"),
        ('"again":[1.4]', '"again":[]', "'fresh_cpu' must be as many rounds on all sides"),
        ('"outcome":"failed"', '"outcome":"gone"', "'outcome' must be one of ok, failed, .*, missing"),
        ('"better":"lower"', '"better":"up"', "'better' must be one of lower, higher, neither"),
        ('"exact":false', '"exact":"no"', "'exact' must be true or false"),
        ('"params":["1",', '"params":[1,', "'params' must be a string"),
        ('"kind":"time"', '"kind":"ti\\udcff"', "'kind' must be valid Unicode"),
        ('"cells":[{', '"cells":[[],{', "'cells' must be a list of objects"),
        ('"faults":{}', '"faults":[1]', "'faults' must be an object"),
        (f'"began_ms":{BEGAN_MS}', f'"began_ms":{10**15}', "'began_ms' must be a moment"),
        (f'"began_ms":{BEGAN_MS}', '"began_ms":-1', "'began_ms' must be a moment"),
        (f'"head":"{HEAD}"', '"head":"HEAD"', "'HEAD' is no full hexadecimal sha"),
        (f'"head":"{HEAD}"', f'"head":"{BASE}"', "is not named as its content"),
        ('"machine":"lab-1"', '"machine":"lab-2"', "is not named as its content"),
        ('"machine":"lab-1"', '"machine":"../.."', "machine name '../..' cannot be a folder"),
        ('"seed":7', '"seed":7,"seed":8', "'seed' stands there twice"),
        ('"seed":7', '"seed":7 "x"', "not valid JSON"),
    ],
)
def test_damage_is_named_and_the_other_gates_are_read(store: Store, old: str, new: str, said: str) -> None:
    path = gates.keep(store, GATE)
    other = replace(GATE, began_ms=BEGAN_MS + 5000)
    gates.keep(store, other)
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    with pytest.raises(StoreError, match=rf"\.gate: .*{said}.*restore it from git"):
        gates.load(path)
    assert [repr(one) for one in gates.list_(store, "lab-1")] == [repr(other)]
    (damage,) = store.damaged
    assert damage.path == path
    assert str(path) not in damage.reason


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"{}", b'{"schema": 1}'])
def test_what_is_no_gate_at_all(store: Store, content: bytes) -> None:
    path = gates.keep(store, GATE)
    path.write_bytes(content)
    (path.parent / "folder.gate").mkdir()
    (path.parent / "notes.txt").write_text("mine")
    assert gates.list_(store) == []
    assert [one.path for one in store.damaged] == [path, path.parent / "folder.gate"]


def test_what_a_newer_program_wrote_is_left_to_it(store: Store) -> None:
    path = gates.keep(store, GATE)
    path.write_text(json.dumps({"schema": 2, "cells": "in another way"}))
    with pytest.raises(StoreError, match=r"\.gate: has schema 2, this program reads up to 1: update bench-history$"):
        gates.load(path)
    assert gates.list_(store) == []
    assert [one.reason for one in store.damaged] == ["has schema 2, this program reads up to 1: update bench-history"]


def test_each_schema_says_what_it_brought() -> None:
    assert sorted(gates.CHANGES) == list(range(1, gates.SCHEMA + 1))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\udcff"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
WHOLE = json.loads(json.dumps(gates._write(GATE)))


def places(data: Any) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as a path of keys."""
    keys = list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
    return [(), *((key, *rest) for key in keys for rest in places(data[key]))]


def changed(place: tuple[Any, ...], value: Any) -> Any:
    """A gate's JSON with one value replaced."""
    found = inner = copy.deepcopy(WHOLE)
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return found


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(places(WHOLE)[1:]), anything)
def test_a_file_with_one_strange_value_is_damaged_or_can_be_judged_and_kept(place: tuple[Any, ...], value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(paired, "DRAWS", 99)
        path = gates._path(Path(folder) / "gates", GATE)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(changed(place, value)))
        for gate in gates.list_(Store(Path(folder))):
            assert judge(gate, Aim()).word
            assert gates._path(Path(folder) / "gates", gate) == path
            assert json.dumps(gates._write(gate))


# Beside others.


def test_asv_and_the_machines_do_not_see_them(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    store.add(run(BASE), benchmarks=BENCHMARKS)
    gates.keep(store, GATE)
    gates.keep(store, replace(GATE, machine="lab-2"))
    assert len(list(iter_results(str(store.results)))) == 1
    assert capfd.readouterr() == ("", "")
    assert [one.name for one in store.folders()] == ["lab-1"]
    assert [one.machine for one in store.machines()] == ["lab-1"]
    assert len(store.paths()) == 1
    assert verify(store.results).damages == ()


@pytest.mark.parametrize("name", ["gates", "Gates"])
def test_no_machine_is_called_like_their_folder(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="machine name"):
        here(name)
    with pytest.raises(UsageError, match="machine name"):
        store.paths(name)


# Nothing half-written.


def grown(rounds: int) -> Gate:
    """A gate after so many rounds, as large as that of a real suite."""
    cell = replace(TIMED, rounds={side: tuple(map(float, range(rounds))) for side in SIDES}, fresh={})
    return replace(GATE, cells=tuple(replace(cell, case=Case(f"suite.time_{k}")) for k in range(100)), looks=())


def keep_for_ever(results: Path, begun: Event) -> None:
    """Keep a gate that grows round by round, for as long as nobody kills it."""
    store = Store(results)
    for number in range(100_000):
        gates.keep(store, grown(1 + number % 40))
        begun.set()


@pytest.mark.slow
def test_kill_at_any_moment_leaves_a_whole_number_of_rounds(store: Store) -> None:
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    for wait in range(8):
        begun = context.Event()
        writer = context.Process(target=keep_for_ever, args=(store.results, begun))
        writer.start()
        assert begun.wait(60)
        time.sleep(0.003 * wait)
        writer.kill()
        writer.join()
        assert repr(read(store)) in {repr(grown(rounds)) for rounds in range(1, 41)}
    gates.keep(store, GATE)
    assert list(store.results.rglob("*.tmp")) == []


FULL = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from bench_runner.errors import StoreError
from bench_runner.store import gates
from bench_runner.store.files import Store
store = Store(Path(sys.argv[1]))
(old,) = gates.list_(store)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
try:
    gates.keep(store, replace(old, whole=False))
except StoreError as error:
    sys.exit(str(error))
"""


def test_a_full_disk_changes_nothing_and_says_so(store: Store) -> None:
    path = gates.keep(store, GATE)
    content = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(store.results)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 1
    assert "uv-py3.11.gate: cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == content
    assert list(store.results.rglob("*.tmp")) == []
