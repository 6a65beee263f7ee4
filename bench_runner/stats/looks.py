"""How long two builds are measured side by side, and what it takes to call a cell changed.

Cells are looked at after LOOKS rounds of each side. At each look a share of FALSE may be spent on false flags of the
whole suite, so that looking again costs no trust (an alpha spending plan: Lan and DeMets, 1983). What is flagged is
measured again in fresh processes, by itself, and counts only if that shows it too: a red gate has two independent
reasons. The rest is measured on only while that may tell something.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench_runner.model.judged import State
from bench_runner.stats.noise import Array
from bench_runner.stats.paired import Paired, moments_rule, one_sided
from bench_runner.stats.scaling import exp

LOOKS = (10, 20, 40)
# The chance that a look at a suite in which nothing changed flags any cell, at each look: .1 in all.
SPENT = (0.05, 0.03, 0.02)
# The chance that what was flagged by luck is flagged again, all flagged cells together.
AGAIN = 0.05
# So many rounds confirm at most.
CONFIRMING = 20
# A change of so many standard errors passes the first look and the confirmation in most cases.
CLEAR = 4.0


@dataclass(frozen=True, slots=True)
class Aim:
    """What matters (shares): the smallest change that counts, and the one to be found or excluded."""

    floor: float = 0.02
    effect: float = 0.05


def state(cell: Paired, look: int, aim: Aim, most: int = LOOKS[-1]) -> State:
    """Return what is known of a cell after a look (0 is the first): open where `most` rounds may tell more."""
    if cell.q <= SPENT[look] and beyond(cell.ratio, aim.floor):
        return "changed"
    if cell.inside(aim.effect):
        return "alike"
    return "open" if cell.rounds < most and cell.worth(most, aim.effect) else "unclear"


def confirmed(old: Array, new: Array, flagged: Paired, aim: Aim, cells: int = 1) -> bool:
    """Whether rounds (log scale) that were measured anew show a flagged cell's change too, one of so many cells.

    They are compared round by round where the flagged ones were, and where the machine has changed its pace meanwhile.
    """
    gaps = np.subtract.outer(new[np.isfinite(new)], old[np.isfinite(old)])
    gap = float(np.median(gaps)) if gaps.size else 0.0
    by_round = flagged.by_round or (len(old) == len(new) and moments_rule([old, new]))
    p = one_sided(old, new, slower=flagged.ratio > 1, by_round=by_round)
    return beyond(exp(gap), aim.floor) and p <= AGAIN / cells


def confirming(rounds: int) -> int:
    """Return how many fresh rounds of each side confirm or refute what so many flagged: as many, up to a limit."""
    return min(rounds, CONFIRMING)


def detectable(cells: Sequence[Paired]) -> float:
    """Return the smallest change (share) that at least half of the cells would have shown; NaN without cells.

    That is CLEAR standard errors of their ratios, as their 90 % intervals imply them.
    """
    errors = [cell.error for cell in cells if math.isfinite(cell.error)]
    return math.expm1(CLEAR * float(np.median(errors))) if errors else math.nan


def beyond(ratio: float, floor: float) -> bool:
    """Whether a ratio is off 1 by more than a share."""
    return abs(math.log(ratio)) > math.log1p(floor) if 0 < ratio < math.inf else ratio != 1
