"""What stands in a configuration file, and the questions put to it; every answer is checked for its type."""

import contextlib
import json
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from bench_runner.errors import UsageError

PYPROJECT = "pyproject.toml"

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(?:([kmgt]i?)b?|b)?", re.IGNORECASE)
_A_SIZE = 'a size such as "4 GB" or "512 MiB", or 0'

Fits = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Written:
    """The keys of one file; `ours` is False for asv's. Every method raises UsageError that names file and key."""

    path: Path
    data: Mapping[str, Any]
    ours: bool
    warnings: list[str] = field(default_factory=list)

    def warn(self, sentence: str) -> None:
        """Keep a doubt for the user."""
        self.warnings.append(f"{self.path}: {sentence}")

    def wrong(self, key: str, expected: str, value: object) -> NoReturn:
        """Raise the error for a value of the wrong type or range."""
        hint = ' (write it in quotes: "3.10")' if expected.endswith("strings") and _holds_numbers(value) else ""
        raise UsageError(f"{self.path}: {key} must be {expected}, not {shown(value)}{hint}")

    def get(self, key: str, default: Any, expected: str, fits: Fits) -> Any:
        """Return a value that fits, or the default where the key is missing or null."""
        value = self.data.get(key)
        if value is None:
            return default
        return value if fits(value) else self.wrong(key, expected, value)

    def text(self, key: str, default: str = "") -> str:
        """Return a string."""
        return str(self.get(key, default, "a string", is_text))

    def choice(self, key: str, known: Collection[str]) -> str | None:
        """Return one of the known words, None when nothing is written."""
        value: str | None = self.get(key, None, f"one of {', '.join(known)}", lambda value: value in known)
        return value

    def number(self, key: str, default: float) -> float:
        """Return a number above zero."""
        return float(self.get(key, default, "a number above 0", lambda value: is_number(value) and value > 0))

    def share(self, key: str, default: float) -> float:
        """Return a number that is not below zero."""
        return float(self.get(key, default, "a number from 0 on", lambda value: is_number(value) and value >= 0))

    def whole(self, key: str, default: int, least: int) -> int:
        """Return an integer that is not below `least`."""
        fits: Fits = lambda value: is_number(value) and isinstance(value, int) and value >= least  # noqa: E731 - one use
        return int(self.get(key, default, f"a whole number from {least} on", fits))

    def size(self, key: str) -> int | None:
        """Return bytes, None when nothing is written."""
        value = self.get(key, None, _A_SIZE, lambda value: is_text(value) or is_number(value))
        try:
            return None if value is None else size(str(value))
        except ValueError:
            self.wrong(key, _A_SIZE, value)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of strings."""
        return tuple(self.get(key, default, "a list of strings", are_texts))

    def table(self, key: str) -> dict[str, Any]:
        """Return a table."""
        return dict(self.get(key, {}, "a table", lambda value: isinstance(value, dict)))

    def rules(self, key: str) -> tuple[Mapping[str, Any], ...]:
        """Return a list of tables."""
        return tuple(self.get(key, (), "a list of tables", _are_tables))

    def commands(self, key: str) -> tuple[str, ...] | None:
        """Return a list of commands, of which one may stand without its list."""
        value = self.get(key, None, "a command or a list of them", lambda value: is_text(value) or are_texts(value))
        return (value,) if is_text(value) else value if value is None else tuple(value)

    def folder(self, key: str, default: str) -> Path:
        """Return a path, absolute: relative ones begin in the configuration's own folder."""
        return absolute(self.path.parent, self.text(key) or default)


def read(path: Path) -> Written:
    """Return what stands in a file: ours (TOML) or, by any other suffix, asv's (JSON with comments)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"{path} is not there: name another file, or write one with `bench-runner init`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if path.suffix != ".toml":
        return _read_asv(path, text)
    if path.name == PYPROJECT:
        return _read_pyproject(path, text)
    return Written(path, _parse_toml(path, text), ours=True)


def has_our_table(path: Path) -> bool:
    """Return whether a pyproject.toml configures us; one that never names us is not parsed."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    return "bench_runner" in text and "bench_runner" in _part(_parse_toml(path, text), "tool")


def absolute(root: Path, written: str) -> Path:
    """Return a path below `root` unless it is absolute, without "..", symbolic links left as they are."""
    return Path(os.path.normpath(root / written))


def is_text(value: object) -> bool:
    """Return whether it is a string."""
    return isinstance(value, str)


def is_number(value: object) -> bool:
    """Return whether it is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def are_texts(value: object) -> bool:
    """Return whether it is a list of strings."""
    return isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)


def shown(value: object) -> str:
    """Return a value for an error message, on one line and not too long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def size(text: str) -> int:
    """Return the bytes that "4 GB", "512 MiB" or "0" mean; ValueError for anything else."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"it is {_A_SIZE}, not {shown(text)}")
    prefix = (match[2] or " ").lower()
    return int(float(match[1]) * (1024 if prefix.endswith("i") else 1000) ** " kmgt".index(prefix[0]))


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _holds_numbers(value: object) -> bool:
    return isinstance(value, list) and any(is_number(one) for one in value)


def _read_pyproject(path: Path, text: str) -> Written:
    """Return our table of a pyproject.toml; the project's name stands beside it."""
    document = _parse_toml(path, text)
    table = _part(document, "tool").get("bench_runner")
    if not isinstance(table, dict):
        raise UsageError(f"{path} has no table [tool.bench_runner]: add one, or name another file")
    return Written(path, {"project": _part(document, "project").get("name")} | table, ours=True)


def _part(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a table of a document, empty if there is none."""
    part = document.get(key)
    return part if isinstance(part, dict) else {}


def _parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Return a TOML document in which false stands for the null that TOML lacks."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    return {key: _with_null(value) for key, value in document.items()}


def _with_null(value: Any) -> Any:
    """Return a TOML value with None for false, all the way down."""
    if isinstance(value, dict):
        return {key: _with_null(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_null(one) for one in value]
    return None if value is False else value


def _read_asv(path: Path, text: str) -> Written:
    """Return what stands in an asv.conf.json; a key that stands there twice is a warning, as asv reads on too."""
    twice: list[str] = []

    def pairs(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        items = list(items)
        names = [name for name, _ in items]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(items)

    try:
        data = _parsed(text, pairs)
    except (ValueError, RecursionError) as error:
        reason = str(error).removeprefix("<string>:")
        raise UsageError(f"{path} is not valid JSON (comments are allowed), line {reason}") from error
    if not isinstance(data, dict):
        raise UsageError(f"{path} must hold one object {{...}}, not {shown(data)}")
    written = Written(path, data, ours=False)
    for name in dict.fromkeys(twice):
        written.warn(f"{name!r} stands there twice; the last one counts")
    return written


def _parsed(text: str, pairs: Callable[[Iterable[tuple[str, Any]]], dict[str, Any]]) -> Any:
    """Return what JSON with comments says; where there are none Python's own parser does, at a fraction of the cost."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text, object_pairs_hook=pairs)
    import json5

    return json5.loads(text, object_pairs_hook=pairs)
