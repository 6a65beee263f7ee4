"""The ledger of confirmed changes: text that git merges, and that nothing half-writes or loses."""

import json
import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from asv.results import iter_results
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_runs import BENCHMARKS, run

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Case
from bench_runner.model.ledger import Entry, Proposal, Size
from bench_runner.model.machine import Machine
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.series import SeriesKey
from bench_runner.store import ledger
from bench_runner.store.files import Store
from bench_runner.store.rename import plan, rename
from bench_runner.store.verify import verify

KEY = SeriesKey(Case("bench.time_plain", ("1", "'a'")), "uv-py3.11", "lab-1")
ENTRY = Entry(
    id="0123abcd",
    key=KEY,
    metric=TIME,
    size=Size(1.0, 1.3, 1.3, 1.29, 1.31, 1e-9),
    last_old="a" * 40,
    first_new="b" * 40,
    span=("b" * 40, "c" * 40),
)
HOSTILE = ("<script>", "\x1b[31m", "a\nb", "\u202e", "=1+1", "é", "x" * 300, '"}', "../../etc", "\x00")


def add(store: Store, *entries: Entry) -> None:
    ledger.write(store, [Proposal(("new",), None, one) for one in entries])


def path(store: Store, name: str = ENTRY.id) -> Path:
    return store.results / "changes" / f"{name}.change"


def entries(count: int) -> list[Entry]:
    return [replace(ENTRY, id=f"{number:08x}") for number in range(count)]


def test_what_is_written_is_read(store: Store) -> None:
    assert ledger.read(store) == {}
    other = replace(
        ENTRY, id="f" * 8, span=None, between=(1, 2), state="dismissed", reason="noise", recovered_by="c" * 40
    )
    add(store, other, ENTRY)
    assert ledger.read(store) == {ENTRY.id: ENTRY, other.id: other}
    assert list(ledger.read(store)) == [ENTRY.id, other.id]


@pytest.mark.slow
@given(
    st.builds(
        Entry,
        id=st.just("01234567"),
        key=st.builds(
            SeriesKey,
            st.builds(Case, st.text(min_size=1), st.lists(st.text(), max_size=3).map(tuple)),
            st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1)),
            st.text(min_size=1),
        ),
        metric=st.builds(Metric, st.text(), st.text(), st.sampled_from(["lower", "higher", "neither"]), st.booleans()),
        size=st.builds(Size, *[st.floats(allow_nan=False)] * 6),
        last_old=st.just("a" * 40),
        first_new=st.just("b" * 64),
        span=st.one_of(st.none(), st.just(("a" * 40, "b" * 40))),
        between=st.one_of(st.none(), st.tuples(st.integers(0, 2**50), st.integers(0, 2**50))),
        state=st.sampled_from(["confirmed", "recovered", "dismissed"]),
        recovered_by=st.sampled_from(["", "c" * 40]),
        reason=st.one_of(st.sampled_from(HOSTILE), st.text()),
        unknown=st.dictionaries(st.text(min_size=20), st.one_of(st.text(), st.lists(st.integers())), max_size=3),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_entry_comes_back_and_its_file_is_stable(entry: Entry) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        add(store, entry)
        first = path(store, entry.id).read_bytes()
        (found,) = ledger.read(store).values()
        assert found == entry
        ledger.write(store, [Proposal(("narrowed",), entry, replace(found))])
        assert path(store, entry.id).read_bytes() == first


def test_one_field_stands_on_a_line_and_the_schema_is_named(store: Store) -> None:
    add(store, ENTRY)
    lines = path(store).read_text().splitlines()
    keys = [line.split('"')[1] for line in lines if line.startswith(' "')]
    assert keys == sorted(keys)
    assert ' "schema": 1,' in lines
    assert path(store).read_text().isascii()


