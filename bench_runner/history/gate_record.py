"""Adds up what the gates of a machine have shown of it: how often a commit looked different from itself."""

import math
from collections.abc import Iterable
from statistics import median

from bench_runner.history.gates import judge
from bench_runner.model.gate import Gate
from bench_runner.model.judged import Record
from bench_runner.stats.looks import Aim

CONFIDENCE = 0.95


def record(gates: Iterable[Gate], aim: Aim) -> Record:
    """Return the record of whole gates; in one of a commit and itself the head is another try."""
    judged = [judge(one, aim) for one in gates if one.whole and one.looks]
    reds = [bool(one.certificate.red) for one in judged]
    reds += [
        any(cell.word in {"slower", "faster"} for cell in one.cells) for one in judged if one.gate.base == one.gate.head
    ]
    seen = [one.certificate.detectable for one in judged if math.isfinite(one.certificate.detectable)]
    return Record(len(reds), sum(reds), bound(len(reds), sum(reds)), median(seen) if seen else math.nan)


def bound(tried: int, seen: int) -> float:
    """Return the rate that the true one exceeds with 5 % probability at most (Clopper and Pearson, 1934); NaN of 0."""
    from scipy.special import betaincinv

    if not tried:
        return float("nan")
    return 1.0 if seen == tried else float(betaincinv(seen + 1, tried - seen, CONFIDENCE))
