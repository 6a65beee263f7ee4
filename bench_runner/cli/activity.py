"""What several processes did between two readings, added up by function."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench_runner.cli.following import Worker
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.lives import ELAPSED


@dataclass(frozen=True, slots=True)
class Function:
    """Calls of one name: `share` is the time in it, with all it calls; 1.0 is one thread that is always in it."""

    name: str
    calls: int
    calls_per_s: float
    p50_s: float
    p99_s: float
    share: float


@dataclass(frozen=True, slots=True)
class Load:
    """What one process used: `cpu` of 1.0 is one processor."""

    worker: Worker
    cpu: float


@dataclass(frozen=True, slots=True)
class Activity:
    """What was going on for `seconds`, the hottest function first."""

    seconds: float
    functions: Sequence[Function]
    loads: Sequence[Load]


def between(before: Sequence[Worker], now: Sequence[Worker]) -> Activity:
    """Return what processes did since a reading before; one that was not in it has just begun, and counts whole."""
    known = {one.pid: one for one in before}
    merged: dict[str, Histogram] = {}
    spans, rates = [0.0], dict[str, float]()
    loads = []
    for one in now:
        earlier = known.get(one.pid)
        seconds = one.tick_s - earlier.tick_s if earlier else 0.0
        spans.append(seconds)
        loads.append(Load(one, (one.cpu_s - earlier.cpu_s) / seconds if earlier and seconds > 0 else 0.0))
        for name, histogram in one.histograms.items():
            recent = since(histogram, earlier.histograms.get(name) if earlier else None)
            merged.setdefault(name, Histogram()).merge(recent)
            rates[name] = rates.get(name, 0.0) + (recent.count / seconds if seconds > 0 else 0.0)
    longest = max(spans)
    functions = [_function(name, one, rates[name], longest) for name, one in merged.items() if one.count]
    functions.sort(key=lambda one: (one.name.endswith(ELAPSED), -one.share, -one.calls, one.name))
    return Activity(longest, functions, loads)


def since(now: Histogram, before: Histogram | None) -> Histogram:
    """Return what was recorded after an earlier reading of the same; all of it where that is no earlier one."""
    try:
        return now if before is None else now.since(before)
    except ValueError:  # it was cleared, or another process has the number now
        return now


def _function(name: str, one: Histogram, calls_per_s: float, seconds: float) -> Function:
    p50, p99 = one.quantile(0.5) or 0, one.quantile(0.99) or 0
    share = one.sum_ns / 1e9 / seconds if seconds > 0 else 0.0
    return Function(name, one.count, calls_per_s, p50 / 1e9, p99 / 1e9, share)
