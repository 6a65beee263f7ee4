"""A policy as sheets: what is wrong with it, and what it says of each series."""

from collections.abc import Sequence
from typing import Protocol

from bench_runner import units
from bench_runner.model.budget import BudgetVerdict
from bench_runner.model.policy import Rule
from bench_runner.report.budgets import level, says, why, worse
from bench_runner.report.sheet import Data, Sheet

SCHEMA = "bench_runner.policy/1"
_RULES = ("benchmark", "rule", "says", "state", "line", "machine", "environment")
_COLOURS = {"exceeded": "worse", "inconclusive": "missing"}


class Remark(Protocol):
    """What is wrong with an entry (`history.policy_check.Remark`)."""

    @property
    def line(self) -> int:
        """Where it stands, 0 where that is not known."""
        ...

    @property
    def message(self) -> str:
        """A sentence."""
        ...

    @property
    def doubt(self) -> bool:
        """Whether it may stay as it is."""
        ...


def checked(name: str, remarks: Sequence[Remark]) -> Sheet:
    """Return what is wrong with the file of that name."""
    words = ["warning" if one.doubt else "error" for one in remarks]
    rows = tuple((one.line, word, one.message) for one, word in zip(remarks, words, strict=True))
    counts = ", ".join(units.count(words.count(word), word) for word in ("error", "warning"))
    return Sheet(
        title=f"{name}: {counts}",
        columns=("line", "", "what"),
        right=frozenset({"line"}),
        cells=tuple((str(line or ""), word, message) for line, word, message in rows),
        marks=tuple("missing" if one.doubt else "worse" for one in remarks),
        document={
            "schema": SCHEMA,
            "remarks": [{"line": line, "kind": word, "message": message} for line, word, message in rows],
        },
        data=Data(("line", "kind", "message"), rows),
    )


def applying(rules: Sequence[Rule | BudgetVerdict]) -> Sheet:
    """Return what applies to each series, a row for each entry."""
    rows = tuple(_row(one) for one in rules)
    return Sheet(
        title=units.count(len(rows), "rule"),
        columns=_RULES,
        right=frozenset({"line"}),
        cells=tuple(tuple(str(cell or "") for cell in row) for row in rows),
        marks=tuple(_COLOURS.get(one.verdict, "") if isinstance(one, BudgetVerdict) else "" for one in rules),
        document={"schema": SCHEMA, "rules": [dict(zip(_RULES, row, strict=True)) for row in rows]},
        data=Data(_RULES, rows),
    )


def _row(one: Rule | BudgetVerdict) -> tuple[str | float | None, ...]:
    """Return what one entry says of one series."""
    key = one.key
    if isinstance(one, Rule):
        return (key.case.id, one.kind, one.says, one.state, one.line, key.machine, key.environment)
    seen = " ".join(filter(None, (level(one), worse(one))))
    state = ": ".join(filter(None, (one.verdict, "; ".join(filter(None, (seen, why(one)))))))
    return (key.case.id, "budget", says(one.budget), state, one.budget.line, key.machine, key.environment)
