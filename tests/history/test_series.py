"""From result files and a real git log to series, segments, failures and a table."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "store"))

from stored_runs import BENCHMARKS, PARAMS, PEAK, PLAIN, TRACK, bad, exact, ok, run

from bench_runner.history.series import UNLISTED, History, load
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import Metric
from bench_runner.model.run import Build, Fingerprint, Protocol, Result
from bench_runner.model.series import Series
from bench_runner.repo.git import Repository
from bench_runner.store.files import Store


class Place:
    """A repository of six commits on main and one beside it, and a store."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, Store(folder / "results")
        self.git("init", "-q", "-b", "main")
        for number in range(6):
            self.git("commit", "-q", "--allow-empty", "-m", f"change {number}")
        self.shas = self.git("rev-list", "--reverse", "HEAD").split()
        self.git("checkout", "-q", "-b", "side", self.shas[2])
        self.git("commit", "-q", "--allow-empty", "-m", "aside")
        self.aside = self.git("rev-parse", "HEAD").strip()
        self.git("checkout", "-q", "main")

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        done = subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True)
        return done.stdout.decode()

    def add(
        self, revision: int, *found: Result, benchmarks: tuple[Benchmark, ...] = BENCHMARKS, **changes: object
    ) -> None:
        self.store.add(run(self.shas[revision], found=found, **changes), benchmarks=benchmarks)

    def load(self, branch: str | None = "main") -> History:
        repository = Repository.open(str(self.folder), self.folder / "cache")
        return load(self.store, repository, branch=branch, cache=self.folder / "cache")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return Place(tmp_path)


def only(found: History) -> Series:
    (one,) = found.series
    return one


def plain(value: float) -> Result:
    return ok(PLAIN, value, value)


def test_points_stand_in_git_order_whenever_they_were_measured(place: Place) -> None:
    for revision in (4, 0, 2):
        place.add(revision, plain(1.0 + revision))
    found = place.load()
    one = only(found)
    assert [commit.sha for commit in found.commits] == place.shas
    assert one.revisions == [0, 2, 4]
    assert one.shas == [place.shas[revision] for revision in (0, 2, 4)]
    assert one.values == [1.0, 3.0, 5.0]
    assert one.low == pytest.approx([0.97, 2.91, 4.85])
    assert one.high == pytest.approx([1.03, 3.09, 5.15])
    assert one.segments == (0,)
    assert (one.key.case.id, one.key.environment, one.key.machine) == (PLAIN.name, run().environment.name, "lab-1")
    assert one.metric == PLAIN.metric


def test_points_come_with_their_doubts(place: Place) -> None:
    doubtful = plain(1.0)
    assert doubtful.summary is not None
    summary = replace(doubtful.summary, warnings=("only 2 rounds", "1 of 2 rounds disturbed: steal 9 %"))
    place.add(2, replace(doubtful, summary=summary))
    place.add(1, plain(1.0))
    place.add(4, bad(PLAIN, "timeout"))
    assert only(place.load()).doubts == ["", "only 2 rounds; 1 of 2 rounds disturbed: steal 9 %", ""]


def test_failed_and_skipped_points_are_nan_and_failures_are_told(place: Place) -> None:
    place.add(0, plain(1.0))
    place.add(1, bad(PLAIN, "skipped"))
    place.add(2, bad(PLAIN, "timeout", output="the end"))
    place.add(3, build=Build(ok=False, detail="no compiler", output="cc: not found"))
    found = place.load()
    assert [math.isnan(value) for value in only(found).values] == [False, True, True]
    timeout, build = found.failures
    assert (timeout.sha, timeout.outcome, timeout.case, timeout.output) == (
        place.shas[2],
        "timeout",
        next(PLAIN.cases()),
        "the end",
    )
    assert timeout.detail == "it timeout"
    assert (build.sha, build.case, build.detail, build.output) == (place.shas[3], None, "no compiler", "cc: not found")


