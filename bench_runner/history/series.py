"""The history: all stored points in the order of the git log, as series and as a table."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bench_runner.history import frames, production, renaming
from bench_runner.history.facts import Elsewhere, Failure, Number, RunFact
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.machine import Machine
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Rename
from bench_runner.model.production import is_production
from bench_runner.model.series import Series, SeriesKey
from bench_runner.store import columns
from bench_runner.store.circumstances import read_fingerprint
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import Damage
from bench_runner.store.work import KEY as WORK
from bench_runner.store.work import read_work

if TYPE_CHECKING:
    import pandas as pd

    from bench_runner.model.run import Fingerprint

UNLISTED = Metric("value", "unit")  # of a benchmark whose description was lost


class Repository(Protocol):
    """The git history as it is asked for here."""

    def history(self, branch: str | None = None) -> Sequence[Commit]:
        """Return a branch along first parents, oldest first."""
        ...

    def known(self, shas: Iterable[str]) -> Sequence[Commit]:
        """Return those commits that the repository has."""
        ...

    def whereabouts(self, shas: Collection[str], branch: str | None = None) -> Mapping[str, str]:
        """Return in words what commits are that do not stand on a branch."""
        ...


@dataclass(frozen=True)
class History:
    """What is known of a branch: commits oldest first (index = revision), series in the order of their cases.

    `runs` and `failures` are in the order of commits; `elsewhere` are runs of commits that are not on the branch, the
    newest commit first, and nothing else here speaks of those. `production` are series of windows in the order of time;
    nothing else but `points` speaks of their runs, and `releases` are those that are not on the branch, by sha.
    """

    commits: Sequence[Commit]
    points: "pd.DataFrame" = field(repr=False)
    series: Sequence[Series] = ()
    benchmarks: Mapping[str, Benchmark] = field(default_factory=dict)
    machines: Sequence[Machine] = ()
    failures: Sequence[Failure] = ()
    runs: Sequence[RunFact] = ()
    elsewhere: Sequence[Elsewhere] = ()
    damaged: Sequence[Damage] = ()
    production: Sequence[Series] = ()
    releases: Mapping[str, Commit] = field(default_factory=dict)

    def table(self) -> "pd.DataFrame":
        """Return all points as a pandas table, one row per point, ordered by series and revision.

        Columns: machine, environment, benchmark, params (JSON list), case, sha, revision, commit_time_ms, version,
        protocol, outcome, value, low, high (in the metric's unit, NaN without a number), n, started_ms, segment.
        """
        return frames.table(self.points, self.commits)

    @property
    def today(self) -> date | None:
        """The day (UTC) of the newest result, of the newest commit where no result says when it was made."""
        windows = (one.times[-1] for one in self.production if one.times)
        newest = max([one.finished_ms for one in self.runs] + list(windows), default=0)
        newest = newest or max((one.time_ms for one in self.commits), default=0)
        return day(newest)

    @property
    def names(self) -> set[str]:
        """Every name that a benchmark was measured under, those from before a rename included."""
        column = renaming.NAMED if renaming.NAMED in self.points else "benchmark"
        return set(self.points[column].unique()) if column in self.points else set()

    def newest(self) -> dict[tuple[str, str], RunFact]:
        """Return the run of the newest commit of each machine and environment."""
        return {(run.machine, run.environment): run for run in self.runs}


def day(time_ms: int) -> date | None:
    """Return the day (UTC) of a moment; None for one that no calendar reaches."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).date()
    except (OverflowError, OSError, ValueError):
        return None


def load(
    store: Store,
    repository: Repository,
    *,
    branch: str | None = None,
    cache: Path | None = None,
    renames: Sequence[Rename] = (),
) -> History:
    """Return the history of a branch (None: the default one) from all readable results; damaged ones are listed.

    `cache` is a folder for what can be thrown away, the user's own when None. Of benchmarks that were renamed, only the
    newest name is left.
    """
    before = len(store.damaged)
    commits = list(repository.history(branch))
    found = renaming.points(columns.load(store, cache), renames)
    benchmarks, machines = renaming.benchmarks(store.benchmarks(), renames), store.machines()
    revisions = {commit.sha: revision for revision, commit in enumerate(commits)}
    facts = {index: one for index, one in _facts(found) if not is_production(one.machine)}
    seen = production.series(store, revisions, cache)
    here = sorted((one for one in facts.values() if one.sha in revisions), key=lambda one: revisions[one.sha])
    others = {index: one for index, one in facts.items() if one.sha not in revisions}
    frame = frames.frame(found, revisions)
    pythons = {(one.environment, one.machine, one.sha): one.fingerprint.python for one in here}
    return History(
        commits=commits,
        points=frame,
        series=[
            _cut(one, pythons) for one in _series(frame, commits, benchmarks) if not is_production(one.key.machine)
        ],
        benchmarks=benchmarks,
        machines=machines,
        failures=sorted(_failures(found, frame, commits), key=lambda one: revisions[one.sha]),
        runs=here,
        elsewhere=_elsewhere(found, others, benchmarks, _named(found, others, repository, branch)) if others else [],
        damaged=list(dict.fromkeys(store.damaged[before:])),
        production=seen,
        releases=_releases(seen, repository),
    )


def _releases(series: Sequence[Series], repository: Repository) -> dict[str, Commit]:
    """Return the commits that ran in production and are not on the branch, as far as the repository has them."""
    pairs = (pair for one in series for pair in zip(one.shas, one.revisions, strict=True))
    elsewhere = {sha for sha, revision in pairs if revision < 0}
    return {one.sha: one for one in repository.known(elsewhere)} if elsewhere else {}


def _facts(found: columns.Columns) -> Iterator[tuple[int, RunFact]]:
    """Yield index and facts of all readable runs."""
    counts = frames.counts(found)
    prints: dict[str, Fingerprint] = {}
    for index, entry in enumerate(found.entries):
        if not entry.damage:
            finished, measured, failed = counts.get(index, (0, 0, 0))
            ended = (finished, measured, failed, entry.built)
            work = read_work({WORK: entry.work})
            on = prints.get(entry.fingerprint) or prints.setdefault(
                entry.fingerprint, read_fingerprint(entry.fingerprint)
            )
            yield index, RunFact(entry.sha, entry.environment, entry.machine, *ended, work, on, entry.canary_s)


def _named(
    found: columns.Columns, others: Mapping[int, RunFact], repository: Repository, branch: str | None
) -> dict[str, tuple[Commit, str]]:
    """Return each commit that is not on the branch with what it is."""
    bare = {one.sha: Commit(one.sha, (), found.entries[index].commit_time_ms, "") for index, one in others.items()}
    commits = bare | {one.sha: one for one in repository.known(bare)}
    where = repository.whereabouts(bare, branch)
    return {sha: (commit, where[sha]) for sha, commit in commits.items()}


def _elsewhere(
    found: columns.Columns,
    others: Mapping[int, RunFact],
    benchmarks: Mapping[str, Benchmark],
    named: Mapping[str, tuple[Commit, str]],
) -> list[Elsewhere]:
    """Return the runs of commits that are not on the branch, the newest commit first."""
    numbers: dict[int, list[Number]] = {}
    for index, case, *values in frames.numbers(found, others):
        known = benchmarks.get(case.benchmark)
        key = SeriesKey(case, others[index].environment, others[index].machine)
        numbers.setdefault(index, []).append(Number(key, known.metric if known else UNLISTED, *values))
    runs = [Elsewhere(*named[one.sha], one, tuple(numbers.get(index, ()))) for index, one in others.items()]
    return sorted(runs, key=lambda one: (-one.commit.time_ms, one.sha, one.run.machine, one.run.environment))


def _series(frame: Any, commits: Sequence[Commit], benchmarks: Mapping[str, Benchmark]) -> Iterator[Series]:
    """Yield the series of an ordered frame, points of tried cases only."""
    for part in frames.parts(frame):
        known = benchmarks.get(part.benchmark)
        yield Series(
            key=SeriesKey(Case(part.benchmark, part.params), part.environment, part.machine),
            metric=known.metric if known else UNLISTED,
            revisions=part.revisions,
            shas=[commits[revision].sha for revision in part.revisions],
            values=part.values,
            low=part.low,
            high=part.high,
            segments=part.segments,
            doubts=part.doubts,
        )


def _cut(series: Series, pythons: Mapping[tuple[str, str, str], str]) -> Series:
    """Return a series, one of exact numbers cut where its Python changes: each counts in its own way."""
    if not series.metric.exact:
        return series
    own = [pythons.get((series.key.environment, series.key.machine, sha), "") for sha in series.shas]
    known = [at for at, python in enumerate(own) if python]
    cuts = (at for before, at in pairwise(known) if own[before] != own[at])
    return replace(series, segments=tuple(sorted({*series.segments, *cuts})))


def _failures(found: columns.Columns, frame: Any, commits: Sequence[Commit]) -> Iterator[Failure]:
    """Yield builds and cases that failed, on the branch."""
    here = {commit.sha for commit in commits}
    for entry in found.entries:
        if not entry.built and entry.sha in here:
            where = (entry.sha, entry.environment, entry.machine)
            yield Failure(*where, "failed", detail=entry.build_detail, output=entry.build_output)
    for revision, *rest in frames.failures(frame):
        yield Failure(commits[revision].sha, *rest)
