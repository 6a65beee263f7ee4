"""Thinning takes the single samples of old runs and nothing else, whatever happens meanwhile."""

import json
import math
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from statistics import median

import pytest
from asv.results import Results
from hypothesis import given
from hypothesis import strategies as st
from stored_runs import BENCHMARKS, PLAIN, ok, run
from typer.testing import CliRunner

from bench_runner.cli.main import app
from bench_runner.config.keep import Keep
from bench_runner.errors import StoreError, UsageError
from bench_runner.model.run import Run
from bench_runner.model.sample import Round, Sample
from bench_runner.model.vitals import Vitals
from bench_runner.stats import quality
from bench_runner.store import columns, jsonfile, records
from bench_runner.store.asv_format import Document
from bench_runner.store.baselines import round_centres, set_
from bench_runner.store.files import Store
from bench_runner.store.thin import Tally, thin
from bench_runner.store.thinned import thinned
from bench_runner.store.verify import verify

A, B, C = "a" * 40, "b" * 40, "c" * 40
DAY_MS = 86_400_000
EVERYTHING = Keep(commits=0)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def measured(sha: str, days: int, **changes: object) -> Run:
    """A run whose results were measured so many days after the first."""
    whole = run(sha, **changes)
    later = whole.results[0].started_ms + days * DAY_MS
    moved = tuple(replace(one, started_ms=later) for one in whole.results)
    return replace(whole, results=moved, commit_time_ms=whole.commit_time_ms + days * DAY_MS)


def without_samples(one: Run) -> str:
    """All that a run says beside its single samples and what each round has cost."""
    bare = [(replace(result, sample=None), round_centres(result), numbers_of(result.sample)) for result in one.results]
    return repr((replace(one, results=()), bare))


def plain(one: Run) -> Sample:
    """The sample of the benchmark without parameters."""
    (found,) = [result.sample for result in one.results if result.case.benchmark == PLAIN.name]
    assert found is not None
    return found


def numbers_of(sample: Sample | None) -> list[int]:
    return [one.number for one in sample.rounds] if sample else []


def values(one: Run) -> list[int]:
    return [len(result.sample.values) for result in one.results if result.sample]


def test_a_run_says_the_same_with_one_sample_a_round(store: Store, cache: Path) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    before, points = store.load(path), columns.load(store, cache)
    size = path.stat().st_size
    assert sorted(values(before)) == [1, 1, 6, 6, 6]
    tally = thin(store, EVERYTHING, cache)
    after = store.load(path)
    assert sorted(values(after)) == [1, 1, 2, 2, 2]
    assert without_samples(after) == without_samples(before)
    first, second = (plain(one) for one in (after, before))
    for name in ("wall_s", "cpu_s", "child_cpu_s", "peak_rss"):
        middle = median(getattr(one, name) for one in second.rounds)
        assert [getattr(one, name) for one in first.rounds] == pytest.approx([middle] * len(second.rounds), rel=1e-4)
    assert tally == Tally(runs=1, saved=size - path.stat().st_size)
    assert verify(store.results).damages == ()
    fresh = columns.load(store, cache)
    assert fresh.entries[0].digest != points.entries[0].digest
    assert repr(fresh.table.to_pylist()) == repr(points.table.to_pylist())


def test_thin_runs_are_not_written_again(store: Store, cache: Path) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    thin(store, EVERYTHING, cache)
    inode = path.stat().st_ino
    assert thin(store, EVERYTHING, cache) == Tally(thin=1)
    assert path.stat().st_ino == inode


def test_a_thin_run_can_be_added_to(store: Store, cache: Path) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    before = store.load(path)
    thin(store, EVERYTHING, cache)
    store.add(run(A, found=[ok(PLAIN, 8.0, 8.1)]), benchmarks=BENCHMARKS)
    after = {one.case: one for one in store.load(path).results}
    assert len(after[next(PLAIN.cases())].sample.values) == 6
    for one in before.results:
        if one.case.benchmark != PLAIN.name:
            assert round_centres(after[one.case]) == round_centres(one)
            assert after[one.case].summary == one.summary


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64) | st.integers(-(2**60), 2**60)


