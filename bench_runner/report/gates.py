"""A judged gate as a sheet: what got worse first, then what cannot be told, with the certificate below."""

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median

from bench_runner import units
from bench_runner.model.gate import Side
from bench_runner.model.judged import NOISY, CellWord, Judged, Record, Seen
from bench_runner.report import spread
from bench_runner.report.sheet import Data, Output, Sheet

SCHEMA = "bench_runner.gate/1"
ORDER: tuple[CellWord, ...] = (
    *("slower", "failed", "missing", "faster", "inconclusive"),
    *("unlike", "new", "unchanged", "skipped"),
)
MARKS = {"slower": "worse", "faster": "better", "failed": "failed", "missing": "missing"}
DATA = (
    *("benchmark", "metric", "unit", "base", "head", "rounds", "fresh_rounds", "ratio", "ratio_low", "ratio_high"),
    *("p", "least_p", "q", "verdict", "reason"),
)


def sheet(judged: Judged, record: Record, *, every: bool = True) -> Sheet:
    """Return the table of a gate, of all cells or of those that are not unchanged."""
    rows = sorted(judged.cells, key=_rank)
    shown = [one for one in rows if every or one.word != "unchanged"]
    gate = judged.gate
    return Sheet(
        title=f"{gate.base[:8]} -> {gate.head[:8]} in {gate.environment} on {gate.machine}",
        columns=("benchmark", "base", "head", "change", "95 %", "p", "q", "n", "verdict"),
        right=frozenset({"base", "head", "change", "95 %", "p", "q", "n"}),
        cells=tuple(_printed(one) for one in shown),
        marks=tuple(MARKS.get(one.word, "") for one in shown),
        notes=(
            _counted(rows),
            *certificate(judged, record),
            f"{judged.word}: {judged.why}",
        ),
        outputs=tuple(_outputs(shown)),
        document=document(judged, record, rows),
        data=Data(DATA, tuple(_recorded(one) for one in rows)),
    )


def _counted(rows: Sequence[Seen]) -> str:
    """Return how many cells there are of each verdict."""
    counts = Counter(one.cell.metric.says(one.word) for one in rows)  # in the order of the rows
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "nothing to compare"


def certificate(judged: Judged, record: Record) -> tuple[str, ...]:
    """Return in words how far the gate can be trusted."""
    one, gate = judged.certificate, judged.gate
    flagged = f"{len(one.flagged)} of {units.count(one.cells, 'cell')} looked changed between the base and itself"
    shows = units.percent(1 + one.detectable) if math.isfinite(one.detectable) else "nothing"
    looked = ", ".join(map(str, gate.looks)) or "no"
    lines = [f"certificate: {flagged}; half of the cells would show {shows}; looked at after {looked} rounds"]
    if record.held:
        lines.append(f"on {gate.machine} {told(record)}")
    if one.canary > NOISY:
        lines.append(f"the canary differs by {100 * one.canary:.0f} % between rounds: this machine is noisy")
    return tuple(lines)


def told(record: Record) -> str:
    """Return in words how often a commit differed from itself."""
    times = f"{record.red} of {units.count(record.held, 'time')}"
    return (
        f"a commit differed from itself {times}:"
        f" a false alarm in at most {100 * record.bound:.2g} % of gates (Clopper-Pearson, 95 %)"
    )


def noises(machine: str, record: Record) -> Sheet:
    """Return what the gates of a machine have shown of it."""
    shown = units.percent(1 + record.detectable) if math.isfinite(record.detectable) else "unknown"
    said = told(record) if record.held else "no gate is stored yet: `bench-runner noise --aa 5` measures some"
    cells = (machine, str(record.held), str(record.red), _at_most(record), shown)
    return Sheet(
        title=f"noise of {machine}",
        columns=("machine", "held against itself", "differed", "false alarms at most", "smallest change to be seen"),
        right=frozenset({"held against itself", "differed", "false alarms at most", "smallest change to be seen"}),
        cells=(cells,),
        notes=(said,),
        document={
            "schema": "bench_runner.noise/1",
            "machine": machine,
            "held": record.held,
            "red": record.red,
            "false_alarms_at_most": _number(record.bound),
            "detectable": _number(record.detectable),
        },
    )


