"""Production beside the benchmarks: its series over windows of time, and what moved in the range of its changes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_runner.errors import StoreError
from bench_runner.history.grouping import Group
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.metric import Metric
from bench_runner.model.production import is_production
from bench_runner.model.series import Series, SeriesKey
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import Damage
from bench_runner.store.measured import Measured, measured


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


@dataclass(frozen=True, slots=True, order=True)
class _Point:
    """A number of a window with its place: when it starts, revision (-1: not on the branch) and sha of the release."""

    start_ms: int
    revision: int
    sha: str
    value: float
    low: float
    high: float


def series(store: Store, revisions: Mapping[str, int], cache: Path | None = None) -> list[Series]:
    """Return the series of all services; files that cannot be read are collected in the store's `damaged`.

    `revisions` are those of the branch by full sha; `cache` is a folder, the user's own when None.
    """
    points: dict[SeriesKey, list[_Point]] = defaultdict(list)
    metrics: dict[SeriesKey, Metric] = {}
    for found in _measured(store, cache):
        revision = revisions.get(found.sha, -1)
        for name, (metric, some) in found.numbers.items():
            key = SeriesKey(Case(name), found.environment, found.machine)
            metrics[key] = metric
            points[key] += [_Point(start, revision, found.sha, *numbers) for start, *numbers in some]
    order = sorted(points, key=lambda key: (key.case.benchmark, key.machine, key.environment))
    return [_series(key, metrics[key], sorted(points[key])) for key in order]


def _measured(store: Store, cache: Path | None) -> Iterator[Measured]:
    """Yield the numbers of each file of production."""
    for folder in store.folders():
        for path in store.paths(folder.name) if is_production(folder.name) else ():
            try:
                yield measured(path, cache)
            except StoreError as error:
                store.damaged.append(Damage.of(path, error))


def _series(key: SeriesKey, metric: Metric, points: Sequence[_Point]) -> Series:
    """Return a series of points in the order of time; of releases that run side by side the older one comes first."""
    return Series(
        key=key,
        metric=metric,
        revisions=[one.revision for one in points],
        shas=[one.sha for one in points],
        values=[one.value for one in points],
        low=[one.low for one in points],
        high=[one.high for one in points],
        times=[one.start_ms for one in points],
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