@given(st.lists(st.lists(NUMBERS, max_size=7), min_size=1, max_size=6))
def test_any_rounds_keep_their_centres_and_one_cost(found: list[list[float]]) -> None:
    flat = [value for one in found for value in one]
    record = {"sizes": [len(one) for one in found], "wall_s": [1.0] * len(found), "load": [None] * len(found)}
    data = document_of(flat, [record])
    small = thinned(Document.of(data))
    small = json.loads(jsonfile.encoded(small, compact=True))
    assert small["durations"] == {"<bench_runner schema>": small["bench_runner"]["schema"]}
    (record,) = small["bench_runner"]["benchmarks"]["b"]["cases"]
    kept = iter(small["results"]["b"][3][0])
    assert (record["wall_s"], record["load"]) == (1, [None] * len(found))
    for size, one in zip(record["sizes"], found, strict=True):
        assert size == min(len(one), 1)
        assert not one or median([float(next(kept))]) == median(map(float, one))
    assert next(kept, None) is None
    assert thinned(Document.of(small)) == {}


def document_of(samples: object, cases: list[object] | None) -> dict[str, object]:
    """A result file of one benchmark, ours or (without cases) asv's."""
    own = {
        "schema": 1,
        "conditions": [{"protocol": {}, "fingerprint": {}}],
        "latest": 0,
        "benchmarks": {"b": {"cases": cases}},
    }
    return {
        "version": 2,
        "result_columns": ["result", "params", "version", "samples"],
        "results": {"b": [[1.0], [], "v", [samples]], "short": [[1.0]]},
        **({} if cases is None else {"bench_runner": own}),
    }


SIGNS = {name: st.floats(0, 2) for name in vars(records)["_SIGNS"]}
OTHERS = {one.name: st.floats(0, 1e9) for one in fields(Vitals) if one.name not in SIGNS}


@pytest.mark.slow
@given(st.lists(st.fixed_dictionaries({**SIGNS, **OTHERS}), min_size=1, max_size=6))
def test_it_stays_known_which_rounds_were_disturbed(found: list[dict[str, float]]) -> None:
    record = {"sizes": [2] * len(found), **{name: [one[name] for one in found] for name in found[0]}}
    small = records.level(record)
    thin = Sample(tuple(Round((1.0,), vitals=one) for one in records._vitals(small)))
    whole = Sample(tuple(Round((1.0,), vitals=Vitals(**one)) for one in found))
    assert quality.doubt(thin.rounds) == quality.doubt(whole.rounds)
    assert [quality.disturbed(one.vitals) for one in thin.rounds] == [quality.disturbed(Vitals(**one)) for one in found]
    assert not any(isinstance(small[name], list) for name in OTHERS)


@given(st.fixed_dictionaries(SIGNS), st.fixed_dictionaries(OTHERS))
def test_other_vitals_are_no_signs(signs: dict[str, float], rest: dict[str, float]) -> None:
    assert quality.disturbed(Vitals(**signs, **rest)) == quality.disturbed(Vitals(**signs))


@pytest.mark.parametrize(
    ("samples", "cases"),
    [
        (None, None),
        ([1.0], None),
        ([1.0, math.nan], None),
        ([1.0, math.inf], None),
        ([1.0, "2"], None),
        ([1.0, None], None),
        ("12", None),
        (12, None),
        ([1.0, 2.0], [None]),
        ([1.0, 2.0], [{"sizes": [1, 1]}]),
        ([1.0, 2.0], [{"sizes": [3]}]),
        ([1.0, 2.0], [{}]),
    ],
)
def test_what_is_thin_or_strange_is_left_alone(samples: object, cases: list[object] | None) -> None:
    assert thinned(Document.of(document_of(samples, cases))) == {}


def test_asv_own_files_keep_one_value_and_every_other_byte(store: Store, cache: Path) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    Results.load(str(path)).save(str(store.results))
    before, old = store.load(path), json.loads(path.read_text())
    thin(store, EVERYTHING, cache)
    after, new = store.load(path), json.loads(path.read_text())
    assert without_samples(after) == without_samples(before)
    assert set(values(before)) == {6, 1}
    assert set(values(after)) == {1}
    place = old["result_columns"].index("samples")
    for name, row in old["results"].items():
        assert [*row[:place], *row[place + 1 :]] == [*new["results"][name][:place], *new["results"][name][place + 1 :]]
    assert {**old, "results": 0} == {**new, "results": 0}


def test_age_in_days_counts_from_the_newest_run(store: Store, cache: Path) -> None:
    for sha, days in ((A, 0), (B, 100), (C, 190)):
        store.add(measured(sha, days), benchmarks=BENCHMARKS)
    newest = run().results[0].started_ms + 190 * DAY_MS
    assert thin(store, Keep(days=190), cache, dry_run=True).runs == 0
    assert thin(store, Keep(days=180), cache, dry_run=True).runs == 1
    assert thin(store, Keep(days=90), cache, dry_run=True).runs == 1
    assert thin(store, Keep(days=89), cache, dry_run=True).runs == 2
    assert thin(store, Keep(days=89), cache, dry_run=True, now_ms=newest + 2 * 90 * DAY_MS).runs == 3


