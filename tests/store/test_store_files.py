"""What goes into the results directory comes out again, beside what was there, and is found by name."""

import json
import math
import os
import resource
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, MACHINE, PARAMS, PEAK, PLAIN, TRACK, bad, ok, results, run, same

from bench_runner.errors import StoreError, UsageError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.run import Build, Fingerprint, Protocol, Run
from bench_runner.model.sample import Summary
from bench_runner.store.files import Store
from bench_runner.store.own import SCHEMA

A, B = "a" * 40, "b" * 40


def by_case(found: Run) -> dict[str, object]:
    return {result.case.id: result for result in found.results}


def test_every_outcome_comes_back_as_it_went_in(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    assert path.name == "aaaaaaaa-uv-py3.11-numpy2.0-six-CCgcc-OMP_NUM_THREADS1.json"
    assert same(store.load(path), run())
    assert store.benchmarks() == {one.name: one for one in BENCHMARKS}
    assert store.machines() == [MACHINE]


def test_unknown_intervals_and_doubts_come_back(store: Store) -> None:
    plain = ok(PLAIN, 1.0, 2.0)
    doubtful = replace(plain, summary=Summary(1.0, math.nan, math.nan, 2, math.nan, math.nan, ("few rounds",)))
    found = store.load(store.add(run(found=[doubtful]), benchmarks=BENCHMARKS)).results[0].summary
    assert found is not None
    assert math.isnan(found.low)
    assert (found.n, found.warnings) == (2, ("few rounds",))
    endless = replace(plain, summary=Summary(1.0, -math.inf, math.inf, 2, 0.5, 2.0))
    assert store.load(store.add(run(found=[endless]), benchmarks=BENCHMARKS)).results[0].summary == endless.summary


def test_a_second_run_goes_beside_the_first_and_replaces_what_it_measured_again(store: Store) -> None:
    first = [ok(PARAMS, 1.0, 1.1, params=("1", "'a'")), ok(PARAMS, 2.0, 2.1, params=("1", "'b'")), ok(PLAIN, 9.0, 9.1)]
    store.add(run(found=first), benchmarks=BENCHMARKS)
    path = store.add(run(found=[ok(PARAMS, 3.0, 3.1, params=("1", "'b'"))]), benchmarks=[PARAMS])
    centres = {name: one.summary.centre for name, one in by_case(store.load(path)).items()}  # type: ignore[attr-defined]
    assert centres == {"bench.time_plain": 9.1, "bench.time_params(1, 'a')": 1.1, "bench.time_params(1, 'b')": 3.1}


def test_each_result_keeps_how_it_was_measured(store: Store) -> None:
    store.add(run(found=[ok(PARAMS, 1.0, 1.1, params=("1", "'a'")), ok(PLAIN, 9.0, 9.1)]), benchmarks=BENCHMARKS)
    later = Protocol("0.2.0", "asv_runner 9", 5, "spawn")
    other = Fingerprint("Another CPU")
    again = run(found=[ok(PARAMS, 2.0, 2.1, params=("1", "'b'"))], protocol=later, fingerprint=other)
    found = store.load(store.add(again, benchmarks=BENCHMARKS))
    assert (found.protocol, found.fingerprint) == (later, other)
    protocols = {name: one.protocol for name, one in by_case(found).items()}  # type: ignore[attr-defined]
    assert protocols == {
        "bench.time_params(1, 'a')": run().protocol,
        "bench.time_params(1, 'b')": None,
        "bench.time_plain": run().protocol,
    }
    path = store.add(run(found=[*found.results], protocol=later, fingerprint=other), benchmarks=BENCHMARKS)
    assert same(store.load(path), found)


def test_conditions_that_nothing_refers_to_are_dropped(store: Store) -> None:
    for number in range(5):
        protocol = replace(run().protocol, runner=f"0.{number}")
        path = store.add(run(found=[ok(PLAIN, 1.0, 1.1)], protocol=protocol), benchmarks=BENCHMARKS)
    assert len(json.loads(path.read_text())["bench_runner"]["conditions"]) == 1


def test_a_new_version_takes_the_place_of_the_old_cases(store: Store) -> None:
    store.add(run(), benchmarks=BENCHMARKS)
    newer = replace(PARAMS, version="v2", params=(("1",), ("'a'", "'z'")))
    path = store.add(run(found=[ok(newer, 7.0, 7.1, params=("1", "'z'"))]), benchmarks=[newer])
    found = by_case(store.load(path))
    assert [name for name in found if "params" in name] == ["bench.time_params(1, 'z')"]
    assert store.benchmarks()["bench.time_params"].version == "v2"
    assert store.benchmarks()["bench.time_plain"] == PLAIN


def test_a_commit_that_does_not_build_is_a_result(store: Store) -> None:
    broken = Build(ok=False, duration_s=1.0, detail="error: no compiler", output="line\n" * 60)
    path = store.add(run(found=[], build=broken), benchmarks=BENCHMARKS)
    assert store.load(path).build == broken
    assert store.load(path).results == ()
    rows = json.loads(path.read_text())["results"]
    assert rows["bench.time_plain"] == [None, [], "v1"]
    path = store.add(run(found=[ok(PLAIN, 1.0, 1.1)]), benchmarks=BENCHMARKS)
    assert list(json.loads(path.read_text())["results"]) == ["bench.time_plain"]


def test_a_build_that_fails_later_loses_no_number(store: Store) -> None:
    store.add(run(), benchmarks=BENCHMARKS)
    path = store.add(run(found=[], build=Build(ok=False, detail="no network")), benchmarks=BENCHMARKS)
    assert len(store.load(path).results) == len(results())
    assert not store.load(path).build.ok


def test_shas_are_those_of_the_files(store: Store) -> None:
    for sha in (A, B):
        store.add(run(sha, found=[bad(PLAIN, "failed")]), benchmarks=BENCHMARKS)
    assert store.shas() == {A, B}


def test_find(store: Store) -> None:
    store.add(run(), benchmarks=BENCHMARKS)
    name = run().environment.name
    found = store.find(A, name, "lab-1")
    assert found is not None
    assert same(found, run())
    assert store.find(B, name, "lab-1") is None
    assert store.find(A, "uv-py3.12", "lab-1") is None


def test_what_cannot_be_read_is_as_good_as_missing_and_what_is_newer_is_not(store: Store) -> None:
    path, name = store.add(run(), benchmarks=BENCHMARKS), run().environment.name
    text = path.read_text()
    for spoilt in (text[:100], "", "[]", text.replace('"commit_hash"', '"date": 1, "commit_hash"', 1)):
        path.write_text(spoilt)
        assert store.find(A, name, "lab-1") is None
    for newer in ({"version": 3}, {"bench_runner": {"schema": SCHEMA + 1}}):
        path.write_text(json.dumps({**json.loads(text), **newer}))
        with pytest.raises(StoreError, match="update bench-history"):
            store.find(A, name, "lab-1")


def test_commits_that_begin_alike_have_a_file_each(store: Store) -> None:
    other = "a" * 8 + "c" * 32
    first, second = (store.add(run(sha), benchmarks=BENCHMARKS) for sha in (A, other))
    assert first != second
    assert store.load(first).commit_sha == A
    again = store.add(run(other, found=[ok(PLAIN, 4.0, 4.1)]), benchmarks=BENCHMARKS)
    assert again == second
    found = store.find(other, run().environment.name, "lab-1")
    assert found is not None
    assert found.commit_sha == other
    assert len(found.results) == len(results())


def test_names_that_are_long_or_foreign(store: Store) -> None:
    long = Environment("uv", "3.11", tuple((f"package{index}", "1.0") for index in range(10, 30)))
    path = store.add(run(environment=long), benchmarks=BENCHMARKS)
    assert path.name.startswith("aaaaaaaa-env-")
    assert store.load(path).environment == long
    foreign = replace(run().environment, label="conda-py3.7-Cython-numpy1.8")
    found = store.load(store.add(run(environment=foreign), benchmarks=BENCHMARKS)).environment
    assert found == foreign


def test_no_path_of_an_interpreter_is_stored(store: Store) -> None:
    existing = Environment("existing", "3.11", backend="existing", executable="/home/somebody/bin/python")
    path = store.add(run(environment=existing), benchmarks=BENCHMARKS)
    assert "somebody" not in path.read_text()


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", ".hidden", "a\nb", "baselines", "a\\b", "x" * 300, "nul\0"])
def test_machine_names_that_are_no_folder_are_refused(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="machine name"):
        store.add(run(machine=Machine(name)), benchmarks=BENCHMARKS)
    assert not list(store.results.rglob("*.json"))


@pytest.mark.parametrize("sha", ["", "HEAD", "../../etc", "abc", "A" * 40])
def test_commits_that_are_no_sha_are_refused(store: Store, sha: str) -> None:
    with pytest.raises(StoreError, match="sha"):
        store.add(run(sha), benchmarks=BENCHMARKS)


def test_a_result_without_its_benchmark_or_value_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="without its benchmark"):
        store.add(run(found=[ok(PLAIN, 1.0)]), benchmarks=[])
    with pytest.raises(StoreError, match="no case of the benchmark"):
        store.add(run(found=[ok(PARAMS, 1.0, params=("99", "'a'"))]), benchmarks=[PARAMS])
    with pytest.raises(StoreError, match="summary"):
        store.add(run(found=[replace(ok(PLAIN, 1.0), summary=None)]), benchmarks=[PLAIN])
    assert store.paths() == []


