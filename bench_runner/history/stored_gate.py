"""Judges what is stored of a commit: what is missing, what collapsed, what is worse than allowed, which budgets are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from bench_runner import units
from bench_runner.errors import UsageError
from bench_runner.history.allowances import Checked, checked, listed
from bench_runner.model.budget import BudgetVerdict
from bench_runner.model.change import Comparison

# What takes so small a share of its time does something else than before, most likely nothing.
COLLAPSED = 0.03


def expectations(path: Path) -> list[str]:
    """Return the patterns in a file: names of benchmarks or cases, one a line, * any characters; # begins a remark."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--expect {path}: cannot be read ({error}): give a file with a name a line") from error
    found = [word for line in lines if (word := line.partition("#")[0].strip())]
    if not found:
        raise UsageError(f"--expect {path}: expects nothing: write the name of a benchmark on each line")
    return found


def with_collapsed(rows: Sequence[Comparison]) -> list[Comparison]:
    """Return rows, those that collapsed as failed: they measure something else than before."""
    return [
        replace(one, verdict="failed", reason=f"collapsed by {units.percent(one.ratio)}: does it still do its work?")
        if _collapsed(one)
        else one
        for one in rows
    ]


def gate(
    rows: Sequence[Comparison],
    allowance: Mapping[str, float],
    expected: Sequence[str] = (),
    budgets: Sequence[BudgetVerdict] = (),
) -> Checked:
    """Return the word for a commit and why; `budgets` are those that are exceeded."""
    found = checked(rows, allowance)
    if budgets and found.word != "REGRESSION":
        names = [f"{one.budget.scope.benchmark} by {one.key.case.id}" for one in budgets]
        return Checked("REGRESSION", f"{units.count(len(budgets), 'budget')} exceeded: {listed(names)}")
    absent = [one for one in expected if not any(_meets(row, one) for row in rows)]
    if absent and found.word != "REGRESSION":
        return Checked("INCOMPLETE", f"{len(absent)} of {len(expected)} expected are not measured: {listed(absent)}")
    return found


def _collapsed(one: Comparison) -> bool:
    """Whether a time or a size is next to nothing beside what it was."""
    lower = one.metric.better == "lower" and one.metric.unit in {"seconds", "bytes"}
    return lower and one.verdict == "faster" and one.ratio <= COLLAPSED


def _meets(row: Comparison, pattern: str) -> bool:
    """Whether a row is a measured case that a pattern expects."""
    return row.after is not None and any(fnmatchcase(name, pattern) for name in (row.case.id, row.case.benchmark))
