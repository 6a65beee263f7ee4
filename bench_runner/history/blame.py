"""Whether a step that most series share was made by a commit, a machine or an environment."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench_runner import units
from bench_runner.history.shifts import HALF, Shift
from bench_runner.history.surroundings import STEADY, Surroundings
from bench_runner.model.event import Kind


@dataclass(frozen=True, slots=True)
class Blame:
    """Who did it: `kind` is None for a commit, or where nobody can say (then there is a `doubt`).

    `reason` says what speaks for it; `everywhere` whether all environments of the machine, or all machines, took part.
    """

    kind: Kind | None = None
    reason: str = ""
    everywhere: bool = True
    doubt: str = ""


CODE = Blame()


def blame(shift: Shift, beside: Sequence[Shift], on: Surroundings) -> Blame:
    """Lay a shared step to somebody by what other environments and machines, fingerprints and the canary say."""
    environment, machine = shift.cell
    far = [one for one in beside if one.cell[1] != machine]
    near = [one for one in beside if one.cell[1] == machine]
    moved = [one for one in far if one.shared]
    others = [one for one in beside if one.cell[0] != environment]
    if moved:
        alone = others and not any(one.shared for one in others)
        return Blame("environment", _said(shift, others, "in other environments")) if alone else CODE
    difference = on.between(shift.cell, shift.span[0] - 1, shift.span[1])
    everywhere = all(one.shared for one in near)
    named = f"{difference[1]}; " if difference else ""
    if far:
        return Blame("machine", named + _said(shift, far, "on other machines"), everywhere)
    if near and not everywhere:
        return Blame("environment", named + _said(shift, near, "in other environments"), everywhere=False)
    if difference:
        return Blame(on.kind(difference[1]), named + _moved(shift), everywhere=False)
    return _by_canary(shift, on.canary(shift.cell, shift.revision))


def _by_canary(shift: Shift, pace: float) -> Blame:
    """Lay a shared step of the only machine to it where its canary took the same step, to a commit where it did not."""
    moved = math.log(pace) if pace > 0 else math.nan
    if HALF <= moved / shift.size <= 1 / HALF:
        return Blame("machine", f"canary {units.percent(pace)}; {_moved(shift)}")
    if abs(moved) <= min(STEADY, HALF * abs(shift.size)):
        return CODE
    return Blame(doubt=f"{_moved(shift)}, and no other machine can tell: it may be the machine")


def _moved(shift: Shift) -> str:
    """Return how many series moved, and by how much."""
    size = units.percent(math.exp(shift.size))
    return f"{shift.agree} of {shift.told} series of machine {shift.cell[1]} moved by {size} together"


def _said(shift: Shift, others: Sequence[Shift], where: str) -> str:
    """Return the same, and what the others did."""
    agree, told = sum(one.agree for one in others), sum(one.told for one in others)
    return f"{_moved(shift)}, {where} {f'{agree} of {told}' if agree else 'none'} did"
