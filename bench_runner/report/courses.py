"""What series do by themselves as a sheet: between which levels they go back and forth, and how far they drift."""

import math
from collections.abc import Sequence

from bench_runner import units
from bench_runner.model.course import Course
from bench_runner.report.sheet import Data, Sheet
from bench_runner.stats.scaling import quotient

SCHEMA = "bench_runner.courses/1"
DATA = (
    *("benchmark", "metric", "unit", "kind", "low", "high", "levels", "stretches", "commits", "worse"),
    *("first", "last", "machine", "environment"),
)


def course_sheet(courses: Sequence[Course]) -> Sheet:
    """Return the table, in the order given."""
    return Sheet(
        title=f"{units.count(len(courses), 'series', 'series')} with states or a drift, no single commit to blame",
        columns=("benchmark", "what it does", "machine", "environment"),
        right=frozenset(),
        cells=tuple((one.key.case.id, told(one), one.key.machine, one.key.environment) for one in courses),
        marks=tuple("worse" if one.worse else "" for one in courses),
        document={"schema": SCHEMA, "courses": [course_entry(one) for one in courses]},
        data=Data(DATA, tuple(_record(one) for one in courses)),
    )


def told(one: Course) -> str:
    """Return a course in words."""
    *words, last = (units.show(level, one.metric.unit) for level in one.levels)
    if one.kind == "states":
        return f"goes back and forth between {', '.join(words)} and {last} ({one.stretches} stretches)"
    ratio = quotient(*one.levels)
    moved = f"{units.percent(ratio)} ({words[0]} to {last})" if math.isfinite(ratio) else f"from {words[0]} to {last}"
    return f"drifts {moved} within {units.count(one.commits, 'commit')}, {one.first[:8]} to {one.last[:8]}"


def course_entry(one: Course) -> dict[str, object]:
    """Return a course for programs."""
    return {
        "benchmark": one.key.case.id,
        "metric": one.metric.name,
        "unit": one.metric.unit,
        "kind": one.kind,
        "levels": list(one.levels),
        "stretches": one.stretches,
        "commits": one.commits,
        "worse": one.worse,
        "first": one.first,
        "last": one.last,
        "machine": one.key.machine,
        "environment": one.key.environment,
    }


def _record(one: Course) -> tuple[str | float | None, ...]:
    """Return the row of DATA."""
    name = (one.key.case.id, one.metric.name, one.metric.unit, one.kind)
    ends = (one.levels[0], one.levels[-1], len(one.levels), one.stretches, one.commits, one.worse)
    return (*name, *ends, one.first, one.last, one.key.machine, one.key.environment)