def test_fields_of_a_newer_program_survive_a_rewrite(store: Store) -> None:
    add(store, ENTRY)
    data = json.loads(path(store).read_text()) | {"colour": {"deep": [1, None]}}
    path(store).write_text(json.dumps(data))
    (found,) = ledger.read(store).values()
    ledger.write(store, [Proposal(("recovered",), found, replace(found, state="recovered"))])
    assert json.loads(path(store).read_text()) == data | {"state": "recovered"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"before": 1.0', '"before": "fast"', r"line 3: 'before' must be a number"),
        (
            '"state": "confirmed"',
            '"state": "gone"',
            r"line \d+: 'state' must be one of confirmed, recovered, dismissed",
        ),
        ('"state": "confirmed",', "", r"line 1: 'state' must be one of"),
        (f'"first_new": "{"b" * 40}"', '"first_new": "HEAD"', r"line \d+: 'first_new' must be a sha"),
        ('"better": "lower"', '"better": "up"', r"line \d+: 'better' must be one of"),
        ('"exact": false', '"exact": "no"', r"line \d+: 'exact' must be true or false"),
        ('"between": null', '"between": [1]', r"line \d+: 'between' must be two moments"),
        ('"params"', '"params": 3, "p_"', r"line \d+: 'params' must be a list"),
        ('"machine": "lab-1"', '"machine": ""', r"line \d+: 'machine' must be a name"),
        ('"schema": 1', '"schema": 2', r"has schema 2, this program reads up to 1"),
        ('"id": "0123abcd"', '"id": "99999999"', r"is not named as the id in it"),
        (' "before"', '<<<<<<< ours\n "before"', r"line \d+: holds a merge conflict"),
        ('"before": 1.0,', '"before": 1.0', r"not valid JSON .*line \d+"),
        ('"before": 1.0,', '"before": 1.0, "before": 2.0,', r"'before' stands there twice"),
    ],
)
def test_damage_is_named_with_file_and_line(store: Store, old: str, new: str, said: str) -> None:
    add(store, ENTRY, replace(ENTRY, id="f" * 8))
    text = path(store).read_text()
    assert old in text
    path(store).write_text(text.replace(old, new, 1))
    with pytest.raises(StoreError, match=rf"0123abcd\.change[:,].*{said}"):
        ledger.read(store)
    assert [one.path for one in verify(store.results).damages] == [path(store)]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"id": "0123abcd"}'])
def test_what_is_no_entry_at_all(store: Store, content: bytes) -> None:
    add(store, ENTRY)
    path(store).write_bytes(content)
    with pytest.raises(StoreError, match=r"0123abcd\.change"):
        ledger.read(store)


def test_asv_and_the_machines_do_not_see_it(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    store.add(run("a" * 40), benchmarks=BENCHMARKS)
    add(store, ENTRY)
    assert len(list(iter_results(str(store.results)))) == 1
    assert capfd.readouterr() == ("", "")
    assert [one.name for one in store.folders()] == ["lab-1"]
    assert verify(store.results).damages == ()


def test_an_entry_that_somebody_changed_meanwhile_is_not_overwritten(store: Store) -> None:
    add(store, ENTRY, replace(ENTRY, id="0" * 8))
    ledger.write(store, [Proposal((), ENTRY, replace(ENTRY, state="dismissed", reason="noise"))])
    fresh = Proposal(("new",), None, replace(ENTRY, id="1" * 8))
    with pytest.raises(StoreError, match=r"0123abcd\.change: was changed by somebody else meanwhile"):
        ledger.write(store, [fresh, Proposal(("recovered",), ENTRY, replace(ENTRY, state="recovered"))])
    assert set(ledger.read(store)) == {"0" * 8, ENTRY.id}
    assert ledger.read(store)[ENTRY.id].state == "dismissed"


def test_writing_the_same_again_changes_nothing(store: Store) -> None:
    size = replace(ENTRY.size, ratio_low=math.nan, ratio=math.inf)
    add(store, replace(ENTRY, size=size))
    content = path(store).read_bytes()
    add(store, replace(ENTRY, size=replace(size, ratio_low=float("nan"))))
    assert path(store).read_bytes() == content
    ledger.write(store, [Proposal(("twice",), replace(ENTRY, size=size), None)])
    assert ledger.read(store) == {}


def test_a_machines_new_name_goes_into_the_ledger(store: Store) -> None:
    store.add(run("a" * 40, machine=Machine("lab-1")), benchmarks=BENCHMARKS)
    other = replace(ENTRY, id="f" * 8, key=replace(KEY, machine="lab-3"))
    add(store, ENTRY, other)
    rename(store, plan(store, "lab-1", "lab-2"))
    assert {one.id: one.key.machine for one in ledger.read(store).values()} == {ENTRY.id: "lab-2", other.id: "lab-3"}


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=False)


