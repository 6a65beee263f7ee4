"""Takes windows of production into the stored run of their release."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench_runner import __version__
from bench_runner.errors import StoreError, UsageError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.production import KIND, JointWindow, Member, cut, machine_of
from bench_runner.model.run import Build, Fingerprint, Protocol, Result, Run
from bench_runner.stats.production import results
from bench_runner.store.files import Store

PROTOCOL = Protocol(runner=__version__, engine=KIND, rounds=0, launch="windows", suite=KIND)
MOST_NAMES = 10_000  # of one release, as many as a process keeps


@dataclass(frozen=True, slots=True)
class Release:
    """A commit (full sha, its time in ms) of a service that ran in an environment."""

    service: str
    environment: str
    sha: str
    time_ms: int

    def blank(self) -> Run:
        """Return its run before anything is known of it."""
        return Run(
            commit_sha=self.sha,
            commit_time_ms=self.time_ms,
            environment=Environment(KIND, "", label=self.environment),
            machine=Machine(machine_of(self.service)),
            build=Build(ok=True),
            protocol=PROTOCOL,
            fingerprint=Fingerprint(),
        )


def take_in(store: Store, release: Release, windows: Sequence[JointWindow]) -> int:
    """Store the windows of single processes that are not stored yet; return how many those were.

    Whatever the order in which windows come, and however often, the file is the same in the end. Raises UsageError for
    windows of another width than the stored ones, StoreError where one says something else than when it was stored.
    """
    taken = 0

    def make(stored: Run) -> tuple[Run, Iterable[Benchmark]] | None:
        nonlocal taken
        fresh = _fresh(stored, windows, release)
        taken = len(fresh)
        return _renewed(stored, fresh, release) if fresh else None

    store.renew(release.blank(), make)
    return taken


def agree(run: Run) -> bool:
    """Whether the results of a run of production follow from its windows."""
    wanted = {one.case: one for _, one in results(run.windows)}
    return wanted.keys() == {one.case for one in run.results} and all(
        _same(one, wanted[one.case]) for one in run.results
    )


def _same(stored: Result, wanted: Result) -> bool:
    """Whether two results have the same numbers."""
    return (
        stored.summary is not None
        and wanted.summary is not None
        and math.isclose(stored.summary.centre, wanted.summary.centre, rel_tol=1e-12)
        and (stored.sample and stored.sample.values) == (wanted.sample and wanted.sample.values)
    )


def _fresh(stored: Run, windows: Sequence[JointWindow], release: Release) -> list[JointWindow]:
    """Return the windows that are not stored yet, each once."""
    known = {_place(member): member for one in stored.windows for member in one.members}
    fresh = []
    for window in windows:
        if stored.windows and window.width_s != stored.windows[0].width_s:
            width = stored.windows[0].width_s
            raise UsageError(f"{_named(release)} is stored in windows of {width} s: give --window {width}")
        (member,) = window.members
        before = known.setdefault(_place(member), member)
        if before.digest != member.digest:
            raise StoreError(
                f"{_named(release)}: two windows of process {member.pid} start at {member.start_s!r}"
                " and say different things: remove the wrong one"
            )
        if before is member:
            fresh.append(window)
    return fresh


def _place(member: Member) -> tuple[float, int]:
    """Return what tells a window from all others of its release."""
    return member.start_s, member.pid


def _renewed(stored: Run, fresh: Sequence[JointWindow], release: Release) -> tuple[Run, list[Benchmark]]:
    """Return the run with more windows, and its benchmarks."""
    windows = tuple(cut([*stored.windows, *fresh]))
    names = {name for one in windows for name in one.histograms}
    if len(names) > MOST_NAMES:
        raise UsageError(f"{_named(release)} has {len(names)} names of histograms, at most {MOST_NAMES} can be kept")
    found = list(results(windows))
    run = replace(release.blank(), results=tuple(one for _, one in found), windows=windows)
    return run, [benchmark for benchmark, _ in found]


def _named(release: Release) -> str:
    """Return whose windows these are."""
    return f"{machine_of(release.service)} at {release.sha[:8]} in {release.environment}"
