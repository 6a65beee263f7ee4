"""The processes that follow a control file, as they tell of themselves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_runner.instrument import status, whereabouts
from bench_runner.instrument.histogram import Histogram

MOST_BYTES = 16 * 2**20  # read of one file


@dataclass(frozen=True, slots=True)
class Profile:
    """The last profile a process took: `files` when it is over, `problem` when it failed."""

    id: str
    on: bool
    files: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class Worker:
    """One process at one moment: `tick_s` is a clock that never jumps, `cpu_s` and `histograms` are since it began."""

    pid: int
    tick_s: float
    command: str
    timed: tuple[str, ...]
    functions: int
    until_s: float
    left_s: float
    mtime_ns: int | None
    cpu_s: float
    rss_bytes: int
    threads: int
    profile: Profile | None
    failures: Mapping[str, tuple[int, str]]
    histograms: Mapping[str, Histogram]

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Worker":
        """Return what a process has told; KeyError, TypeError, ValueError or AttributeError when it is damaged."""
        if told["version"] != status.VERSION:
            raise ValueError(f"status of version {told['version']!r}, this program reads {status.VERSION}")
        control, profile = told["control"], told["profile"]
        return cls(
            pid=int(told["pid"]),
            tick_s=float(told["tick_s"]),
            command=str(told["command"]),
            timed=tuple(map(str, control["timed"])),
            functions=int(told["timed"]),
            until_s=float(control["until_s"]),
            left_s=float(control["left_s"]),
            mtime_ns=control["mtime_ns"],
            cpu_s=float(told["cpu_s"]),
            rss_bytes=int(told["rss_bytes"]),
            threads=int(told["threads"]),
            profile=_profile(profile) if profile else None,
            failures={name: (int(one["count"]), str(one["message"])) for name, one in told["failures"].items()},
            histograms={name: Histogram.from_dict(one) for name, one in told["histograms"].items()},
        )


def workers(path: Path) -> list[Worker]:
    """Return the living processes that follow a control file, by pid; what is damaged is left out."""
    found = []
    for file in sorted(Path(status.folder(str(path))).glob(f"*{status.ENDING}")):
        try:
            with file.open("rb") as opened:
                one = Worker.from_dict(json.loads(opened.read(MOST_BYTES)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue  # it may be on its way out
        if file.name == f"{one.pid}{status.ENDING}" and whereabouts.alive(one.pid):
            found.append(one)
    return sorted(found, key=lambda one: one.pid)


def _profile(told: Mapping[str, Any]) -> Profile:
    return Profile(str(told["id"]), bool(told["on"]), tuple(map(str, told["files"])), str(told["problem"]))
