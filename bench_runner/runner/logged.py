"""Reads a log of the runner back, as lines or as steps; what a kill or a full disk has cut is left out."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench_runner.errors import UsageError
from bench_runner.instrument.spans import Span
from bench_runner.runner.log import KEYS, SCHEMA

NEVER_ENDED = "never ended"
_FIELDS = ("commit", "environment", "benchmark", "outcome")


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of the last run in a log; UsageError when there are none that can be read."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}: name a log of `bench-runner run`") from error
    lines = list(_whole(path, text.split("\n")))
    if not lines:
        raise UsageError(f"{path} holds no step of a run: name a log of `bench-runner run`")
    return [line for line in lines if line["run"] == lines[-1]["run"]]


def spans(lines: Sequence[Mapping[str, Any]]) -> list[Span]:
    """Return the steps in a log's lines, in their order; what never ended is given the time until the last line."""
    over = {(line["pid"], line["id"]) for line in lines if line["outcome"] != "begun"}
    last_s = max(line["at_s"] + (line["dur_s"] or 0.0) for line in lines)
    left = [line for line in lines if line["outcome"] != "begun" or (line["pid"], line["id"]) not in over]
    return [_span(line, last_s) for line in left]


def _span(line: Mapping[str, Any], last_s: float) -> Span:
    """Return the step in a line."""
    never = line["outcome"] == "begun"
    fields = {key: one for key, one in line.items() if one is not None and (key not in KEYS or key in _FIELDS)}
    return Span(
        name=line["step"],
        id=line["id"],
        parent=line["parent"],
        pid=line["pid"],
        thread=line["thread"],
        start_s=datetime.fromisoformat(line["time"]).timestamp(),
        tick_s=line["at_s"],
        fields=fields,
        dur_s=last_s - line["at_s"] if never else line["dur_s"],
        cpu_s=line["cpu_s"] or 0.0,
        maxrss=line["maxrss"] or 0,
        error=NEVER_ENDED if never else line["error"],
    )


def _whole(path: Path, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines that are whole; UsageError for those of a newer program."""
    for line in lines:
        found: Any = None
        with contextlib.suppress(ValueError):
            found = json.loads(line)
        if not isinstance(found, dict):
            continue
        if isinstance(found.get("schema"), int) and found["schema"] > SCHEMA:
            raise UsageError(f"{path} was written by a newer bench-runner: update bench-history to read it")
        if found.keys() >= KEYS.keys():
            yield found
