"""Series of windows, where their changes lie to the releases, and what moved in the benchmarks there."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent.parent / "exchange"))

from fabricated_windows import START_S, window

from bench_runner.history.changes import find
from bench_runner.history.grouping import Group
from bench_runner.history.production import Deployed, Seen, beside, commits_of, linked, series
from bench_runner.history.series import load
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change, Step
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.production import JointWindow
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.changepoints import Segments
from bench_runner.store.files import Store
from bench_runner.store.production import Release, take_in

COMMITS = [Commit(f"{k:040x}", (), 1000 * k, f"commit {k}") for k in range(100)]
OFF = "f" * 40
MINUTE_MS = 60_000


def deployed(*parts: tuple[int, int, float], seed: int = 1, metric: Metric = TIME) -> Series:
    """Windows of releases one after the other: (revision, -1 off the branch; windows; level)."""
    revisions = [revision for revision, count, _ in parts for _ in range(count)]
    noise = np.exp(np.random.default_rng(seed).normal(0, 0.01, len(revisions)))
    levels = [level for _, count, level in parts for _ in range(count)]
    values = [float(value) for value in noise * levels]
    return Series(
        key=SeriesKey(Case("prod_time.f.p50"), "prod-eu", "prod:shop"),
        metric=metric,
        revisions=revisions,
        shas=[COMMITS[one].sha if one >= 0 else OFF for one in revisions],
        values=values,
        low=[0.99 * value for value in values],
        high=[1.01 * value for value in values],
        times=[MINUTE_MS * k for k in range(len(revisions))],
    )


def changes(one: Series) -> list[Change]:
    return find(Deployed(COMMITS, [one]), Segments())


def test_a_change_lies_between_two_releases() -> None:
    (change,) = changes(deployed((10, 12, 1.0), (15, 12, 1.0), (20, 12, 1.3), (25, 12, 1.3)))
    assert (change.last_old, change.first_new) == (COMMITS[15].sha, COMMITS[20].sha)
    assert (change.revision, change.candidates, change.span) == (20, 5, (16, 20))
    assert change.between == (23 * MINUTE_MS, 24 * MINUTE_MS)
    assert (change.production, change.inside, change.worse) == (True, False, True)
    assert list(commits_of(change)) == [16, 17, 18, 19, 20]


def test_a_change_inside_one_release_is_no_commit() -> None:
    (change,) = changes(deployed((10, 12, 1.0), (15, 12, 1.0), (15, 12, 1.3), (25, 12, 1.3)))
    assert change.last_old == change.first_new == COMMITS[15].sha
    assert (change.inside, change.candidates) == (True, 0)
    assert list(commits_of(change)) == []


def test_a_release_that_was_taken_back() -> None:
    slow, back = changes(deployed((10, 12, 1.0), (15, 12, 1.3), (10, 12, 1.0), (12, 12, 1.0)))
    assert (slow.state, slow.recovered_by) == ("recovered", COMMITS[10].sha)
    assert (back.last_old, back.first_new, back.candidates) == (COMMITS[15].sha, COMMITS[10].sha, 5)
    assert list(commits_of(back)) == list(commits_of(slow)) == [11, 12, 13, 14, 15]
    assert not back.inside
    assert slow.id != back.id


def test_a_release_that_is_not_on_the_branch_has_no_range() -> None:
    (change,) = changes(deployed((10, 12, 1.0), (-1, 12, 1.3)))
    assert (change.first_new, change.span, change.candidates, change.inside) == (OFF, None, 0, False)
    assert list(commits_of(change)) == []
    assert linked([change], [group(11, change_of(11))])[0].moved == ()


def test_two_changes_while_one_release_ran_are_two() -> None:
    first, second = changes(deployed((10, 36, 1.0), (15, 12, 1.0), (15, 12, 1.3), (15, 12, 1.7)))
    assert first.first_new == second.first_new
    assert first.id != second.id


def test_no_change_is_looked_for_where_neither_way_is_better() -> None:
    rate = Metric("production", "1/s", "neither")
    assert changes(deployed((10, 20, 1.0), (15, 20, 2.0), metric=rate)) == []
    assert not rate.worse(1.0, 2.0)
    assert not rate.worse(2.0, 1.0)


def change_of(revision: int, candidates: int = 1, ratio: float = 1.2, name: str = "time_f") -> Change:
    step = Step(revision, 1.0, ratio, ratio, ratio, ratio, 0.0)
    key = SeriesKey(Case(name), "env", "lab")
    old, new = COMMITS[revision - candidates].sha, COMMITS[revision].sha
    return Change(key, TIME, step, old, new, revision, candidates)


def group(revision: int, *found: Change) -> Group:
    return Group(COMMITS[revision], found, len(found), len(found))


def seen_at(first: int, last: int) -> Change:
    (found,) = changes(deployed((first - 1, 12, 1.0), (last, 12, 1.3)))
    assert found.span == (first, last)
    return found


def test_what_moved_among_the_deployed_commits_is_linked_both_ways() -> None:
    inside, before, after = change_of(18), change_of(15), change_of(21)
    wide = change_of(23, candidates=8, name="time_sparse")
    better = change_of(17, ratio=0.5, name="time_better")
    (seen,) = linked(
        [seen_at(16, 20)], [group(15, before), group(18, inside), group(17, better), group(21, after), group(23, wide)]
    )
    assert [one.change for one in seen.moved] == [inside, wide, better]
    assert [one.commit.sha for one in seen.moved] == [COMMITS[18].sha, COMMITS[23].sha, COMMITS[17].sha]
    back = beside([seen])
    assert set(back) == {inside.id, wide.id, better.id}
    assert back[inside.id] == [seen.change]


def test_where_a_release_was_taken_back_what_was_worse_gets_better() -> None:
    _, back = changes(deployed((10, 12, 1.0), (15, 12, 1.3), (10, 12, 1.0)))
    worse, better = change_of(12, ratio=1.1), change_of(13, ratio=0.2)
    (seen,) = linked([back], [group(12, worse), group(13, better)])
    assert [one.change for one in seen.moved] == [worse, better]


@given(
    st.lists(st.tuples(st.integers(2, 99), st.integers(1, 60)), max_size=12),
    st.lists(st.tuples(st.integers(1, 99), st.integers(0, 60)), max_size=12),
)
def test_links_are_overlaps_and_nothing_else(
    moved: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> None:
    """By brute force over all commits."""
    template = seen_at(16, 20)
    found = [change_of(at, min(size, at), name=f"time_{k}") for k, (at, size) in enumerate(moved)]
    seen = [
        replace(template, between=(0, k), span=(first, min(99, first + size))) for k, (first, size) in enumerate(spans)
    ]
    groups = [group(one.revision, one) for one in found]
    for one in linked(seen, groups):
        wanted = {
            each.id
            for each in found
            if set(range(each.revision - each.candidates + 1, each.revision + 1)) & set(commits_of(one.change))
        }
        assert {each.change.id for each in one.moved} == wanted
    pairs = {(seen.change.id, each.change.id) for seen in linked(seen, groups) for each in seen.moved}
    back = beside(linked(seen, groups))
    assert {(one.id, name) for name, some in back.items() for one in some} == pairs


class Branch:
    """A repository of commits on a branch and one beside it."""

    def history(self, branch: str | None = None) -> Sequence[Commit]:
        return COMMITS

    def known(self, shas: Iterable[str]) -> Sequence[Commit]:
        return [Commit(sha, (), 1, "beside") for sha in shas if sha == OFF]

    def whereabouts(self, shas: Iterable[str], branch: str | None = None) -> Mapping[str, str]:
        return dict.fromkeys(shas, "somewhere")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Release 20 ran first, then 30, and one beside the branch; 30 and 20 side by side for a while."""
    found = Store(tmp_path / "results")
    for sha, minutes in ((COMMITS[20].sha, range(6)), (COMMITS[30].sha, range(4, 9)), (OFF, range(9, 12))):
        windows = [JointWindow.of(window({"f": 0.01}, start_s=START_S + 60 * k), 60) for k in minutes]
        take_in(found, Release("shop", "prod-eu", sha, 1), windows)
    return found