def _at_most(record: Record) -> str:
    """Return the bound in words."""
    return f"{100 * record.bound:.2g} %" if record.held else ""


def document(judged: Judged, record: Record, rows: Sequence[Seen]) -> dict[str, object]:
    """Return a gate for programs."""
    gate, one = judged.gate, judged.certificate
    return {
        "schema": SCHEMA,
        "verdict": judged.word,
        "why": judged.why,
        "base": gate.base,
        "head": gate.head,
        "environment": gate.environment,
        "machine": gate.machine,
        "began_ms": gate.began_ms,
        "looks": list(gate.looks),
        "cells": [_entry(each) for each in rows],
        "certificate": {
            "cells": one.cells,
            "flagged": [case.id for case in one.flagged],
            "red": [case.id for case in one.red],
            "detectable": _number(one.detectable),
            "canary_spread": _number(one.canary),
            "held": record.held,
            "differed": record.red,
            "false_alarms_at_most": _number(record.bound),
        },
    }


def _rank(one: Seen) -> tuple[int, float, str]:
    """Put what got worse first, the largest change on top."""
    size = -abs(math.log(one.ratio)) if one.word in {"slower", "faster"} and one.ratio > 0 else 0.0
    return ORDER.index(one.word), size, one.cell.case.id


def _printed(one: Seen) -> tuple[str, ...]:
    """Return the row for people."""
    changed, word = one.word in {"slower", "faster"}, one.cell.metric.says(one.word)
    known = math.isfinite(one.ratio)
    change = (units.percent(one.ratio) if changed else "~") if known else ""
    bounded = 0 < one.low < one.high < math.inf
    return (
        one.cell.case.id,
        _centre(one, "base"),
        _centre(one, "head"),
        change,
        spread.between(one.ratio, one.low, one.high, units.percent) if bounded else "",
        f"{one.p:.2g}" if math.isfinite(one.p) else "",
        f"{one.q:.2g}" if math.isfinite(one.q) else "",
        f"{one.cell.measured}" + (f"+{len(one.cell.fresh['head'])}" if one.cell.fresh else ""),
        f"{word}: {one.reason}" if one.reason else word,
    )


def _middle(one: Seen, side: Side) -> float:
    """Return the median of the rounds of a side; NaN without any."""
    values = [value for value in one.cell.taken(side, one.clock) if math.isfinite(value)]
    return median(values) if values else math.nan


def _centre(one: Seen, side: Side) -> str:
    """Return that with its unit."""
    middle = _middle(one, side)
    return units.value(middle, one.cell.metric.unit, exact=one.cell.metric.exact) if math.isfinite(middle) else "-"


def _outputs(rows: Sequence[Seen]) -> list[Output]:
    """Return what failing cells printed."""
    return [
        Output(f"{one.cell.case.id} at the {side}: {fault.outcome}", fault.output)
        for one in rows
        for side, fault in one.cell.faults.items()
        if fault.output
    ]


def _number(value: float) -> float | None:
    """Return a number, None where it is not finite."""
    return value if math.isfinite(value) else None


def _entry(one: Seen) -> dict[str, object]:
    """Return the row for programs."""
    return {
        "id": one.cell.case.id,
        "benchmark": one.cell.case.benchmark,
        "params": list(one.cell.case.params),
        "metric": one.cell.metric.name,
        "unit": one.cell.metric.unit,
        "clock": one.clock,
        "base": _number(_middle(one, "base")),
        "head": _number(_middle(one, "head")),
        "rounds": one.cell.measured,
        "fresh_rounds": len(one.cell.fresh.get("head", ())),
        "ratio": _number(one.ratio),
        "ci95": spread.bounds(one.low, one.high),
        "p": _number(one.p),
        "least_p": _number(one.least_p),
        "q": _number(one.q),
        "verdict": one.word,
        "reason": one.reason,
    }


def _recorded(one: Seen) -> tuple[str | float | None, ...]:
    """Return the row of DATA."""
    entry = _entry(one)
    low, high = spread.bounds(one.low, one.high) or (None, None)
    found = {**entry, "benchmark": one.cell.case.id, "ratio_low": low, "ratio_high": high}
    return tuple(found[name] for name in DATA)  # type: ignore[misc] # texts and numbers