def test_hostile_words_are_kept_as_words(store: Store) -> None:
    nasty = 'a"b\n</script>\u2028\U0001f4a9' + "x" * 10_000
    benchmark = Benchmark(nasty, nasty, "peakmemory", PEAK.metric, params=((nasty, "'"),), param_names=(nasty,))
    words = replace(bad(benchmark, "failed", params=(nasty,)), detail=nasty[:50], output="\udcff" + nasty)
    path = store.add(run(found=[words]), benchmarks=[benchmark])
    found = store.load(path).results[0]
    assert (found.case, found.version, found.detail) == (words.case, nasty, nasty[:50])
    assert store.benchmarks()[nasty] == benchmark
    assert len(found.output) < 9000
    assert found.output.endswith("xxx")


def test_names_that_cannot_be_written_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="Unicode"):
        store.add(run(found=[]), benchmarks=[Benchmark("\udcff", "1")])


def test_only_files_that_lie_where_they_belong_are_runs(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    (path.parent / "notes.json").write_text("{}")
    (store.results / "aaaaaaaa-stray.json").write_text("{}")
    (store.results / "baselines").mkdir()
    (store.results / "baselines" / "aaaaaaaa-x.json").write_text("{}")
    assert store.paths() == [path]
    assert store.paths("nobody") == []
    assert Store(store.results / "nothing").paths() == []


def test_what_is_damaged_is_skipped_and_named(store: Store) -> None:
    kept, broken = store.add(run(A), benchmarks=BENCHMARKS), store.add(run(B), benchmarks=BENCHMARKS)
    broken.write_bytes(broken.read_bytes()[:500])
    assert [one.commit_sha for one in store.runs()] == [A]
    assert [one.path for one in store.damaged] == [broken]
    assert "not valid JSON" in store.damaged[0].reason
    with pytest.raises(StoreError, match="restore it from git"):
        store.load(broken)
    assert kept in store.paths()


def test_an_unreadable_file_makes_room_and_is_kept(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    path.write_text("{ half")
    assert store.add(run(), benchmarks=BENCHMARKS) == path
    assert same(store.load(path), run())
    assert path.with_name(path.name + ".damaged").read_text() == "{ half"


def test_a_newer_file_is_never_touched(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    data = json.loads(path.read_text())
    data["bench_runner"]["schema"] = 99
    path.write_text(json.dumps(data))
    for action in (lambda: store.load(path), lambda: store.add(run(), benchmarks=BENCHMARKS)):
        with pytest.raises(StoreError, match=rf"schema 99.*up to {SCHEMA}.*update bench-history"):
            action()
    assert json.loads(path.read_text())["bench_runner"]["schema"] == 99


def test_a_place_that_cannot_be_written_says_so() -> None:
    with pytest.raises(StoreError, match="make it writable"):
        Store(Path("/proc/no-results-here")).add(run(), benchmarks=BENCHMARKS)


def test_results_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(StoreError, match="cannot be"):
        Store(tmp_path / "results").add(run(), benchmarks=BENCHMARKS)


def test_a_disk_that_takes_no_more_leaves_the_old_file(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    before = path.read_bytes()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, old[1]))
    try:
        with pytest.raises(StoreError, match="nothing was lost"):
            store.add(run(found=[ok(PLAIN, 4.0)]), benchmarks=BENCHMARKS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert path.read_bytes() == before
    assert list(store.results.rglob("*.tmp")) == []
    store.add(run(found=[ok(PLAIN, 4.0)]), benchmarks=BENCHMARKS)


def test_files_are_readable_for_everybody_and_git_sees_only_results(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert (store.results / ".bench_runner" / ".gitignore").read_text() == "*\n"
    found = [one for one in store.results.rglob("*") if one.is_file() and ".bench_runner" not in one.parts]
    visible = {one.name for one in found}
    assert visible == {path.name, "machine.json", "benchmarks.json"}


def test_storing_the_same_again_changes_nothing(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    first = {found: found.read_bytes() for found in store.results.rglob("*.json")}
    store.add(run(), benchmarks=BENCHMARKS)
    assert first == {found: found.read_bytes() for found in store.results.rglob("*.json")}
    assert path in first


def test_the_direction_of_a_metric_is_kept(store: Store) -> None:
    store.add(run(), benchmarks=BENCHMARKS)
    assert store.benchmarks()["bench.track_score"].metric == TRACK.metric
