"""Adds entries to the end of a policy file, so that what people wrote, comments and order, stays as it is."""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from bench_runner.errors import UsageError
from bench_runner.history.policy_file import parse
from bench_runner.hostile import plain

LONGEST = 1000  # characters of a string
Value = str | float | date


def table(kind: str, values: Mapping[str, Value], comment: str = "") -> str:
    """Return an entry as TOML, strings on one line and without what a terminal would obey; "" values are left out."""
    lines = [f"# {plain(comment)}"] if comment else []
    lines += [f"[[{kind}]]", *(f"{key} = {_written(value)}" for key, value in values.items() if value != "")]
    return "\n".join(lines) + "\n"


def append(path: Path, entries: Iterable[str]) -> None:
    """Put entries behind what stands in a file, which is made where there is none, in one step.

    The caller holds the lock of the results. UsageError where the file could not be read back, or not be written: it is
    then what it was.
    """
    try:
        old = path.read_bytes().decode() if path.is_file() else ""
        _put(path, _joined(old, entries))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be written ({error}): nothing was changed") from error


def _joined(old: str, entries: Iterable[str]) -> str:
    """Return a file with entries behind what stands there, one empty line before each, in its own line ends."""
    end = "\r\n" if "\r\n" in old else "\n"
    text = old if not old or old.endswith("\n") else old + end
    for one in entries:
        gap = end if text and not text.endswith(end * 2) else ""
        text += gap + one.replace("\n", end)
    return text


def _put(path: Path, text: str) -> None:
    """Replace a file by way of a temporary one beside it; what would not be read back is refused."""
    parse(text.removeprefix("\ufeff"), path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        temporary.chmod(path.stat().st_mode)
    temporary.replace(path.resolve())


def _written(value: Value) -> str:
    """Return a value as TOML; JSON's strings are TOML's but for one character, which is not printed anyway."""
    if isinstance(value, str):
        return json.dumps(plain(value, LONGEST), ensure_ascii=False)
    return value.isoformat() if isinstance(value, date) else repr(value)