def on_branch(store: Store, name: str, proposals: Iterable[Proposal]) -> None:
    git(store.results, "checkout", "--quiet", "-b", name, "main")
    ledger.write(store, proposals)
    git(store.results, "add", "--all")
    git(store.results, "commit", "--quiet", "-m", name)


@pytest.fixture
def merging(store: Store) -> Store:
    store.results.mkdir()
    git(store.results, "init", "--quiet", "--initial-branch=main")
    add(store, *entries(6))
    git(store.results, "add", "--all")
    git(store.results, "commit", "--quiet", "-m", "begin")
    return store


def test_what_two_branches_recorded_merges_without_a_conflict(merging: Store) -> None:
    old = ledger.read(merging)
    same = Proposal(("new",), None, replace(ENTRY, id="a" * 8))
    dismissed = replace(old["00000002"], state="dismissed", reason="noise")
    on_branch(merging, "one", [same, Proposal(("new",), None, replace(ENTRY, id="b" * 8))])
    on_branch(merging, "two", [same, Proposal((), old["00000002"], dismissed), Proposal((), old["00000003"], None)])
    merged = git(merging.results, "merge", "--quiet", "--no-edit", "one")
    assert merged.returncode == 0, merged.stdout
    found = ledger.read(merging)
    assert set(found) == (set(old) - {"00000003"}) | {"a" * 8, "b" * 8}
    assert found["00000002"].state == "dismissed"


def test_two_words_on_one_change_are_a_conflict_of_that_file_alone(merging: Store) -> None:
    old = ledger.read(merging)["00000002"]
    on_branch(merging, "one", [Proposal((), old, replace(old, state="dismissed", reason="noise"))])
    on_branch(merging, "two", [Proposal((), old, replace(old, state="dismissed", reason="a busy machine"))])
    assert git(merging.results, "merge", "--no-edit", "one").returncode == 1
    with pytest.raises(StoreError, match=r"00000002\.change, line \d+: holds a merge conflict"):
        ledger.read(merging)
    assert git(merging.results, "diff", "--name-only", "--diff-filter=U").stdout.split() == ["changes/00000002.change"]


def record_for_ever(results: Path, begun: Event) -> None:
    """Let all entries go back and forth between two states, for as long as nobody kills it."""
    store = Store(results)
    for number in range(100_000):
        state = "recovered" if number % 2 == 0 else "confirmed"
        old = ledger.read(store)
        new = {name: replace(one, state=state) for name, one in old.items()}
        ledger.write(store, [Proposal(("recovered",), old[name], new[name]) for name in old])
        begun.set()


@pytest.mark.slow
def test_kill_at_any_moment_leaves_the_old_or_the_new_entry(store: Store) -> None:
    add(store, *entries(8))
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    for wait in range(8):
        begun = context.Event()
        writer = context.Process(target=record_for_ever, args=(store.results, begun))
        writer.start()
        assert begun.wait(60)
        time.sleep(0.003 * wait)
        writer.kill()
        writer.join()
        found = ledger.read(store)
        assert {replace(one, state="confirmed") for one in map(bare, found.values())} == set(map(bare, entries(8)))
        assert verify(store.results).damages == ()
    add(store, replace(ENTRY, id="f" * 8))
    assert list(store.results.rglob("*.tmp")) == []


def bare(entry: Entry) -> Entry:
    """An entry that can be put into a set."""
    return replace(entry, unknown=())  # type: ignore[arg-type]


FULL = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from bench_runner.errors import StoreError
from bench_runner.model.ledger import Proposal
from bench_runner.store import ledger
from bench_runner.store.files import Store
store = Store(Path(sys.argv[1]))
old = ledger.read(store)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
try:
    ledger.write(store, [Proposal((), one, replace(one, state="recovered")) for one in old.values()])
except StoreError as error:
    sys.exit(str(error))
"""


def test_a_full_disk_changes_nothing_and_says_so(store: Store) -> None:
    add(store, *entries(3))
    content = [one.read_bytes() for one in ledger.paths(store)]
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(store.results)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 1
    assert "00000000.change: cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert [one.read_bytes() for one in ledger.paths(store)] == content
    assert list(store.results.rglob("*.tmp")) == []
