"""What a process tells of itself to whoever is attached: a small file that is replaced as a whole.

    <control file>.d/<pid>.json

It is written when something was switched, and once per poll while somebody is attached. It holds, beside what is on
and what failed, the histograms of the HOTTEST names since the process began: two readings give rates and quantiles of
the time between them. It stays behind when a process is killed; the next process to write one removes it.
"""

import os
import sys
import time

from bench_runner.instrument import registry, swapping
from bench_runner.instrument.control_file import Control, Mark, replace
from bench_runner.instrument.whereabouts import forget_dead, private_folder, remove

VERSION = 1
HOTTEST = 100  # names, by the time spent in them: about 1 kB each
MOST_FAILURES = 20
ENDING = ".json"


class Seen:
    """A version of a control file, and when this process saw it."""

    __slots__ = ("at_s", "changes", "mark")

    def __init__(self, mark: Mark | None, at_s: float, changes: int) -> None:
        self.mark, self.at_s, self.changes = mark, at_s, changes


def folder(path: str) -> str:
    """Return where the processes that follow a control file tell of themselves."""
    return f"{path}.d"


def write(path: str, control: Control, seen: Seen, profile: dict[str, object]) -> None:
    """Tell how this process is; OSError or ValueError when it cannot."""
    import json

    place = private_folder(folder(path))
    file = f"{place}/{os.getpid()}{ENDING}"
    if not os.path.exists(file):  # noqa: PTH110 - pathlib takes long to import
        forget_dead(place, ENDING)
    told = {
        "version": VERSION,
        "pid": os.getpid(),
        "at_s": time.time(),
        "tick_s": time.monotonic(),
        "command": " ".join(sys.argv)[: registry.LONGEST],
        "control": _control(control, seen),
        "timed": len(swapping.timed_names()),
        "profile": profile,
        "failures": _failures(),
        **costs(),
        "histograms": _hottest(),
    }
    replace(file, json.dumps(told).encode(), 0o600)


def take_away(path: str) -> None:
    """Remove what this process has told."""
    remove(f"{folder(path)}/{os.getpid()}{ENDING}")


def costs() -> dict[str, object]:
    """Return the CPU seconds of this process, and the bytes it holds now (at most, where the system tells no more)."""
    return {"cpu_s": time.process_time(), "rss_bytes": _rss(), "threads": len(sys._current_frames())}  # noqa: SLF001 - the only way to count all


def _control(control: Control, seen: Seen) -> dict[str, object]:
    left_s = control.until.left_s()
    mtime_ns = seen.mark[0] if seen.mark else None
    return {
        "timed": list(control.timed) if left_s > 0 else [],
        "until_s": control.until.until_s,
        "left_s": max(0.0, left_s),
        "mtime_ns": mtime_ns,
        "seen_s": seen.at_s,
        "changes": seen.changes,
    }


def _failures() -> dict[str, object]:
    first = list(registry.failures().items())[:MOST_FAILURES]
    return {name: {"count": one.count, "message": one.message} for name, one in first}


def _hottest() -> dict[str, object]:
    every = sorted(registry.histograms().items(), key=lambda item: -item[1].sum_ns)
    return {name: one.to_dict() for name, one in every[:HOTTEST]}


def _rss() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - as above
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _most_rss()


def _most_rss() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024)
