"""Reads the files of the results directory, every error naming the file and what to do about it."""

import re
from collections.abc import Mapping
from pathlib import Path

from bench_runner.errors import StoreError
from bench_runner.model.machine import Machine
from bench_runner.model.run import Run
from bench_runner.store import jsonfile
from bench_runner.store.asv_format import Document, check_version, read_machine
from bench_runner.store.jsonfile import RESTORE
from bench_runner.store.layout import ASIDE

_COMMIT = re.compile(rb'\s*\{\s*"commit_hash":\s*"([0-9a-f]{8,64})"')
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

    Raises StoreError for a file in another format than ours: it is whole, and nothing of it may be lost.
    """
    try:
        data = jsonfile.read(path)
    except StoreError:
        _set_aside(path)
        return None
    _check_version(path, data)
    try:
        found = Document.of(data)
        run_of(path, found)
    except StoreError:
        _set_aside(path)
        return None
    return found


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
