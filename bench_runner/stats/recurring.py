"""Tells what comes and goes from what changes: slow hours of a machine, and series with states of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

# An excursion of up to this many points that comes back, with stretches REST times as long on both sides or with
# another one in the same direction, is a slow hour of the machine and no change; alone in a short history it is news.
VISIT = 8
REST = 3
# It is back when it is as near as this share of the jump to where it was.
BACK = 0.25
# A level that was left and is there again so many times (A B A B A) is a state of the series, and no change.
RETURNS = 3


@dataclass(frozen=True, slots=True)
class Excursion:
    """A level from index `up` to `down` that comes back: points of the shorter level beside it, direction, jump."""

    up: int
    down: int
    rest: int
    direction: float
    jump: float


def visit(excursions: Sequence[Excursion]) -> set[int]:
    """Return both ends of the smallest excursion that is a visit, or nothing."""
    short = [one for one in excursions if one.down - one.up <= VISIT]
    visits = [one for one in short if one.rest >= (1 if _again(one, short) else REST) * (one.down - one.up)]
    if not visits:
        return set()
    smallest = min(visits, key=lambda one: (one.jump, one.up))
    return {smallest.up, smallest.down}


def _again(one: Excursion, others: Sequence[Excursion]) -> bool:
    """Whether there is another one in the same direction."""
    return sum(one.direction * other.direction > 0 for other in others) > 1


def states(levels: Sequence[float]) -> set[int]:
    """Return which of a series' levels, in order, are states it goes back and forth between; empty below RETURNS.

    A level is back when it is nearer to an earlier one than BACK times the largest jump between the two.
    """
    back = set(_back(levels))
    if len({k for _, k in back}) < RETURNS:
        return set()
    return {level for pair in back for level in pair}


def _back(levels: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Yield each level with each later one at which it is back."""
    jumps = [abs(later - earlier) for earlier, later in pairwise(levels)]
    for k in range(2, len(levels)):
        largest = jumps[k - 1]
        for j in range(k - 2, -1, -1):
            largest = max(largest, jumps[j])
            if abs(levels[k] - levels[j]) < BACK * largest:
                yield j, k


def told_apart(states: Sequence[float]) -> list[float]:
    """Return the levels between which states go back and forth, ascending: what is alike is one, with its mean."""
    ordered = sorted(states)
    apart = BACK * (ordered[-1] - ordered[0])
    cuts = [k for k in range(1, len(ordered)) if ordered[k] - ordered[k - 1] > apart]
    return [sum(ordered[a:b]) / (b - a) for a, b in pairwise([0, *cuts, len(ordered)])]