def test_series_go_through_time_from_release_to_release(store: Store, tmp_path: Path) -> None:
    revisions = {one.sha: k for k, one in enumerate(COMMITS)}
    found = {one.key.case.benchmark: one for one in series(store, revisions, tmp_path / "cache")}
    one = found["prod_time.f.p50"]
    assert list(one.revisions) == [20, 20, 20, 20, 20, 30, 20, 30, 30, 30, 30, -1, -1, -1]
    assert all(a <= b for a, b in pairwise(one.times))
    assert one.times[0] == 1000 * START_S
    assert (one.key.machine, one.key.environment) == ("prod:shop", "prod-eu")
    assert one.metric.better == "lower"
    assert found["prod_time.f.rate"].metric.better == "neither"


def test_what_is_cached_is_what_is_stored(store: Store, tmp_path: Path) -> None:
    """A second reading, one of damaged caches, and one after a file has changed."""
    cache = tmp_path / "cache"
    first = series(store, {}, cache)
    kept = sorted((cache / "production").iterdir())
    assert len(kept) == 3
    assert series(store, {}, cache) == first
    for path, text in zip(kept, ("", "{", '{"format": 1}'), strict=True):
        path.write_text(text)
    assert series(store, {}, cache) == first
    take_in(store, Release("shop", "prod-eu", OFF, 1), [JointWindow.of(window({"f": 0.01}, start_s=START_S), 60)])
    assert len(series(store, {}, cache)[0].times) == len(first[0].times) + 1
    (tmp_path / "file").write_text("")
    assert series(store, {}, tmp_path / "file" / "cache") == series(store, {}, cache)


def test_the_history_keeps_production_apart(store: Store, tmp_path: Path) -> None:
    history = load(store, Branch(), cache=tmp_path / "cache")
    assert (history.series, history.runs, history.elsewhere, history.damaged) == ([], [], [], [])
    assert {one.key.machine for one in history.production} == {"prod:shop"}
    assert {sha: one.subject for sha, one in history.releases.items()} == {OFF: "beside"}
    assert len(history.table()) > 0


def test_a_damaged_file_costs_itself(store: Store, tmp_path: Path) -> None:
    path = store.paths()[0]
    path.write_text(path.read_text().replace('"spent_ns":', '"spent":'))
    history = load(store, Branch(), cache=tmp_path / "cache")
    assert [one.path for one in history.damaged] == [path]
    assert len(history.production) > 0


def test_seen_without_links_is_seen() -> None:
    change = seen_at(16, 20)
    assert linked([change], []) == [Seen(change)]
    assert beside([Seen(change)]) == {}
