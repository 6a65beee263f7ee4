"""Comparisons as a sheet, in benchstat's manner: both centres with their spread, the change, or ~ for undecided."""

import math
from collections import Counter
from collections.abc import Sequence

from bench_runner import units
from bench_runner.model.change import Comparison
from bench_runner.model.metric import Metric
from bench_runner.model.sample import Summary
from bench_runner.report import spread
from bench_runner.report.sheet import Data, Sheet

SCHEMA = "bench_runner.compare/1"
MARKS = {"slower": "worse", "faster": "better", "failed": "failed", "missing": "missing"}
UNDECIDED = "~"
# A reason of these is about a commit or a machine: it is said once for all rows that share it.
SHARED = {"failed", "missing", "new", "unlike"}
DATA = (
    *("benchmark", "metric", "unit", "before", "before_low", "before_high", "before_rounds"),
    *("after", "after_low", "after_high", "after_rounds", "ratio", "ratio_low", "ratio_high"),
    *("q", "verdict", "reason", "environment", "machine"),
)


def sheet(comparisons: Sequence[Comparison], before: str, after: str) -> Sheet:
    """Return the table of a comparison, most certain changes first, then by name."""
    rows = sorted(comparisons, key=_rank)
    counts, shared = Counter(one.verdict for one in rows), _shared(rows)
    spoken = Counter(one.metric.says(one.verdict) for one in rows)
    places = _places(rows)
    return Sheet(
        title=f"{before} -> {after}",
        columns=("benchmark", *places, "before", "after", "change", "95 %", "q", "n", "verdict"),
        right=frozenset({"before", "after", "change", "95 %", "q", "n"}),
        cells=tuple((*_place(one, places), *_cells(one), _said(one, shared)) for one in rows),
        marks=tuple(MARKS.get(one.verdict, "") for one in rows),
        notes=(_counted(spoken), *shared),
        document={
            "schema": SCHEMA,
            "before": before,
            "after": after,
            "counts": dict(sorted(counts.items())),
            "cells": [_entry(one) for one in rows],
        },
        data=Data(DATA, tuple(_record(one) for one in rows)),
    )


def _counted(counts: Counter[str]) -> str:
    """Return how many rows there are of each verdict."""
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "nothing to compare"


def _rank(one: Comparison) -> tuple[int, float, str, str, str]:
    """Put changed ones first, the largest on top, then those without a number, then the rest by name."""
    order = {"slower": 0, "faster": 1, "failed": 2, "missing": 2, "unlike": 3}
    size = -abs(math.log(one.ratio)) if one.verdict in {"slower", "faster"} and one.ratio > 0 else 0.0
    return order.get(one.verdict, 4), size, one.case.id, one.environment, one.machine


def _shared(rows: Sequence[Comparison]) -> list[str]:
    """Return the reasons that several rows share and that have more to say than their first words."""
    counts = Counter(one.reason for one in rows if one.verdict in SHARED and ": " in one.reason)
    return [reason for reason, number in counts.items() if number > 1]


def _places(rows: Sequence[Comparison]) -> tuple[str, ...]:
    """Return the columns that tell rows of several environments or machines apart."""
    several = {
        "environment": len({one.environment for one in rows}) > 1,
        "machine": len({one.machine for one in rows}) > 1,
    }
    return tuple(name for name, shown in several.items() if shown)


def _place(one: Comparison, places: Sequence[str]) -> tuple[str, ...]:
    """Return the case and where it was measured."""
    where = {"environment": one.environment, "machine": one.machine}
    return (one.case.id, *(where[name] for name in places))


def _said(one: Comparison, shared: Sequence[str]) -> str:
    """Return the verdict with its reason, of one that stands in the notes only its first words."""
    reason = one.reason.partition(": ")[0] if one.verdict in SHARED and one.reason in shared else one.reason
    word = one.metric.says(one.verdict)
    return f"{word}: {reason}" if reason else word


def _cells(one: Comparison) -> tuple[str, ...]:
    """Return the numbers of the printed row."""
    return (
        _centre(one.before, one.metric),
        _centre(one.after, one.metric),
        change(one),
        ""
        if one.ratio_low == one.ratio_high
        else spread.between(one.ratio, one.ratio_low, one.ratio_high, units.percent),
        f"{one.p:.2g}" if math.isfinite(one.p) else "",
        f"{one.before.n if one.before else 0}+{one.after.n if one.after else 0}",
    )


def change(one: Comparison) -> str:
    """Return the change where there is one or none was tested, "~" where a test saw none, "" without two numbers."""
    if not math.isfinite(one.ratio):
        return ""
    untested = one.verdict == "undecided" and math.isnan(one.p)
    return units.percent(one.ratio) if untested or one.verdict in {"slower", "faster", "unlike"} else UNDECIDED


def _centre(summary: Summary | None, metric: Metric) -> str:
    """Return "2.13 ms ± 3 %": the centre and half of its interval; "1,002 calls" where there is no noise."""
    if summary is None or not math.isfinite(summary.centre):
        return "-"
    if metric.exact and summary.low == summary.high:
        return units.exactly(summary.centre, metric.unit)
    share = spread.percent(summary.centre, summary.low, summary.high)
    return f"{units.show(summary.centre, metric.unit)} {share}".rstrip()


def _entry(one: Comparison) -> dict[str, object]:
    """Return the row for programs."""
    return {
        "id": one.case.id,
        "benchmark": one.case.benchmark,
        "params": list(one.case.params),
        "metric": one.metric.name,
        "unit": one.metric.unit,
        "better": one.metric.better,
        "before": _numbers(one.before),
        "after": _numbers(one.after),
        "ratio": one.ratio,
        "ci95": spread.bounds(one.ratio_low, one.ratio_high),
        "q": one.p,
        "verdict": one.verdict,
        "reason": one.reason,
        "environment": one.environment,
        "machine": one.machine,
    }


def _record(one: Comparison) -> tuple[str | float | None, ...]:
    """Return the row of DATA."""
    sides = [
        (side.centre, side.low, side.high, side.n) if side else (None, None, None, 0)
        for side in (one.before, one.after)
    ]
    low, high = spread.bounds(one.ratio_low, one.ratio_high) or (None, None)
    return (
        *(one.case.id, one.metric.name, one.metric.unit),
        *(*sides[0], *sides[1], one.ratio, low, high),
        *(one.p, one.verdict, one.reason, one.environment, one.machine),
    )


def _numbers(summary: Summary | None) -> dict[str, object] | None:
    if summary is None:
        return None
    warnings = list(summary.warnings)
    interval = spread.bounds(summary.low, summary.high)
    return {"centre": summary.centre, "ci99": interval, "n": summary.n, "warnings": warnings}
