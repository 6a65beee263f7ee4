"""Reads the files that processes in production have written, each line with its place."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_runner.errors import StoreError, UsageError
from bench_runner.instrument.windows import Window
from bench_runner.store.layout import run_file, usable

SUFFIX = ".jsonl"
LONGEST_NAME = 1000  # characters
_LATEST_S = 2**36  # the year 4147; beyond, milliseconds are no exact floats soon
_RESOURCE = re.compile(r"\w{1,80}", re.ASCII)
_DIGITS = "0" * 40


@dataclass(frozen=True, slots=True)
class Found:
    """A window, and where it stands: "shop-1-2.jsonl, line 3"."""

    window: Window
    place: str


def files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of windows among files and folders, each once; UsageError for what is not there or has none."""
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} is not there: name a folder or a file of windows")
        inside = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"{path} has no file of windows: their names end in {SUFFIX}")
        found |= {one.resolve(): one for one in inside}
    return [found[path] for path in sorted(found)]


def read(path: Path) -> Iterator[Found]:
    """Yield the windows of a file; a last line that is not whole is skipped, its process was killed while it wrote.

    Raises StoreError, which names file and line, for what is damaged or of another schema than ours.
    """
    try:
        *lines, _ = path.read_bytes().split(b"\n")
    except OSError as cause:
        raise UsageError(f"{path}: cannot be read ({cause.strerror})") from cause
    for number, line in enumerate(lines, 1):
        place = f"{path}, line {number}"
        try:
            window = Window.from_dict(_object(line))
            _check(window)
        except RecursionError as cause:
            raise StoreError(f"{place}: nested too deeply: remove the line") from cause
        except (ArithmeticError, LookupError, TypeError, ValueError) as cause:
            raise StoreError(f"{place}: {str(cause)[:300]}: remove the line, or update bench-history") from cause
        yield Found(window, place)


def _object(line: bytes) -> dict[str, Any]:
    """Return the object on a line of strict JSON; ValueError for all else."""
    found = json.loads(line, parse_constant=_no_number, object_pairs_hook=_unique)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - a damaged document, not a wrong call
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of strict JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as a dict; ValueError for a key that stands there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _check(window: Window) -> None:
    """Refuse what cannot be stored: names that are no file names, times that no clock shows; ValueError says which."""
    if not usable(window.service):
        raise ValueError(f"service {window.service[:80]!r} cannot be a folder: use letters, digits, '.', '-', '_'")
    if not usable(window.environment):
        raise ValueError(f"environment {window.environment[:80]!r} cannot be part of a file name")
    run_file(_DIGITS, window.environment)
    if not 0 <= window.start_s <= window.end_s < _LATEST_S:
        raise ValueError(f"it starts at {window.start_s!r} and ends at {window.end_s!r}")
    for name in (*window.histograms, *window.counters):
        _check_name(name)
    for counter in window.counters.values():
        _check_name(str(counter["unit"]))
        _check_number(counter["value"])
    for name, value in window.resources.items():
        if not _RESOURCE.fullmatch(name):
            raise ValueError(f"resource {name[:80]!r} is no word")
        _check_number(value)


def _check_name(name: str) -> None:
    """Refuse a name that asv or a page could not hold."""
    if not name or len(name) > LONGEST_NAME:
        raise ValueError(f"a name of {len(name)} characters, {name[:60]!r}: it has 1 to {LONGEST_NAME}")
    name.encode()


def _check_number(value: object) -> None:
    """Refuse what cannot be added up."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{str(value)[:60]!r} is no number of 0 or more")