def test_what_is_known_of_runs(place: Place) -> None:
    place.add(0, plain(1.0), bad(PARAMS, "failed", params=("1", "'a'")), bad(PARAMS, "skipped", params=("1", "'b'")))
    place.add(1, build=Build(ok=False))
    first, second = place.load().runs
    assert (first.sha, first.measured, first.failed, first.built) == (place.shas[0], 1, 1, True)
    assert first.finished_ms == 1_700_000_000_001
    assert (second.sha, second.measured, second.built) == (place.shas[1], 0, False)
    assert place.load().newest() == {("lab-1", run().environment.name): second}


def test_a_new_version_or_protocol_starts_a_segment(place: Place) -> None:
    newer = replace(PLAIN, version="v2")
    other = Protocol("9", "asv_runner 9", 5, "spawn")
    place.add(0, plain(1.0))
    place.add(1, plain(1.0), protocol=replace(run().protocol, runner="2.0", rounds=9))  # no other way of measuring
    place.add(2, ok(newer, 2.0), benchmarks=(newer,))
    place.add(3, ok(newer, 2.0), benchmarks=(newer,))
    place.add(4, ok(newer, 3.0), benchmarks=(newer,), protocol=other)
    place.add(5, ok(newer, 3.0), bad(PEAK, "failed"), benchmarks=(newer, PEAK), protocol=other)
    one = next(one for one in place.load().series if one.key.case.benchmark == PLAIN.name)
    assert one.segments == (0, 2, 4)
    assert [one.values[part] for part in one.stretches()] == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]


def test_exact_numbers_are_cut_where_python_changes_and_times_are_not(place: Place) -> None:
    calls = replace(PLAIN, name="s.calls_x", kind="calls", metric=Metric("calls", "calls", exact=True))
    for revision, python in enumerate(["", "CPython 3.11.7", "", "CPython 3.11.9", "CPython 3.11.9", "CPython 3.12"]):
        found = (ok(calls, 7.0, 7.0), plain(1.0))
        place.add(revision, *found, benchmarks=(calls, PLAIN), fingerprint=Fingerprint(python=python))
    segments = {one.key.case.benchmark: one.segments for one in place.load().series}
    assert segments == {"s.calls_x": (0, 3, 5), PLAIN.name: (0,)}


def test_series_do_not_run_into_each_other(place: Place) -> None:
    later = replace(run().protocol, engine="asv_runner 9")
    for revision in range(4):
        results = [plain(1.0 + revision), exact(PEAK, 10.0 * revision), exact(TRACK, 5.0)]
        place.add(revision, *results, protocol=later if revision > 1 else run().protocol)
    place.add(0, plain(70.0), machine=Machine("lab-2"))
    place.add(1, plain(80.0), environment=Environment("uv", "3.12"))
    found = {(one.key.case.id, one.key.environment, one.key.machine): one for one in place.load().series}
    name = run().environment.name
    assert len(found) == 5
    assert found[PLAIN.name, name, "lab-1"].values == [1.0, 2.0, 3.0, 4.0]
    assert found[PLAIN.name, name, "lab-2"].values == [70.0]
    assert found[PLAIN.name, "uv-py3.12", "lab-1"].values == [80.0]
    assert found[PEAK.name, name, "lab-1"].values == [0.0, 10.0, 20.0, 30.0]
    assert [one.segments for key, one in found.items() if key[1:] == (name, "lab-1")] == [(0, 2)] * 3
    assert found[TRACK.name, name, "lab-1"].metric == TRACK.metric
    assert found[PLAIN.name, name, "lab-2"].segments == (0,)


def test_cases_stand_in_the_order_of_their_parameters(place: Place) -> None:
    edited = replace(PARAMS, params=(("2", "10", "1"), ("'b'", "'a'")))
    for revision, benchmark in ((0, PARAMS), (1, edited)):
        place.add(
            revision,
            *(ok(benchmark, 1.0, params=case.params) for case in benchmark.cases()),
            benchmarks=(benchmark,),
        )
    found = {one.key.case.params: len(one.values) for one in place.load().series}
    order = [params for params in found if found[params] == 2]
    assert set(order) == {(n, letter) for n in ("10", "1") for letter in ("'b'", "'a'")}
    assert len(found) == 8
    assert order.index(("10", "'b'")) < order.index(("1", "'b'"))


