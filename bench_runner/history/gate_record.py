"""Adds up what the gates of a machine have shown of it: how often a commit looked different from itself."""

import math
from collections.abc import Iterable
from statistics import median

from bench_runner.history.gates import judge
from bench_runner.model.gate import Gate, Shown
from bench_runner.model.judged import Record
from bench_runner.stats.looks import Aim

CONFIDENCE = 0.95


def record(gates: Iterable[Gate], aim: Aim) -> Record:
    """Return the record of whole gates."""
    found = [shown(one, aim) for one in gates if one.whole and one.looks]
    tried, red = (sum(getattr(one, name) for one in found) for name in ("tried", "red"))
    seen = [one.detectable for one in found if math.isfinite(one.detectable)]
    return Record(tried, red, bound(tried, red), median(seen) if seen else math.nan)


def shown(gate: Gate, aim: Aim) -> Shown:
    """Return what a gate shows of its machine; in one of a commit and itself the head is another try."""
    if gate.shown is not None and (gate.shown.floor, gate.shown.effect) == (aim.floor, aim.effect):
        return gate.shown
    judged = judge(gate, aim)
    reds = [bool(judged.certificate.red)]
    if gate.base == gate.head:
        reds.append(any(cell.word in {"slower", "faster"} for cell in judged.cells))
    return Shown(aim.floor, aim.effect, len(reds), sum(reds), judged.certificate.detectable)


def bound(tried: int, seen: int) -> float:
    """Return the rate that the true one exceeds with 5 % probability at most (Clopper and Pearson, 1934); NaN of 0."""
    from scipy.special import betaincinv

    if not tried:
        return float("nan")
    return 1.0 if seen == tried else float(betaincinv(seen + 1, tried - seen, CONFIDENCE))
