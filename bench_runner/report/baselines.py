"""Baselines as sheets: the list of all, and one with its values."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median

from bench_runner import units
from bench_runner.model.baseline import EVERY, Baseline
from bench_runner.model.benchmark import Benchmark
from bench_runner.report.sheet import Data, Sheet

SCHEMA = "bench_runner.baselines/1"


def listed(baselines: Sequence[Baseline]) -> Sheet:
    """Return a row for each baseline."""
    return Sheet(
        title=units.count(len(baselines), "baseline"),
        columns=("name", "commit", "set", "by", "cases", "allowed", "why"),
        right=frozenset({"cases"}),
        cells=tuple(
            (one.name, one.commit_sha[:8], _day(one.set_ms), one.by, str(size(one)), allowed(one), one.reason)
            for one in baselines
        ),
        document={"schema": SCHEMA, "baselines": [{"name": one.name, "commit": one.commit_sha} for one in baselines]},
        data=Data(
            ("name", "commit", "set_ms", "by", "cases", "allowed", "why"),
            tuple(
                (one.name, one.commit_sha, one.set_ms, one.by, size(one), allowed(one), one.reason) for one in baselines
            ),
        ),
    )


def one(baseline: Baseline, benchmarks: Mapping[str, Benchmark]) -> Sheet:
    """Return the values that a baseline holds."""
    rows = [
        (name, environment, machine, centres)
        for machine, environments in sorted(baseline.values.items())
        for environment, cases in sorted(environments.items())
        for name, centres in sorted(cases.items())
    ]
    return Sheet(
        title=f"{baseline.name}: {_said(baseline)}",
        columns=("benchmark", "centre", "rounds", "environment", "machine"),
        right=frozenset({"centre", "rounds"}),
        cells=tuple(
            (name, units.show(median(centres), _unit(name, benchmarks)), str(len(centres)), environment, machine)
            for name, environment, machine, centres in rows
        ),
        notes=(
            *((baseline.reason,) if baseline.reason else ()),
            *((f"allowed: {allowed(baseline)}",) if baseline.allowance else ()),
            *(f"before: {_said(one)}{f': {one.reason}' if one.reason else ''}" for one in baseline.before),
        ),
        document={
            "schema": SCHEMA,
            "name": baseline.name,
            "commit": baseline.commit_sha,
            "by": baseline.by,
            "allowance": dict(baseline.allowance),
            "values": baseline.values,
        },
        data=Data(
            ("benchmark", "unit", "centre", "rounds", "environment", "machine"),
            tuple(
                (name, _unit(name, benchmarks), median(centres), len(centres), environment, machine)
                for name, environment, machine, centres in rows
            ),
        ),
    )


def allowed(baseline: Baseline) -> str:
    """Return by how much metrics may get worse: "time 5 %, all others 2 %"."""
    shares = sorted(baseline.allowance.items(), key=lambda one: (one[0] == EVERY, one[0]))
    rest = "all" if len(shares) == 1 else "all others"
    return ", ".join(f"{rest if name == EVERY else name} {100 * share:g} %" for name, share in shares)


def _said(baseline: Baseline) -> str:
    """Return the commit, when it was set, and by whom."""
    return f"{baseline.commit_sha[:8]}, set {_day(baseline.set_ms)}{f' by {baseline.by}' if baseline.by else ''}"


def size(baseline: Baseline) -> int:
    """Return how many cases are held, over all machines and environments."""
    return sum(len(cases) for environments in baseline.values.values() for cases in environments.values())


def _unit(name: str, benchmarks: Mapping[str, Benchmark]) -> str:
    known = benchmarks.get(name.partition("(")[0])
    return known.metric.unit if known else "unit"


def _day(time_ms: int) -> str:
    """Return the day; a file may hold a number that no calendar reaches."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return "on an unknown day"
