"""Judges two commits that were measured side by side: each cell, the gate, and how far the gate can be trusted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from bench_runner import units
from bench_runner.history.allowances import listed
from bench_runner.history.gate_looks import Court
from bench_runner.history.seen import awaited, timed
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import COMMITS, Gate
from bench_runner.model.judged import Certificate, GateWord, Judged, Seen
from bench_runner.stats import looks
from bench_runner.stats.looks import Aim
from bench_runner.worker.metrics import split

# A canary that moved by this share of a change took part in it.
HALF = 0.5


def judge(gate: Gate, aim: Aim, floors: Mapping[str, float] | None = None) -> Judged:
    """Judge what was measured so far; `floors` are the smallest changes that count by case id, where not `aim`'s."""
    court = Court(gate, aim, floors or {})
    cells = tuple(court.seen("head"))
    sanity = tuple(court.seen("again"))
    certificate = Certificate(
        len(sanity),
        tuple(one.cell.case for one in sanity if one.flagged),
        tuple(one.cell.case for one in sanity if one.flagged and one.word in {"slower", "faster"}),
        looks.detectable([one.numbers for one in court.final("head").values()]),
        _spread(gate),
    )
    word, why = _word(gate, cells, certificate)
    return Judged(gate, word, why, tuple(_explained(one, cells, _pace(gate)) for one in cells), certificate)


def _spread(gate: Gate) -> float:
    """Return the MAD of the canary over its median, all sides together; NaN without a canary."""
    values = np.array([one for side in gate.canary.values() for one in side])
    values = values[np.isfinite(values)]
    middle = float(np.median(values)) if len(values) else 0.0
    return float(np.median(np.abs(values - middle))) / middle if middle else float("nan")


def _word(gate: Gate, cells: Sequence[Seen], certificate: Certificate) -> tuple[GateWord, str]:
    """Return the word for a gate and why."""
    slower = [one for one in cells if one.word == "slower"]
    if certificate.red and slower:
        return "INCONCLUSIVE", _named(cells, certificate.red, "differ between the base and itself: do not believe it")
    if slower:
        sizes = [f"{one.cell.case.id} {_change(one)}".rstrip() for one in slower]
        return "REGRESSION", f"{_of(slower, cells)} got worse: {listed(sizes)}"
    blocking = [one for one in cells if one.word == "missing" or _broke(one)]
    if blocking or not any(one.cell.measured for one in cells):
        names = [f"{one.cell.case.id}, {one.reason}" for one in blocking]
        return "INCOMPLETE", f"{_of(blocking, cells)} missing or failed: {listed(names)}" if names else _nothing(cells)
    judged = [one for one in cells if one.word in {"slower", "faster", "unchanged", "inconclusive"}]
    decided = [one for one in judged if one.word != "inconclusive"]
    if why := _vague(gate, judged, len(decided)):
        return "INCONCLUSIVE", why
    doubt = f"; nothing can be said of {len(judged) - len(decided)}" if len(decided) < len(judged) else ""
    return "PASS", f"none of {units.count(len(decided), 'cell')} got worse{doubt}"


def _vague(gate: Gate, judged: Sequence[Seen], decided: int) -> str:
    """Return why too little is known of cells to say that none got worse; "" where it is enough."""
    if not gate.looks:
        return "time was over before the first look"
    if not gate.whole and any(one.flagged and awaited(one.cell) for one in judged if one.word == "inconclusive"):
        return "what looks changed could not be measured anew in the time given"
    return (
        ""
        if 0 < 2 * decided >= len(judged)
        else f"only {decided} of {units.count(len(judged), 'cell')} could be decided"
    )


def _change(one: Seen) -> str:
    """Return by how much a cell changed; "" where no share tells, as from nothing to something."""
    return units.percent(one.ratio) if math.isfinite(one.ratio) else ""


def _broke(one: Seen) -> bool:
    """Whether a cell fails at the head and not at the base."""
    return one.word == "failed" and "head" in one.cell.faults and "base" not in one.cell.faults


def _nothing(cells: Sequence[Seen]) -> str:
    """Return that nothing was measured."""
    return f"nothing was measured of {units.count(len(cells), 'cell')}"


def _of(some: Sequence[Seen], cells: Sequence[Seen]) -> str:
    return f"{len(some)} of {units.count(len(cells), 'cell')}"


def _named(cells: Sequence[Seen], some: Sequence[Case], what: str) -> str:
    return f"{len(some)} of {units.count(len(cells), 'cell')} {what}: {listed([one.id for one in some])}"


def _explained(one: Seen, cells: Sequence[Seen], pace: float) -> Seen:
    """Return a cell whose time moved with what the exact metrics of the same benchmark, and the canary, say of it."""
    if one.word not in {"slower", "faster"} or not timed(one.cell.metric):
        return one
    siblings = [other for other in cells if other.cell.metric.exact and other.cell.case.call == one.cell.case.call]
    moved = [f"{_metric(other)} {_change(other) or 'changed'}" for other in siblings if other.flagged]
    still = [_metric(other) for other in siblings if other.word == "unchanged"]
    words = moved or ([f"the same number of {', '.join(still)}: layout, data or the machine"] if still else [])
    if pace > 0 and one.ratio > 0 and math.log(pace) / math.log(one.ratio) >= HALF:
        words.append(f"the canary beside it {units.percent(pace)}: the machine")
    return replace(one, reason="; ".join([one.reason, *words])) if words else one


def _metric(one: Seen) -> str:
    """Return the word of a further metric."""
    return split(one.cell.case.benchmark)[1]


def _pace(gate: Gate) -> float:
    """Return how long the canary took beside the head, as a share of beside the base; NaN where it is not known."""
    sides = [[one for one in gate.canary.get(side, ()) if math.isfinite(one)] for side in COMMITS]
    return median(sides[1]) / median(sides[0]) if all(sides) and median(sides[0]) else math.nan
