"""Looks at the cells of a gate as often as they were looked at, each time at what was measured by then."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from bench_runner.history.seen import awaited, direction, faulty, timed, unflagged
from bench_runner.history.seen_few import few
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import SIDES, Cell, Clock, Gate, Side
from bench_runner.model.judged import CellWord, Seen, State
from bench_runner.stats import looks, paired
from bench_runner.stats.looks import Aim
from bench_runner.stats.noise import Array

# The order in which what two clocks say of a cell counts.
RANKS: Sequence[State] = ("changed", "alike", "open", "unclear")


@dataclass(frozen=True, slots=True)
class Told:
    """What a look at a cell came to by one of its clocks."""

    clock: Clock
    numbers: paired.Paired
    state: State

    @property
    def rank(self) -> tuple[int, float, float]:
        """Which of two counts: what is changed, then what is alike; of equals the clearer, or the steadier one."""
        error = self.numbers.error
        return RANKS.index(self.state), self.numbers.q, error if math.isfinite(error) else math.inf


@dataclass
class Court:
    """Looks at the cells of a gate."""

    gate: Gate
    aim: Aim
    floors: Mapping[str, float]
    _final: dict[Side, dict[Case, Told]] = field(default_factory=dict)

    @cached_property
    def _timed(self) -> list[Cell]:
        """The cells that are looked at again and again."""
        return [one for one in self.gate.cells if timed(one.metric) and not one.faults and one.measured]

    @cached_property
    def _columns(self) -> list[tuple[Cell, Clock]]:
        """What is compared: every cell by the wall clock, and those that compute all the time by the CPU's too.

        The first look tells which: what is measured later must not change what an earlier look came to.
        """
        first = self.gate.looks[0]
        by_cpu: list[tuple[Cell, Clock]] = [(one, "cpu") for one in self._timed if one.bound(first)]
        return [*((one, "wall") for one in self._timed), *by_cpu]

    def final(self, side: Side) -> dict[Case, Told]:
        """Return what each timed cell came to at the last look at it."""
        if side not in self._final:
            self._final[side] = {}
            before = 0
            for number, count in enumerate(self.gate.looks):
                if any(one.measured > before for one in self._timed):
                    self._final[side] |= self._look(side, number, before)
                before = count
        return self._final[side]

    def _look(self, side: Side, number: int, before: int) -> dict[Case, Told]:
        """Return what a look at the cells that had more than `before` rounds came to, by what was measured by then."""
        looked = self.gate.looks[: number + 1]
        sides = [_table(self._columns, each, looked[-1]) for each in _order(side)]
        blocks = [b - a for a, b in pairwise((0, *looked))]
        found: dict[Case, list[Told]] = {}
        for (cell, clock), one in zip(self._columns, paired.compare(sides, blocks), strict=True):
            if cell.measured > before:
                told = Told(clock, one, looks.state(one, number, self._aim(cell)))
                found.setdefault(cell.case, []).append(told)
        return {case: min(told, key=lambda one: one.rank) for case, told in found.items()}

    def _aim(self, cell: Cell) -> Aim:
        """Return what matters of a cell."""
        return replace(self.aim, floor=self.floors.get(cell.case.id, self.aim.floor))

    def seen(self, side: Side) -> list[Seen]:
        """Return what is known of all cells, a side beside the base."""
        final = self.final(side)
        rare = [one for one in self.gate.cells if not timed(one.metric) and not one.faults and one.measured]
        once = few(rare, side, self.floors)
        flagged = max(1, sum(told.state == "changed" for told in final.values()))
        found = []
        for cell in self.gate.cells:
            if cell.faults:
                found.append(faulty(cell))
            elif cell.case in final:
                found.append(self._timely(cell, side, final[cell.case], flagged))
            elif cell.case in once:
                found.append(once[cell.case])
            else:
                found.append(Seen(cell, "inconclusive", state="open", reason="not measured yet"))
        return found

    def _timely(self, cell: Cell, side: Side, told: Told, flagged: int) -> Seen:
        """Return what rounds of time say of a cell, and rounds that were measured anew where it was flagged."""
        one, state = told.numbers, told.state
        word, reason = self._confirmed(cell, side, told, flagged) if state == "changed" else unflagged(state, one)
        by = "CPU time" if told.clock == "cpu" and word != "unchanged" else ""
        return Seen(
            cell,
            word,
            *(one.ratio, one.ratio_low, one.ratio_high, one.p, one.least_p, one.q),
            state=state,
            reason=", ".join(filter(None, (by, reason))),
            clock=told.clock,
        )

    def _confirmed(self, cell: Cell, side: Side, told: Told, flagged: int) -> tuple[CellWord, str]:
        """Return the word for a flagged cell."""
        if awaited(cell):
            return "inconclusive", "looks changed, not measured anew yet"
        fresh = [_column(cell.taken(each, told.clock, fresh=True)) for each in ("base", side)]
        old, new = (column[:, 0] for column in paired.scaled(fresh))
        if looks.confirmed(old, new, told.numbers, self._aim(cell), flagged):
            return direction(cell, told.numbers.ratio), f"again in {len(new)} fresh rounds"
        return "inconclusive", "looked changed, and did not when measured anew"


def _order(side: Side) -> tuple[Side, ...]:
    """Return the sides in the order in which they are compared: the base, one beside it, and the rest."""
    return "base", side, *(each for each in SIDES if each not in {"base", side})


def _table(columns: Sequence[tuple[Cell, Clock]], side: Side, count: int) -> Array:
    """Return the first rounds of a side, a column for each cell and clock; NaN where it has not so many."""
    table = np.full((count, len(columns)), np.nan)
    for k, (cell, clock) in enumerate(columns):
        values = cell.taken(side, clock)[: min(count, cell.measured)]
        table[: len(values), k] = values
    return table


def _column(values: Sequence[float]) -> Array:
    """Return values as a table of one column."""
    return np.array(values, dtype=float).reshape(-1, 1)
