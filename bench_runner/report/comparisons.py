"""Comparisons as a sheet, in benchstat's manner: both centres with their spread, the change, or ~ for undecided."""

import math
from collections import Counter
from collections.abc import Sequence

from bench_runner import units
from bench_runner.model.change import Comparison
from bench_runner.model.sample import Summary
from bench_runner.report.sheet import Sheet

SCHEMA = "bench_runner.compare/1"
MARKS = {"slower": "worse", "faster": "better", "failed": "failed", "missing": "missing"}
UNDECIDED = "~"


def sheet(comparisons: Sequence[Comparison], before: str, after: str) -> Sheet:
    """Return the table of a comparison, most certain changes first, then by name."""
    rows = sorted(comparisons, key=_rank)
    counts = Counter(one.verdict for one in rows)
    return Sheet(
        title=f"{before} -> {after}",
        columns=("benchmark", "before", "after", "change", "95 %", "q", "n", "verdict"),
        right=frozenset({"before", "after", "change", "95 %", "q", "n"}),
        cells=tuple(_cells(one) for one in rows),
        marks=tuple(MARKS.get(one.verdict, "") for one in rows),
        notes=(", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "nothing to compare",),
        document={
            "schema": SCHEMA,
            "before": before,
            "after": after,
            "counts": dict(sorted(counts.items())),
            "cells": [_entry(one) for one in rows],
        },
    )


def _rank(one: Comparison) -> tuple[int, float, str]:
    """Put changed ones first, the largest on top, then those without a number, then the rest by name."""
    order = {"slower": 0, "faster": 1, "failed": 2, "missing": 2, "unlike": 3}
    size = -abs(math.log(one.ratio)) if one.verdict in {"slower", "faster"} and one.ratio > 0 else 0.0
    return order.get(one.verdict, 4), size, one.case.id


def _cells(one: Comparison) -> tuple[str, ...]:
    """Return the printed row."""
    unit = one.metric.unit
    said = one.verdict if not one.reason else f"{one.verdict}: {one.reason}"
    return (
        one.case.id,
        _centre(one.before, unit),
        _centre(one.after, unit),
        change(one),
        f"{units.percent(one.ratio_low)} .. {units.percent(one.ratio_high)}" if math.isfinite(one.ratio_high) else "",
        f"{one.p:.2g}" if math.isfinite(one.p) else "",
        f"{one.before.n if one.before else 0}+{one.after.n if one.after else 0}",
        said,
    )


def change(one: Comparison) -> str:
    """Return the change where there is one, "~" where nothing can be said, "" where nothing was compared."""
    if not math.isfinite(one.ratio):
        return ""
    return units.percent(one.ratio) if one.verdict in {"slower", "faster", "unlike"} else UNDECIDED


def _centre(summary: Summary | None, unit: str) -> str:
    """Return "2.13 ms ± 3 %": the centre and half of its interval."""
    if summary is None or not math.isfinite(summary.centre):
        return "-"
    half = (summary.high - summary.low) / 2
    spread = 100 * half / abs(summary.centre) if summary.centre and math.isfinite(half) else math.nan
    return units.show(summary.centre, unit) + (f" ± {spread:.0f} %" if math.isfinite(spread) else "")


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
        "ci95": [one.ratio_low, one.ratio_high],
        "q": one.p,
        "verdict": one.verdict,
        "reason": one.reason,
    }


def _numbers(summary: Summary | None) -> dict[str, object] | None:
    if summary is None:
        return None
    warnings = list(summary.warnings)
    return {"centre": summary.centre, "ci99": [summary.low, summary.high], "n": summary.n, "warnings": warnings}
