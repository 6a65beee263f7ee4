"""Production beside the benchmarks: its series over windows of time, and what moved in the range of its changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench_runner.errors import StoreError
from bench_runner.history.changes import Group
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.production import JointWindow, is_production
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.production import Measure, measures
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import Damage
from bench_runner.store.windows import read_windows


@dataclass(frozen=True, slots=True)
class Deployed:
    """What changes of production are found in: the commits of the branch, and series of windows."""

    commits: Sequence[Commit]
    series: Sequence[Series]


@dataclass(frozen=True, slots=True)
class Moved:
    """A change of a benchmark, and the commit that it is laid to."""

    commit: Commit
    change: Change


@dataclass(frozen=True, slots=True)
class Seen:
    """A change of production, and what moved in the benchmarks among the commits that were deployed with it."""

    change: Change
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class _Point:
    """A measure with its place: when its window starts, revision (-1: not on the branch) and sha of the release."""

    start_ms: int
    revision: int
    sha: str
    measure: Measure


def series(store: Store, revisions: Mapping[str, int]) -> list[Series]:
    """Return the series of all services; files that cannot be read are collected in the store's `damaged`.

    `revisions` are those of the branch by full sha.
    """
    points: dict[SeriesKey, list[_Point]] = defaultdict(list)
    for folder in store.folders():
        for path in store.paths(folder.name) if is_production(folder.name) else ():
            try:
                found = store.document(path)
                run, windows = found.heading(), list(read_windows(found.own))
            except StoreError as error:
                store.damaged.append(Damage.of(path, error))
                continue
            sha, revision = run.commit_sha, revisions.get(run.commit_sha, -1)
            for one, window in _measured(windows):
                key = SeriesKey(Case(one.name), run.environment.name, run.machine.machine)
                points[key].append(_Point(window.start_ms, revision, sha, one))
    order = sorted(points, key=lambda key: (key.case.benchmark, key.machine, key.environment))
    return [_series(key, points[key]) for key in order]


def _measured(windows: Sequence[JointWindow]) -> list[tuple[Measure, JointWindow]]:
    """Return the measures of windows."""
    return [(one, window) for window in windows for one in measures(window)]


def _series(key: SeriesKey, points: list[_Point]) -> Series:
    """Return a series of points, in the order of time; of releases that run side by side the older one first."""
    ordered = sorted(points, key=lambda one: (one.start_ms, one.revision, one.sha))
    return Series(
        key=key,
        metric=ordered[0].measure.metric,
        revisions=[one.revision for one in ordered],
        shas=[one.sha for one in ordered],
        values=[one.measure.value for one in ordered],
        low=[one.measure.low for one in ordered],
        high=[one.measure.high for one in ordered],
        times=[one.start_ms for one in ordered],
    )


def commits_of(change: Change) -> range:
    """Return the revisions that were deployed, or taken back, where a change of production may lie."""
    if change.span is None:
        return range(0)
    first, last = change.span
    return range(first, last + 1) if first <= last else range(last + 1, first)


def linked(changes: Sequence[Change], groups: Sequence[Group]) -> list[Seen]:
    """Return changes of production with the changes of benchmarks whose commits were deployed, or taken back, there.

    Those that went the same way come first, then the larger ones. Where a release was taken back, the way is turned.
    """
    moved = [Moved(group.commit, one) for group in groups for one in group.changes]
    return [Seen(change, tuple(_moved_with(change, moved))) for change in changes]


def _moved_with(change: Change, moved: Sequence[Moved]) -> list[Moved]:
    """Return what moved in the range of a change of production."""
    commits = commits_of(change)
    back = change.span is not None and change.span[0] > change.span[1]
    inside = [one for one in moved if commits and _overlaps(one.change, commits)]
    return sorted(inside, key=lambda one: ((one.change.worse == change.worse) == back, -abs(one.change.step.ratio - 1)))


def _overlaps(change: Change, commits: range) -> bool:
    """Whether a change of a benchmark lies, most likely, among some commits."""
    first = change.revision - change.candidates + 1
    return first <= commits[-1] and change.revision >= commits[0]


def beside(seen: Sequence[Seen]) -> dict[str, list[Change]]:
    """Return the other way round: by id of a benchmark's change, the changes of production that it is linked to."""
    found: dict[str, list[Change]] = defaultdict(list)
    for one in seen:
        for moved in one.moved:
            found[moved.change.id].append(one.change)
    return dict(found)
