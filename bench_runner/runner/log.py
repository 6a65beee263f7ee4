"""The runner's log: each step of its work as one JSON object on one line, written when the step is over.

KEYS says what stands in every line (null where a step has no such thing), MORE what some steps add, STEPS what steps
there are. A step that runs the project's own code has a second line before it, with the outcome "begun": when a log
just stops, that one tells what took the machine down. Lines are ASCII; texts are cut to LONGEST characters, outputs to
their last LONGEST_OUTPUT. A reader skips lines that are not whole: a kill, or a full disk, may have cut them.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from bench_runner.instrument.spans import Span

SCHEMA = 1
CHANGES = {1: "the first"}
KEYS = {
    "schema": "version of these keys",
    "run": "id of one call of the command; ids sort by time",
    "time": "when the step began, by the wall clock: ISO 8601, UTC",
    "at_s": "when the step began, in seconds since the log, by a clock that never jumps",
    "step": "its name: one of STEPS",
    "commit": "full sha",
    "environment": "name of the environment",
    "benchmark": "id of the case; of setup_cache a benchmark that uses it",
    "dur_s": "seconds it took; null in lines of what has begun",
    "cpu_s": "CPU seconds of the runner and of the processes that worked for the step; of a case only its process's",
    "maxrss": "bytes: the most that the largest of those processes held, or else the runner itself so far",
    "load": "load average over 1 minute when the step was over",
    "outcome": "ok, error (see error), interrupted, begun; of a case ok, failed, timeout, crashed, skipped",
    "error": 'why not, in one sentence; "" when all is well',
    "id": "number of the step in its process",
    "parent": "number of the step around it, 0 for none",
    "pid": "process that did it",
    "thread": "thread that did it",
}
MORE = {
    "round": "round: its number, from 1; and what lies in it",
    "rounds": "look: how many rounds",
    "program": "tool: its name",
    "output": "prepare: the end of what a failing build printed",
    "page": "render, write: its path in the site",
    "version": "start: that of this program",
    "words": "start: the command line",
}
STEPS = {
    "start": "the command begins (no time of its own)",
    "run": "all of `run`; likewise publish, bisect",
    "select": "the range, the environments and the suite are resolved",
    "fetch": "the mirror of a remote repository is made or brought up to date",
    "load": "stored results are read",
    "plan": "what is left to measure is decided",
    "prepare": "a workspace is brought to a commit; what it takes lies in it:",
    "environment": "- the environment is made",
    "checkout": "- the commit is laid out",
    "uninstall": "- the commit before is uninstalled, where the configuration asks for it",
    "build": "- the commit is built, unless the wheel is kept",
    "install": "- the build is installed",
    "ahead": "one of the next commits is built, beside the one at hand and while nothing is measured",
    "tool": "a program such as uv runs for the step around it",
    "discover": "the suite is imported and listed",
    "job": "one commit in one environment: preparing, measuring, saving",
    "setup_cache": "a setup_cache runs",
    "round": "one fresh process for each case, in random order",
    "start worker": "an interpreter starts that imports nothing",
    "preload": "an interpreter starts and imports the suite",
    "canary": "a fixed piece of work shows how fast the machine is just now",
    "case": "one case is measured in one round",
    "save": "a run is written to results/",
    "detect": "publish: changes are looked for",
    "layout": "publish: what stands on which page",
    "render": "publish: a page becomes text",
    "write": "publish: a file is written, or found unchanged",
    "look": "bisect: a commit is measured for some rounds more",
}
FOREIGN = frozenset({"build", "install", "discover", "preload", "setup_cache", "case"})  # may take the machine down
LONGEST = 500
LONGEST_OUTPUT = 4000
STDERR = 2


class Log:
    """Writes the steps it is told of to the end of a file, or to stderr; a line that cannot be written is counted."""

    def __init__(self, path: Path | None, run: str, since_s: float | None = None) -> None:
        """Open the file (None: stderr); `since_s` is the perf_counter that `at_s` counts from; raises OSError."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._file = STDERR if path is None else os.open(path, flags, 0o644)
        self._since_s = perf_counter() if since_s is None else since_s
        self._cut = path is not None and path.is_file() and _ends_cut(path)
        self._run = run
        self.lost = 0

    def ended(self, span: Span) -> None:
        """Write the line of a step that is over."""
        fields = dict(span.fields)
        error = str(fields.pop("error", "") or span.error)
        outcome = fields.pop("outcome", None) or _outcome(span.error)
        costs = {"dur_s": round(span.dur_s, 6), "cpu_s": round(span.cpu_s, 6), "maxrss": span.maxrss or None}
        self._write(span, fields, {**costs, "load": _load(), "outcome": outcome, "error": error})

    def began(self, span: Span) -> None:
        """Write that a step has begun, if it is one that runs foreign code."""
        if span.name in FOREIGN:
            nothing = dict.fromkeys(("dur_s", "cpu_s", "maxrss"))
            self._write(span, dict(span.fields), {**nothing, "load": _load(), "outcome": "begun", "error": ""})

    def close(self) -> None:
        """Let go of the file."""
        if self._file != STDERR:
            os.close(self._file)

    def _append(self, line: Mapping[str, object]) -> None:
        """Append a line in one write; what JSON does not know is written as Python shows it."""
        whole = json.dumps({key: _shortened(key, value) for key, value in line.items()}, default=repr).encode() + b"\n"
        if self._cut:  # the line before it was: begin a new one
            whole = b"\n" + whole
        try:
            self._cut = os.write(self._file, whole) != len(whole)
        except OSError:
            self.lost += 1
        else:
            self.lost += self._cut

    def _write(self, span: Span, fields: dict[str, object], judged: Mapping[str, object]) -> None:
        """Write a line; what the step has beyond KEYS stands at its end."""
        where = {key: fields.pop(key, None) for key in ("commit", "environment", "benchmark")}
        when = datetime.fromtimestamp(span.start_s, UTC).isoformat(timespec="milliseconds")
        ids = {"id": span.id, "parent": span.parent, "pid": span.pid, "thread": span.thread}
        at_s = round(span.tick_s - self._since_s, 6)
        what = {"schema": SCHEMA, "run": self._run, "time": when, "at_s": at_s, "step": span.name}
        self._append({**what, **where, **judged, **ids, **fields})


def _shortened(key: str, value: object) -> object:
    """Cut a text; half characters, which no reader need take, are replaced."""
    if not isinstance(value, str):
        return value
    text = value.encode(errors="replace").decode()
    if key == "output":
        return text if len(text) <= LONGEST_OUTPUT else f"[...]{text[-LONGEST_OUTPUT:]}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}[...]"


def _outcome(error: str) -> str:
    """Return the outcome of a step that names none itself."""
    if error.startswith("KeyboardInterrupt"):
        return "interrupted"
    return "error" if error else "ok"


def _load() -> float | None:
    """Return the load average over one minute, None where the system has none."""
    with contextlib.suppress(AttributeError, OSError):
        return round(os.getloadavg()[0], 2)
    return None


def _ends_cut(path: Path) -> bool:
    """Return whether a file's last line has no end."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
