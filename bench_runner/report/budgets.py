"""Budgets as a sheet: which are exceeded, by what level, against which limit."""

import math
from collections import Counter
from collections.abc import Sequence

from bench_runner import units
from bench_runner.model.budget import BudgetVerdict, Estimate
from bench_runner.model.policy import Budget
from bench_runner.report.sheet import Data, Sheet

SCHEMA = "bench_runner.budgets/1"
COLUMNS = ("budget", "benchmark", "level", "worse by", "since", "machine", "environment", "reason")
DATA = (
    *("benchmark", "machine", "environment", "unit", "verdict", "budget", "limit", "level", "level_low", "level_high"),
    *("worse", "worse_low", "worse_high", "since", "since_sha", "reason", "line"),
)


def exceeded(verdicts: Sequence[BudgetVerdict]) -> Sheet:
    """Return the table of `detect`: the budgets that are exceeded, those of the file's first entries first."""
    shown = [one for one in verdicts if one.verdict == "exceeded"]
    counts = Counter(one.verdict for one in verdicts)
    rest = f"{counts['within']} kept, {counts['inconclusive']} inconclusive (a budget counts once for each series)"
    return Sheet(
        title=f"{units.count(len(shown), 'budget')} exceeded",
        columns=COLUMNS,
        right=frozenset({"level", "worse by"}),
        cells=tuple(_cells(one) for one in shown),
        marks=("worse",) * len(shown),
        notes=(f"{rest}; `bench-runner policy show` lists all",),
        document={"schema": SCHEMA, "budgets": [dict(zip(DATA, record(one), strict=True)) for one in verdicts]},
        data=Data(DATA, tuple(record(one) for one in verdicts)),
    )


def _cells(one: BudgetVerdict) -> tuple[str, ...]:
    """Return the printed row."""
    place = (one.key.machine, one.key.environment)
    return (says(one.budget), one.key.case.id, level(one), worse(one), one.since_sha[:8], *place, why(one))


def says(budget: Budget) -> str:
    """Return what a budget allows."""
    if budget.limit is None:
        return f"{100 * (budget.worse or 0.0):g} % worse since {budget.since}"
    return f"{'at most' if budget.at_most else 'at least'} {budget.limit.written}"


def why(one: BudgetVerdict) -> str:
    """Return the doubt about a verdict, then the reason for its budget."""
    return "; ".join(filter(None, (one.reason, one.budget.reason)))


def level(one: BudgetVerdict) -> str:
    """Return the level with half of its interval."""
    if math.isnan(one.level.value):
        return ""
    half = (one.level.high - one.level.low) / 2
    margin = f" ±{units.significant(100 * half / abs(one.level.value), 2)} %" if one.level.value and half else ""
    return units.show(one.level.value, one.metric.unit) + (margin if math.isfinite(half) else "")


def worse(one: BudgetVerdict) -> str:
    """Return by how much it is worse, with the interval."""
    if math.isnan(one.worse.value):
        return ""
    low, high = (units.percent(1 + end) for end in (one.worse.low, one.worse.high))
    return units.percent(1 + one.worse.value) + (f" ({low} to {high})" if math.isfinite(one.worse.high) else "")


def record(one: BudgetVerdict) -> tuple[str | float | None, ...]:
    """Return the row for programs, without numbers that are not finite."""
    return (
        *(one.key.case.id, one.key.machine, one.key.environment, one.metric.unit, one.verdict, says(one.budget)),
        _finite(one.limit),
        *_ends(one.level),
        *_ends(one.worse),
        *(one.budget.since, one.since_sha, why(one), one.budget.line),
    )


def _ends(one: Estimate) -> tuple[float | None, ...]:
    """Return a value and the ends of its interval."""
    return _finite(one.value), _finite(one.low), _finite(one.high)


def _finite(value: float) -> float | None:
    """Return a number for JSON."""
    return value if math.isfinite(value) else None
