"""Reads and writes one JSON file so that nobody ever sees half of it."""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.instrument.counting import counter

RESTORE = "restore it from git or remove it and measure again"


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that cannot be used as it is, and why, in one sentence."""

    path: Path
    reason: str

    @classmethod
    def of(cls, path: Path, error: StoreError) -> "Damage":
        """Return what an error says of a file, without the file's name."""
        return cls(path, str(error).removeprefix(f"{path}: "))


def read(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, bare NaN and Infinity allowed; StoreError says what is wrong with it."""
    return parse(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, or StoreError."""
    try:
        return path.read_bytes()
    except OSError as cause:
        raise StoreError(f"{path}: cannot be read ({cause.strerror}): check the file and its permissions") from cause


def parse(content: bytes, path: Path) -> dict[str, Any]:
    """Return the object in `content`; StoreError names `path` when it is truncated, no JSON, or has a key twice."""
    try:
        found = json.loads(content.decode(), object_pairs_hook=_unique)
    except RecursionError as cause:
        raise StoreError(f"{path}: nested too deeply: {RESTORE}") from cause
    except ValueError as cause:
        what = "empty" if not content.strip() else f"not valid JSON ({cause})"
        raise StoreError(f"{path}: {what}: {RESTORE}") from cause
    if not isinstance(found, dict):
        raise StoreError(f"{path}: holds no JSON object: {RESTORE}")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as a dict; a key that stands twice means that a merge went wrong."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {twice[:80]!r} stands there twice")
    return found


def write(path: Path, data: Mapping[str, Any], scratch: Path, *, compact: bool = False) -> None:
    """Put `data` at `path` in one step, by way of a file in `scratch` (same file system), synced to the disk.

    Raises StoreError when that fails; the file at `path` is then what it was.
    """
    content = encoded(data, compact=compact)
    temporary = scratch / f"{secrets.token_hex(8)}.tmp"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync(path.parent)
        counter("bytes stored", "By").add(len(content))
    except OSError as cause:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StoreError(
            f"{path}: cannot be written ({cause.strerror}): free disk space or make it writable; nothing was lost"
        ) from cause


def encoded(data: Mapping[str, Any], *, compact: bool = False) -> bytes:
    """Return the bytes of a file: compact, or for people."""
    form: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1, "sort_keys": True}
    return json.dumps(data, **form).encode() + b"\n"


def _sync(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut, where the system lets one open folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
