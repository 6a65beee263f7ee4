"""Series with states as a sheet: between which levels each goes back and forth."""

from collections.abc import Sequence

from bench_runner import units
from bench_runner.model.restless import Restless
from bench_runner.report.sheet import Data, Sheet

SCHEMA = "bench_runner.restless/1"
DATA = ("benchmark", "metric", "unit", "low", "high", "levels", "stretches", "since", "machine", "environment")


def restless_sheet(series: Sequence[Restless]) -> Sheet:
    """Return the table, in the order given."""
    return Sheet(
        title=f"{units.count(len(series), 'series', 'series')} with states: they come and go with no commit to blame",
        columns=("benchmark", "goes back and forth between", "stretches", "machine", "environment"),
        right=frozenset({"stretches"}),
        cells=tuple(
            (one.key.case.id, between(one), str(one.stretches), one.key.machine, one.key.environment) for one in series
        ),
        marks=("",) * len(series),
        document={"schema": SCHEMA, "restless": [restless_entry(one) for one in series]},
        data=Data(DATA, tuple(_record(one) for one in series)),
    )


def between(one: Restless) -> str:
    """Return the levels in words."""
    *words, last = (units.show(level, one.metric.unit) for level in one.levels)
    return f"{', '.join(words)} and {last}"


def restless_entry(one: Restless) -> dict[str, object]:
    """Return a series for programs."""
    return {
        "benchmark": one.key.case.id,
        "metric": one.metric.name,
        "unit": one.metric.unit,
        "levels": list(one.levels),
        "stretches": one.stretches,
        "since": one.since,
        "machine": one.key.machine,
        "environment": one.key.environment,
    }


def _record(one: Restless) -> tuple[str | float | None, ...]:
    """Return the row of DATA."""
    ends = (one.levels[0], one.levels[-1], len(one.levels), one.stretches)
    name = (one.key.case.id, one.metric.name, one.metric.unit)
    return (*name, *ends, one.since, one.key.machine, one.key.environment)
