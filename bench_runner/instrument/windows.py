"""What one process measured between two moments, as a line of strict JSON in a file of that process.

    {"schema": 1, "service": "shop", "commit": "<sha or tag>", "environment": "prod-eu", "pid": 4711,
     "start_s": 1790000000.0, "end_s": 1790000060.0,
     "histograms": {"shop.checkout:charge": {...}},         as `Histogram.to_dict`, of this window alone
     "counters": {"orders": {"unit": "1", "value": 17}},    of this window alone
     "resources": {"cpu_s": 1.9, "rss_bytes": 12345678}}    of `Resources` what is known: sums of it, last levels

A process appends to DIR/<service>-<pid>-<start_ns>.jsonl, one write for each line.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench_runner.instrument.histogram import Histogram

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Window:
    """Names and numbers of one process; times are the wall clock's, `end_s - start_s` is that of a steady one."""

    service: str
    commit: str
    environment: str
    pid: int
    start_s: float
    end_s: float
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    counters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    resources: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return it as what strict JSON knows."""
        return {
            "schema": SCHEMA,
            "service": self.service,
            "commit": self.commit,
            "environment": self.environment,
            "pid": self.pid,
            "start_s": self.start_s,
            "end_s": self.end_s,
            "histograms": {name: one.to_dict() for name, one in self.histograms.items()},
            "counters": {name: dict(one) for name, one in self.counters.items()},
            "resources": dict(self.resources),
        }

    def to_line(self) -> bytes:
        """Return its line in a file, ASCII whatever the names hold."""
        return json.dumps(self.to_dict(), allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def from_dict(cls, data: object) -> "Window":
        """Return what `to_dict` told; ValueError names what cannot be. Keys that it does not know are left out."""
        known = _mapping(data, "it")
        if known.get("schema") != SCHEMA:
            raise ValueError(f"window of schema {known.get('schema')!r}, this program reads {SCHEMA}")
        start_s, end_s = (_number(known.get(key), key) for key in ("start_s", "end_s"))
        if start_s > end_s:
            raise ValueError(f"window that ends at {_shown(end_s)}, before it starts at {_shown(start_s)}")
        return cls(
            service=_text(known.get("service"), "service"),
            commit=_text(known.get("commit"), "commit"),
            environment=_text(known.get("environment"), "environment"),
            pid=_natural(known.get("pid"), "pid"),
            start_s=start_s,
            end_s=end_s,
            histograms=dict(_histograms(_mapping(known.get("histograms", {}), "histograms"))),
            counters=dict(_counters(_mapping(known.get("counters", {}), "counters"))),
            resources=dict(_resources(_mapping(known.get("resources", {}), "resources"))),
        )


def read(folder: "str | os.PathLike[str]") -> Iterator[Window]:
    """Yield the windows of all files in a folder, file by file.

    A last line without its end is still being written, or its process was killed: it is left out. ValueError names
    the file and line of what else is damaged.
    """
    for name in sorted(os.listdir(folder)):  # noqa: PTH208 - as elsewhere in here, without pathlib
        if name.endswith(".jsonl"):
            yield from read_file(os.path.join(folder, name))  # noqa: PTH118 - the same


def read_file(path: "str | os.PathLike[str]") -> Iterator[Window]:
    """Yield the windows of one file, as `read` does."""
    with open(path, "rb") as file:  # noqa: PTH123 - the same
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                try:
                    yield Window.from_dict(json.loads(line, parse_constant=_no_number))
                except (ValueError, RecursionError) as error:
                    raise ValueError(f"{os.fspath(path)}, line {number}: {error}") from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number of strict JSON")


def _histograms(data: Mapping[str, object]) -> Iterator[tuple[str, Histogram]]:
    for name, one in data.items():
        try:
            yield name, Histogram.from_dict(_mapping(one, "it"))
        except ValueError as error:
            raise ValueError(f"{name!r}: {error}") from error


def _counters(data: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for name, one in data.items():
        known = _mapping(one, f"counter {name!r}")
        unit, value = known.get("unit"), known.get("value")
        yield name, {"unit": _text(unit, f"unit of {name!r}"), "value": _natural(value, f"value of {name!r}")}


def _resources(data: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for name, one in data.items():
        yield name, _number(one, name)


def _mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"window in which {what} is {_shown(value)}, not an object")  # noqa: TRY004 - damaged, not a wrong call
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"window with {what} {_shown(value)}, not text")  # noqa: TRY004 - the same
    return value


def _natural(value: object, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"window with {what} {_shown(value)}, not a natural number")
    return value


def _number(value: object, what: str) -> float:
    """Return a number as it is written."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise ValueError(f"window with {what} {_shown(value)}, not a number of 0 or more")
    return value


def _shown(value: object) -> str:
    """Return the beginning of a value that may be long, and a number that Python would not write."""
    try:
        return repr(value)[:100]
    except ValueError:
        return "a number of thousands of digits"