def test_age_in_commits_counts_commits_not_files(store: Store, cache: Path) -> None:
    for sha, days in ((A, 3), (B, 1), (C, 2)):
        store.add(measured(sha, days), benchmarks=BENCHMARKS)
    other = replace(run().machine, machine="lab-2")
    store.add(measured(A, 3, machine=other), benchmarks=BENCHMARKS)
    assert thin(store, Keep(commits=1), cache).runs == 2
    by_sha = {(one.commit_sha, one.machine.machine): max(values(one)) for one in store.runs()}
    assert by_sha == {(A, "lab-1"): 6, (A, "lab-2"): 6, (B, "lab-1"): 2, (C, "lab-1"): 2}


def test_runs_of_a_baseline_are_spared(store: Store, cache: Path) -> None:
    for sha in (A, B):
        store.add(run(sha), benchmarks=BENCHMARKS)
    store.add(run(C), benchmarks=BENCHMARKS)
    set_(store, "v1", A)
    set_(store, "v1", C, force=True)
    tally = thin(store, EVERYTHING, cache)
    assert (tally.runs, tally.spared, tally.thin) == (1, 2, 0)
    assert [max(values(one)) for one in store.runs()] == [6, 2, 6]
    (store.results / "baselines" / "v1.baseline").write_text("{")
    with pytest.raises(StoreError, match=r"v1\.baseline: .* nobody knows which runs"):
        thin(store, EVERYTHING, cache)
    assert [max(values(one)) for one in store.runs()] == [6, 2, 6]


def test_a_dry_run_tells_to_the_byte_what_would_be_saved(store: Store, cache: Path) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    content = path.read_bytes()
    told = thin(store, EVERYTHING, cache, dry_run=True)
    assert path.read_bytes() == content
    assert verify(store.results).growth.saving == told.saved
    assert thin(store, EVERYTHING, cache) == told
    assert path.stat().st_size == len(content) - told.saved


def test_it_goes_on_after_a_stop_and_past_damaged_files(
    store: Store, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [store.add(run(sha), benchmarks=BENCHMARKS) for sha in (A, B, C)]
    columns.load(store, cache)
    real, left = jsonfile.write, iter([True])

    def write(*words: object, **more: object) -> None:
        if next(left, False):
            real(*words, **more)  # type: ignore[arg-type]
        else:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(jsonfile, "write", write)
        with pytest.raises(KeyboardInterrupt):
            thin(store, EVERYTHING, cache)
    assert sorted(max(values(one)) for one in store.runs()) == [2, 6, 6]
    paths[1].write_text("{")
    tally = thin(store, EVERYTHING, cache)
    assert (tally.runs, tally.thin) == (1, 1)
    assert {one.path for one in store.damaged} == {paths[1]}
    assert paths[1].read_text() == "{"


def test_a_file_damaged_since_the_cache_was_made(store: Store, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    found = columns.load(store, cache)
    monkeypatch.setattr(columns, "load", lambda *_: found)
    path.write_text("{")
    assert thin(store, EVERYTHING, cache) == Tally(thin=1)
    assert [one.path for one in store.damaged] == [path]


@pytest.fixture
def command(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The command in a project whose store holds two commits, a year apart."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bench_runner.toml").write_text("")
    for sha, days in ((A, 0), (B, 365)):
        store.add(measured(sha, days), benchmarks=BENCHMARKS)

    def invoke(*words: str) -> str:
        done = CliRunner().invoke(app, ["store", *words])
        if done.exception:
            raise done.exception
        return done.stdout

    return invoke


def test_the_command_asks_for_an_age(command: Callable[..., str], tmp_path: Path, store: Store) -> None:
    for words in (["thin"], ["thin", "--keep", "all"]):
        with pytest.raises(UsageError, match="keep_samples"):
            command(*words)
    with pytest.raises(UsageError, match="--keep soon: it is"):
        command("thin", "--keep", "soon")
    assert command("thin", "--keep", "180d", "-n").startswith("1 run would be thinned, 0.00 MB saved; 0 thin before")
    (tmp_path / "bench_runner.toml").write_text('keep_samples = "26w"')
    assert command("thin").startswith("1 run thinned")
    assert [max(values(one)) for one in store.runs()] == [2, 6]
