"""Turns windows that processes in production have written into stored runs of the releases that ran there."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench_runner.errors import UsageError
from bench_runner.exchange.window_files import Found, files, read
from bench_runner.hostile import plain
from bench_runner.model.commit import Commit
from bench_runner.model.production import JointWindow
from bench_runner.store.files import Store
from bench_runner.store.production import Release, take_in

WIDTH_S = 60
_LATE = 1.5  # a window may be so much longer than the stretch it falls into: clocks and threads come late
_DIGITS = re.compile(r"[0-9a-f]{7,64}")


class Repository(Protocol):
    """What is asked of git here."""

    def resolve(self, ref: str) -> str:
        """Return the full sha of a ref; UsageError for an unknown one."""
        ...

    def tags(self) -> Mapping[str, str]:
        """Return tag name -> sha of its commit."""
        ...

    def known(self, shas: Iterable[str]) -> Sequence[Commit]:
        """Return those commits that the repository has."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the windows of a release: `fresh` of them were stored now, `known` had been before."""

    release: Release
    fresh: int
    known: int


def ingest(store: Store, repository: Repository, paths: Sequence[Path], width_s: int = WIDTH_S) -> list[Taken]:
    """Store the windows in files and folders, by release; nothing is stored unless all of them can be read.

    Raises UsageError for a ref that git does not know, and for windows that last longer than the stretches of `width_s`
    that they are cut to; StoreError for a damaged line.
    """
    if width_s < 1:
        raise UsageError(f"--window {width_s}: it is a whole number of seconds, 1 or more")
    releases = _Releases(repository)
    windows: dict[Release, list[JointWindow]] = defaultdict(list)
    for path in files(paths):
        for found in read(path):
            _fits(found, width_s)
            windows[releases.of(found)].append(JointWindow.of(found.window, width_s))
    order = sorted(windows, key=lambda one: (one.service, one.environment, one.time_ms, one.sha))
    return [_take(store, release, windows[release]) for release in order]


def _take(store: Store, release: Release, windows: Sequence[JointWindow]) -> Taken:
    """Store the windows of one release."""
    fresh = take_in(store, release, windows)
    return Taken(release, fresh, len(windows) - fresh)


def _fits(found: Found, width_s: int) -> None:
    """Refuse a window that is longer than what it is cut to."""
    length = found.window.end_s - found.window.start_s
    if length > _LATE * width_s:
        raise UsageError(
            f"{found.place}: lasts {length:.0f} s, longer than the {width_s} s of --window: give a longer one"
        )


class _Releases:
    """The releases that windows name, each looked up once."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._tags = repository.tags()
        self._known: dict[str, Commit] = {}

    def of(self, found: Found) -> Release:
        """Return the release of a window; UsageError names a ref that is none, and where it stands."""
        window = found.window
        if window.commit not in self._known:
            self._known[window.commit] = self._look_up(window.commit, found.place)
        commit = self._known[window.commit]
        return Release(window.service, window.environment, commit.sha, commit.time_ms)

    def _look_up(self, ref: str, place: str) -> Commit:
        """Return the commit of a tag or a sha; a branch names another one tomorrow, so it is none."""
        if ref not in self._tags and not _DIGITS.fullmatch(ref):
            raise UsageError(f"{place}: commit {plain(ref, 80)!r} is no tag and no sha: `git fetch --tags` it first")
        try:
            sha = self._tags.get(ref) or self._repository.resolve(ref)
        except UsageError as error:
            raise UsageError(f"{place}: {error}") from error
        return self._repository.known([sha])[0]