def test_other_branches_stand_aside(place: Place) -> None:
    place.add(0, plain(1.0))
    place.store.add(
        run(place.aside, found=[plain(50.0), bad(PARAMS, "failed", params=("1", "'a'"))]), benchmarks=BENCHMARKS
    )
    place.store.add(run("e" * 40, found=[plain(60.0)], build=Build(ok=False)), benchmarks=BENCHMARKS)
    found = place.load()
    assert only(found).values == [1.0]
    assert found.failures == []
    aside, gone = sorted(found.elsewhere, key=lambda one: one.sha == "e" * 40)
    assert (aside.sha, aside.commit.subject, aside.where) == (place.aside, "aside", "not on main: branch side")
    assert [(one.key.case.id, one.value, one.metric) for one in aside.numbers] == [(PLAIN.name, 50.0, PLAIN.metric)]
    assert (aside.run.measured, aside.run.failed, aside.run.built) == (1, 1, True)
    assert (gone.sha, gone.commit.subject, gone.where) == ("e" * 40, "", "not in the repository any more")
    assert gone.commit.time_ms > 0
    assert not gone.run.built
    side = place.load("side")
    assert only_of(side, PLAIN.name).values == [1.0, 50.0]
    assert [one.sha for one in side.elsewhere] == ["e" * 40]


def only_of(found: History, name: str) -> Series:
    (one,) = [one for one in found.series if one.key.case.benchmark == name]
    return one


def test_the_table(place: Place) -> None:
    place.add(1, plain(2.0), ok(PARAMS, 5.0, params=("1", "'a'")))
    place.add(0, plain(1.0))
    found = place.load()
    table = found.table()
    assert len(table) == 3
    rows = table[table["case"] == PLAIN.name]
    assert rows["value"].tolist() == [1.0, 2.0]
    assert rows["revision"].tolist() == [0, 1]
    assert rows["sha"].tolist() == place.shas[:2]
    assert rows["commit_time_ms"].tolist() == [commit.time_ms for commit in found.commits[:2]]
    assert set(rows["machine"]) == {"lab-1"}
    (case,) = table[table["case"] != PLAIN.name].itertuples()
    assert (case.case, json.loads(case.params), case.value) == ("bench.time_params(1, 'a')", ["1", "'a'"], 5.0)


def test_no_results_at_all(place: Place) -> None:
    found = place.load()
    assert (found.series, found.failures, found.runs) == ([], [], [])
    assert len(found.table()) == 0
    assert len(found.commits) == 6


def test_damaged_files_are_told_and_the_rest_is_shown(place: Place) -> None:
    place.add(0, plain(1.0))
    place.add(1, plain(2.0))
    broken = next(path for path in place.store.paths() if path.name.startswith(place.shas[1][:8]))
    broken.write_text("{")
    found = place.load()
    assert only(found).values == [1.0]
    assert [one.path for one in found.damaged] == [broken]
    assert [one.path for one in place.load().damaged] == [broken]
    listed = place.store.results / "benchmarks.json"
    listed.write_text("[]")
    assert {one.path for one in place.load().damaged} == {broken, listed}


def test_a_benchmark_whose_description_is_lost(place: Place) -> None:
    place.add(0, plain(1.0))
    (place.store.results / "benchmarks.json").unlink()
    assert only(place.load()).metric == UNLISTED


def test_two_files_of_one_commit_give_one_point(place: Place) -> None:
    place.add(0, plain(1.0))
    (path,) = place.store.paths()
    copy = path.with_name(f"{place.shas[0]}-{run().environment.name}.json")
    text = path.read_text().replace("1700000000000", "1700000009999").replace("[1.0]", "[1.01]", 1)
    copy.write_text(text)
    assert only(place.load()).values == [1.01]


def test_asv_rows_are_another_segment(place: Place) -> None:
    for revision in range(3):
        place.add(revision, plain(1.0))
    changed = [path for path in place.store.paths() if path.name.startswith(place.shas[0][:8])]
    edited(changed[0], lambda data: data.pop("bench_runner"))
    assert only(place.load()).segments == (0, 1)


def edited(path: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
