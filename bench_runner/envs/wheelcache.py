"""Keeps the last builds of each build recipe, so that a commit is built once."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from bench_runner.envs.base import Say
from bench_runner.envs.files import write_json

_STAMP = "built.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """The folder of one commit's build, in hand under its lock; `seconds` is what the build took, None before it."""

    folder: Path
    seconds: float | None

    def finished(self, seconds: float) -> None:
        """Mark what now lies in the folder as a complete build."""
        write_json(self.folder / _STAMP, {"seconds": seconds})


class WheelCache:
    """Builds below `root`, `keep` of each recipe. A folder without a stamp is a build that did not finish."""

    def __init__(self, root: Path, keep: int) -> None:
        self.root, self.keep = root, keep

    @contextmanager
    def entry(self, recipe: str, sha: str, say: Say) -> Iterator[Entry]:
        """Give a commit's folder, empty unless the build in it is complete; others wait, or build other commits."""
        folder = self.root / recipe / sha
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = self._lock(folder)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"waiting for another process that builds {sha[:8]}")
            lock.acquire()
        try:
            yield Entry(folder, _opened(folder))
        finally:
            lock.release()
        self._prune(folder.parent)

    def holds(self, recipe: str, sha: str) -> bool:
        """Return whether a commit's build is kept, as far as can be seen without waiting for its lock."""
        return (self.root / recipe / sha / _STAMP).is_file()

    def _lock(self, folder: Path) -> FileLock:
        """Return the lock of a commit's folder; a few commits share one, so that lock files do not pile up."""
        return FileLock(folder.with_name(f"{folder.name[:2]}.lock"))

    def _prune(self, recipe: Path) -> None:
        """Remove all but the last builds, and remains of interrupted ones, where nobody is at work."""
        used = {one: _last_used(one) for one in recipe.iterdir() if one.is_dir()}
        for folder in sorted(used, key=used.__getitem__, reverse=True)[self.keep :]:
            try:
                with self._lock(folder).acquire(timeout=0):
                    if _last_used(folder) == used[folder]:  # else its build has ended since we looked
                        shutil.rmtree(folder, ignore_errors=True)
            except Timeout:
                continue


def build_recipe(facts: Mapping[str, object]) -> str:
    """Return a short name for everything but the commit that decides what a build gives."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _opened(folder: Path) -> float | None:
    """Return the seconds of a complete build, marked as used now; else empty the folder and return None."""
    try:
        seconds = float(json.loads((folder / _STAMP).read_text())["seconds"])
        os.utime(folder / _STAMP)
    except (OSError, ValueError, LookupError, TypeError):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return None
    return seconds


def _last_used(folder: Path) -> float:
    """Return when a build was last used, seconds since 1970; 0 for one that did not finish."""
    try:
        return (folder / _STAMP).stat().st_mtime
    except OSError:
        return 0.0
