"""Reads the files of the results directory, every error naming the file and what to do about it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.machine import Machine
from bench_runner.model.run import Run
from bench_runner.store import asv_entries, jsonfile
from bench_runner.store.asv_format import Document, check_version, read_machine
from bench_runner.store.jsonfile import RESTORE, Damage
from bench_runner.store.layout import ASIDE

_COMMIT = re.compile(rb'\s*\{\s*"commit_hash":\s*"([0-9a-f]{8,64})"')
_REWRITE = "restore it from git, or the next `bench-runner run` writes it again"
_FIRST_LINE = 200  # bytes that hold the commit, by asv's habit and ours


def document(content: bytes, path: Path) -> Document:
    """Return the content of a result file taken apart."""
    data = jsonfile.parse(content, path)
    _check_version(path, data)
    try:
        return Document.of(data)
    except StoreError as error:
        raise StoreError(f"{path}: {error}: {RESTORE}") from error


def run_of(path: Path, found: Document, *, results: bool = True) -> Run:
    """Return the run of a document that lies at `path`, with its results or without."""
    try:
        run = found.run() if results else found.heading()
    except StoreError as error:
        raise StoreError(f"{path}: {error}: {RESTORE}") from error
    if run.machine.machine != path.parent.name:
        raise StoreError(f"{path}: belongs to machine {run.machine.machine[:80]!r}, not to this folder: move it there")
    return run


def document_or_aside(path: Path) -> Document | None:
    """Return an old file taken apart; one that cannot be read makes room under another name, for a person to look at.

    Raises StoreError as `sound` does.
    """
    found = sound(path)
    if found is None:
        _set_aside(path)
    return found


def sound(path: Path) -> Document | None:
    """Return a file taken apart, None for a damaged one.

    Raises StoreError for a file in another format than ours: it is whole, and nothing of it may be lost.
    """
    try:
        data = jsonfile.read(path)
    except StoreError:
        return None
    _check_version(path, data)
    try:
        found = Document.of(data)
        run_of(path, found)
    except StoreError:
        return None
    return found


def load_benchmarks(path: Path) -> tuple[dict[str, Benchmark], list[Damage]]:
    """Return the benchmarks that can be read in a benchmarks.json, and what is wrong with the rest of it."""
    if not path.is_file():
        return {}, [Damage(path, f"is missing: {_REWRITE}")]
    try:
        data = jsonfile.read(path)
        asv_entries.check_version(path, data)
    except StoreError as error:
        return {}, [Damage.of(path, error)]
    return _benchmarks(path, data)


def entries_or_aside(path: Path) -> tuple[dict[str, Any], list[Damage]]:
    """Return the raw entries of an old benchmarks.json; a damaged one makes room, and what can be read of it stays.

    Raises StoreError for a file in another format than ours: it is whole, and nothing of it may be lost.
    """
    if not path.is_file():
        return {}, []
    try:
        data = jsonfile.read(path)
    except StoreError as error:
        _set_aside(path)
        return {}, [Damage.of(path, error)]
    asv_entries.check_version(path, data)
    found, damages = _benchmarks(path, data)
    if damages:
        _set_aside(path)
    return {name: data[name] for name in found}, damages


def _benchmarks(path: Path, data: Mapping[str, Any]) -> tuple[dict[str, Benchmark], list[Damage]]:
    """Return the benchmarks of a list in our format, and what is wrong with its other entries."""
    try:
        found = dict(asv_entries.read_entries(data))
    except StoreError as error:
        return {}, [Damage(path, f"{error}: {_REWRITE}")]
    damages = [Damage(path, f"{one}: {_REWRITE}") for one in found.values() if isinstance(one, StoreError)]
    return {name: one for name, one in found.items() if isinstance(one, Benchmark)}, damages


def load_machine(path: Path) -> Machine:
    """Return the machine in a machine.json, which must lie in that machine's folder."""
    data = jsonfile.read(path)
    try:
        found = read_machine(data)
    except StoreError as error:
        raise StoreError(f"{path}: {error}: restore it from git") from error
    if found.machine != path.parent.name:
        raise StoreError(f"{path}: names machine {found.machine[:80]!r}, not this folder: rename one of them")
    return found


def sha_of(path: Path) -> str:
    """Return the commit of a result file, mostly without reading all of it; "" when it does not tell."""
    try:
        with path.open("rb") as file:
            match = _COMMIT.match(file.read(_FIRST_LINE))
        return match[1].decode() if match else str(jsonfile.read(path).get("commit_hash", ""))
    except (OSError, StoreError):
        return ""


def same_commit(path: Path, sha: str) -> bool:
    """Whether a file is the commit's; one that does not tell is taken for it."""
    return sha_of(path) in {"", sha}


def _check_version(path: Path, data: Mapping[str, object]) -> None:
    """Refuse other formats than ours."""
    try:
        check_version(data)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error


def _set_aside(path: Path) -> None:
    """Give an unreadable file a name that no program reads."""
    try:
        path.replace(path.with_name(path.name + ASIDE))
    except OSError as cause:
        raise StoreError(f"{path}: unreadable, and cannot be renamed ({cause.strerror}): {RESTORE}") from cause
