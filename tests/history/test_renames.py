"""Benchmarks that were renamed, from result files and a real git log to changes found across the rename."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "store"))
sys.path.append(str(Path(__file__).parent.parent / "repo"))

from repo_builder import Project
from stored_runs import PLAIN, PROTOCOL, bad, ok, run

from bench_runner.history import renaming
from bench_runner.history.changes import find
from bench_runner.history.series import History, load
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Rename
from bench_runner.model.run import Result
from bench_runner.repo.git import Repository
from bench_runner.stats.changepoints import Segments
from bench_runner.store.files import Store

OLD = replace(PLAIN, name="before.time_x", version="old")
MIDDLE = replace(PLAIN, name="between.time_x", version="middle")
NEW = replace(PLAIN, name="after.time_x", version="new")
ALL = (OLD, MIDDLE, NEW)
ONE_STEP = (Rename("before.time_x", "after.time_x"),)


class Place:
    """A real repository and store."""

    def __init__(self, folder: Path, commits: int) -> None:
        self.project, self.store = Project(folder), Store(folder / "results")
        self.project.git("init", "-q", "-b", "main")
        self.shas = [self.project.commit(f"change {number}") for number in range(commits)]

    def add(self, revision: int, *found: Result, benchmarks: tuple[Benchmark, ...] = ALL, **changes: object) -> None:
        self.store.add(run(self.shas[revision], found=found, **changes), benchmarks=benchmarks)

    def load(self, renames: tuple[Rename, ...] = ONE_STEP) -> History:
        folder = self.project.path
        repository = Repository.open(str(folder), folder / "cache")
        return load(self.store, repository, branch="main", cache=folder / "cache", renames=renames)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, 26)


def near(value: float, revision: int) -> float:
    return value * (1 + 0.002 * (revision * 7 % 5 - 2))


def test_a_change_is_found_across_the_rename(place: Place) -> None:
    for revision in range(26):
        value = near(1.0 if revision < 13 else 1.3, revision)
        place.add(revision, ok(OLD if revision < 10 else NEW, value, value))
    found = place.load()
    (one,) = found.series
    assert one.key.case == Case("after.time_x")
    assert (one.revisions, one.segments) == (list(range(26)), (0,))
    (change,) = find(found, Segments())
    assert change.revision == 13
    assert set(found.benchmarks) == {"after.time_x", "between.time_x"}
    assert found.benchmarks["after.time_x"].version == "new"


def test_further_metrics_go_along(place: Place) -> None:
    counter = Metric("calls", "calls", exact=True)
    old, new = (replace(one, name=f"{one.name}:calls", kind="calls", metric=counter) for one in (OLD, NEW))
    for revision in range(8):
        place.add(revision, ok(old if revision < 4 else new, 7.0, 7.0), benchmarks=(old, new))
    found = place.load()
    (one,) = found.series
    assert (one.key.case, one.segments) == (Case("after.time_x:calls"), (0,))
    assert found.benchmarks["after.time_x:calls"].kind == "calls"


def test_a_change_that_came_with_the_rename_is_found(place: Place) -> None:
    for revision in range(26):
        value = near(1.0 if revision < 13 else 1.3, revision)
        place.add(revision, ok(OLD if revision < 13 else NEW, value, value))
    (change,) = find(place.load(), Segments())
    assert (change.revision, change.key.case.id) == (13, "after.time_x")
    assert find(place.load(()), Segments()) == []


def test_a_new_version_of_either_name_still_starts_a_segment(place: Place) -> None:
    for revision in range(12):
        one = OLD if revision < 6 else NEW
        one = replace(one, version="another") if revision in {0, 1, 10, 11} else one
        place.add(revision, ok(one, 1.0, 1.0), benchmarks=(one,))
    (one,) = place.load().series
    assert one.segments == (0, 2, 10)


def test_names_that_take_turns_are_compared_with_themselves(place: Place) -> None:
    for revision in range(8):
        one = OLD if revision % 2 else replace(NEW, version="late") if revision >= 6 else NEW
        place.add(revision, ok(one, 1.0, 1.0), benchmarks=(one,))
    (one,) = place.load().series
    assert one.segments == (0, 6)


def test_another_protocol_starts_a_segment_at_the_rename_too(place: Place) -> None:
    place.add(0, ok(OLD, 1.0, 1.0))
    place.add(1, ok(NEW, 1.0, 1.0), protocol=replace(PROTOCOL, launch="spawn"))
    (one,) = place.load().series
    assert one.segments == (0, 1)


def test_where_a_commit_knows_both_names_the_newer_one_counts(place: Place) -> None:
    place.add(0, ok(OLD, 1.0, 1.0))
    place.add(1, replace(ok(OLD, 1.0, 1.0), started_ms=1_900_000_000_000), ok(NEW, 2.0, 2.0))
    (one,) = place.load().series
    assert one.values == [1.0, 2.0]


def test_a_benchmark_keeps_its_parameters_and_goes_through_several_names(place: Place) -> None:
    with_params = [replace(one, params=(("1", "2"),), param_names=("n",)) for one in ALL]
    for revision, one in enumerate(with_params):
        place.add(revision, *(ok(one, 1.0, 1.0, params=(n,)) for n in "12"), benchmarks=tuple(with_params))
    found = place.load((Rename("between.*", "after.*"), Rename("before.*", "between.*")))
    assert [one.key.case.id for one in found.series] == ["after.time_x(1)", "after.time_x(2)"]
    assert all(one.revisions == [0, 1, 2] and one.segments == (0,) for one in found.series)
    assert set(found.benchmarks) == {"after.time_x"}


def test_failures_and_runs_elsewhere_bear_the_new_name(place: Place) -> None:
    place.project.git("checkout", "-q", "-b", "side", place.shas[3])
    aside = place.project.commit("aside")
    place.project.git("checkout", "-q", "main")
    place.add(0, bad(OLD, "failed"))
    place.store.add(run(aside, found=[ok(OLD, 1.0, 1.0)]), benchmarks=ALL)
    found = place.load()
    (failure,) = found.failures
    assert failure.case == Case("after.time_x")
    ((number,),) = [one.numbers for one in found.elsewhere]
    assert number.key.case == Case("after.time_x")
    assert math.isnan(found.series[0].values[0])


def test_a_description_under_the_old_name_alone_is_kept() -> None:
    old = replace(OLD, metric=Metric("memory", "bytes"))
    found = renaming.benchmarks({"before.time_x": old}, ONE_STEP)
    assert found == {"after.time_x": replace(old, name="after.time_x")}


def test_without_renames_nothing_is_copied(place: Place) -> None:
    place.add(0, ok(OLD, 1.0, 1.0))
    assert [one.key.case.id for one in place.load(()).series] == ["before.time_x"]
    assert renaming.NAMED not in place.load(()).points


def test_an_empty_history_has_no_names(place: Place) -> None:
    assert place.load().series == []
