"""Remembers the benchmarks of a suite for as long as nothing that decides them has changed."""

import contextlib
import hashlib
import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from bench_runner import __version__
from bench_runner.config import Config
from bench_runner.envs.files import write_json
from bench_runner.envs.kept import Kept
from bench_runner.envs.recipe import recipe
from bench_runner.envs.variables import inherited
from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.runner.content import File, Files, content, same
from bench_runner.store.asv_entries import read_entry, write_entry
from bench_runner.worker.messages import ASV_RUNNER

# Raise it when a list that was remembered before must not be believed any more.
_FORMAT = 1
_WORKER = Path(__file__).parent.with_name("worker")
# What differs from one terminal or service to the next. Any other variable may well decide what there is to measure.
_PASSING = re.compile(
    "_|COLUMNS|LINES|PWD|OLDPWD|SHLVL|TERM|WINDOWID|STY|TMUX.*|SSH_.*|XDG_SESSION_ID|INVOCATION_ID|JOURNAL_STREAM"
)


class Memory:
    """The list of the suite in `folder`, kept below `cache`.

    `facts()` says what decides the list beside the folder's own files; while it is "", or with no `facts` at all,
    nothing is remembered. What a suite looks up outside of its folder (other files, the network) is not seen: such a
    list is made anew with the next commit that is to be measured.
    """

    def __init__(self, folder: Path, cache: Path, facts: Callable[[], str] | None, apart: Iterable[Path] = ()) -> None:
        self._facts = facts
        self._place = cache / "suites" / f"{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}.json"
        self._before = _read(self._place) if facts else {}
        self._began_ns = time.time_ns()
        self._files = self._content(folder, tuple(apart)) if facts else None

    def recall(self) -> list[Benchmark] | None:
        """Return the list, None when it has to be made anew."""
        told = self._told()
        if not told or self._files is None or self._before.get("facts") != told:
            return None
        if not same(_files(self._before), self._files):
            return None
        try:
            return [read_entry(name, entry) for name, entry in self._before["benchmarks"].items()]
        except (StoreError, LookupError, AttributeError):
            return None

    def keep(self, benchmarks: Iterable[Benchmark]) -> None:
        """Remember a list that was made after this memory was; an edit in between makes the next one differ."""
        told = self._told()
        if not told or self._files is None:
            return
        with contextlib.suppress(OSError):  # without it the next time takes longer, that is all
            self._place.parent.mkdir(parents=True, exist_ok=True)
            content = {
                "facts": told,
                "read_ns": self._began_ns,
                "files": {name: astuple(one) for name, one in self._files.items()},
                "benchmarks": {one.name: write_entry(one) for one in benchmarks},
            }
            write_json(self._place, content)

    def _told(self) -> str:
        """Return the facts as they are now: an environment may have been made meanwhile."""
        return self._facts() if self._facts else ""

    def _content(self, folder: Path, apart: Sequence[Path]) -> Files | None:
        """Return what the folder holds, None when it cannot be looked into."""
        try:
            return content(folder, _files(self._before), self._before.get("read_ns", 0), apart)
        except OSError:
            return None


def facts(config: Config, environments: Sequence[Environment], commits: Sequence[Commit]) -> str:
    """Return a digest of what decides a list beside the suite; "" for environments that others may change, or none.

    The commits are among it: parameters may come from the project itself.
    """
    made = [_made(config, one) for one in environments]
    if not all(made):
        return ""
    worker = [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in sorted(_WORKER.glob("*.py"))]
    variables = {name: value for name, value in inherited().items() if not _PASSING.fullmatch(name)}
    here = [platform.node(), os.cpu_count(), variables, repr(config)]
    told = [_FORMAT, __version__, ASV_RUNNER, worker, here, made, [one.sha for one in commits]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _made(config: Config, environment: Environment) -> list[Any]:
    """Return what tells an environment on disk from any other that could be made in its place, [] for none."""
    try:
        begun = (Kept(config.env_dir / environment.folder).env / "pyvenv.cfg").stat()
    except OSError:
        return []
    wanted = recipe(environment, config).digest
    return [environment.name, environment.variables, wanted, begun.st_mtime_ns, begun.st_ino]


def _read(place: Path) -> Mapping[str, Any]:
    """Return what was kept, {} when there is nothing that can be read."""
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _files(kept: Mapping[str, Any]) -> Files:
    """Return the files as they were when the list was made."""
    try:
        return {name: File(*one) for name, one in kept["files"].items()}
    except (LookupError, AttributeError, TypeError):
        return {}
