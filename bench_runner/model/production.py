"""What all processes of a release did in one stretch of time in production."""

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.windows import Window

T = TypeVar("T")
PREFIX = "prod:"  # begins the name of every machine that stands for a service in production
KIND = "production"  # of benchmarks that nobody runs: their numbers come from there
NANO = 10**9  # sums are whole numbers of 1e-9, so that they do not depend on the order of adding
_SUMS = ("_s", "faults", "switches")  # endings of resources that add up; of all others the most counts


def machine_of(service: str) -> str:
    """Return the name of the machine that stands for a service."""
    return PREFIX + service


def is_production(machine: str) -> bool:
    """Whether a machine stands for a service in production."""
    return machine.startswith(PREFIX)


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A process's window that went into a joint one: when it started, the process, and a digest of all it said."""

    start_s: float
    pid: int
    digest: str


@dataclass(frozen=True, slots=True)
class JointWindow:
    """The windows of all processes of a release that start in one stretch of time.

    Stretches of `width_s` seconds are counted from 1970, so that the same window always falls into the same one.
    `spent_ns` adds up what its members lasted. `counters` hold unit and sum, `sums` the resources that add up, both in
    1e-9; of the resources in `levels` the process with the most counts.
    """

    start_ms: int
    width_s: int
    members: tuple[Member, ...]
    spent_ns: int
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    counters: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, window: Window, width_s: int) -> "JointWindow":
        """Return the joint window of a single one."""
        resources = window.resources
        return cls(
            start_ms=math.floor(window.start_s) // width_s * width_s * 1000,
            width_s=width_s,
            members=(Member(float(window.start_s), window.pid, digest(window)),),
            spent_ns=_nano(window.end_s - window.start_s),
            histograms=dict(window.histograms),
            counters={name: (str(one["unit"]), _nano(one["value"])) for name, one in window.counters.items()},
            levels={name: float(value) for name, value in resources.items() if not name.endswith(_SUMS)},
            sums={name: _nano(value) for name, value in resources.items() if name.endswith(_SUMS)},
        )

    @property
    def processes(self) -> int:
        """How many processes took part."""
        return len({one.pid for one in self.members})


def joined(parts: Sequence[JointWindow]) -> JointWindow:
    """Return joint windows of one stretch as one, the same in any order; no member may be in two of them."""
    return JointWindow(
        start_ms=parts[0].start_ms,
        width_s=parts[0].width_s,
        members=tuple(sorted(member for one in parts for member in one.members)),
        spent_ns=sum(one.spent_ns for one in parts),
        histograms=_merged(one.histograms for one in parts),
        counters=_counted(one.counters for one in parts),
        levels={name: max(values) for name, values in _gathered(one.levels for one in parts).items()},
        sums={name: sum(values) for name, values in _gathered(one.sums for one in parts).items()},
    )


def cut(windows: Iterable[JointWindow]) -> list[JointWindow]:
    """Return joint windows in the order of time, those of one stretch joined."""
    stretches: dict[int, list[JointWindow]] = defaultdict(list)
    for one in windows:
        stretches[one.start_ms].append(one)
    return [joined(stretches[start]) for start in sorted(stretches)]


def digest(window: Window) -> str:
    """Return eight hex digits that tell windows apart which call themselves the same."""
    return hashlib.sha256(json.dumps(window.to_dict(), sort_keys=True).encode()).hexdigest()[:8]


def _nano(value: object) -> int:
    """Return a number in 1e-9, exactly for a whole one."""
    return value * NANO if isinstance(value, int) else round(float(str(value)) * NANO)


def _merged(found: Iterable[Mapping[str, Histogram]]) -> dict[str, Histogram]:
    """Return the histograms of each name in one, by name."""
    merged: dict[str, Histogram] = {}
    for histograms in found:
        for name, one in histograms.items():
            merged.setdefault(name, Histogram()).merge(one)
    return dict(sorted(merged.items()))


def _counted(found: Iterable[Mapping[str, tuple[str, int]]]) -> dict[str, tuple[str, int]]:
    """Return the sum of each counter, by name; of two units the first of the alphabet."""
    gathered = _gathered(found)
    return {name: (min(unit for unit, _ in some), sum(value for _, value in some)) for name, some in gathered.items()}


def _gathered(found: Iterable[Mapping[str, T]]) -> dict[str, list[T]]:
    """Return all values of each name, by name."""
    gathered: dict[str, list[T]] = defaultdict(list)
    for one in found:
        for name, value in one.items():
            gathered[name].append(value)
    return dict(sorted(gathered.items()))
