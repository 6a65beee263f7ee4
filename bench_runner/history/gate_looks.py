"""Looks at the cells of a gate as often as they were looked at, each time at what was measured by then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from bench_runner.history.seen import awaited, direction, faulty, timed, unflagged
from bench_runner.history.seen_few import few
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import SIDES, Cell, Gate, Side
from bench_runner.model.judged import CellWord, Seen, State
from bench_runner.stats import looks, paired
from bench_runner.stats.looks import Aim
from bench_runner.stats.noise import Array


@dataclass
class Court:
    """Looks at the cells of a gate."""

    gate: Gate
    aim: Aim
    floors: Mapping[str, float]
    _final: dict[Side, dict[Case, paired.Paired]] = field(default_factory=dict)
    _states: dict[Side, dict[Case, State]] = field(default_factory=dict)

    @cached_property
    def _timed(self) -> list[Cell]:
        """The cells that are looked at again and again."""
        return [one for one in self.gate.cells if timed(one) and not one.faults and one.measured]

    def final(self, side: Side) -> dict[Case, paired.Paired]:
        """Return what each timed cell came to at the last look at it."""
        if side not in self._final:
            self._look(side)
        return self._final[side]

    def _look(self, side: Side) -> None:
        """Look at the cells as often as they were looked at, each time at what was measured by then."""
        self._final[side], self._states[side] = {}, {}
        before = 0
        for number, count in enumerate(self.gate.looks):
            mine = [one for one in self._timed if one.measured > before]
            if not mine:
                break
            sides = [_table(self._timed, each, count) for each in _order(side)]
            blocks = [b - a for a, b in pairwise((0, *self.gate.looks[: number + 1]))]
            for cell, one in zip(self._timed, paired.compare(sides, blocks), strict=True):
                if cell.measured > before:
                    self._final[side][cell.case] = one
                    self._states[side][cell.case] = looks.state(one, number, self._aim(cell))
            before = count

    def _aim(self, cell: Cell) -> Aim:
        """Return what matters of a cell."""
        return replace(self.aim, floor=self.floors.get(cell.case.id, self.aim.floor))

    def seen(self, side: Side) -> list[Seen]:
        """Return what is known of all cells, a side beside the base."""
        final = self.final(side)
        once = few([one for one in self.gate.cells if not timed(one) and not one.faults and one.measured], side)
        flagged = sum(state == "changed" for state in self._states[side].values())
        found = []
        for cell in self.gate.cells:
            if cell.faults:
                found.append(faulty(cell))
            elif cell.case in final:
                found.append(self._timely(cell, side, final[cell.case], max(1, flagged)))
            elif cell.case in once:
                found.append(once[cell.case])
            else:
                found.append(Seen(cell, "inconclusive", state="open", reason="not measured yet"))
        return found

    def _timely(self, cell: Cell, side: Side, one: paired.Paired, flagged: int) -> Seen:
        """Return what rounds of time say of a cell, and rounds that were measured anew where it was flagged."""
        state = self._states[side][cell.case]
        word, reason = self._confirmed(cell, side, one, flagged) if state == "changed" else unflagged(state, one)
        return Seen(
            cell, word, one.ratio, one.ratio_low, one.ratio_high, one.p, one.least_p, one.q, state=state, reason=reason
        )

    def _confirmed(self, cell: Cell, side: Side, one: paired.Paired, flagged: int) -> tuple[CellWord, str]:
        """Return the word for a flagged cell."""
        if awaited(cell):
            return "inconclusive", "looks changed, not measured anew yet"
        old, new = (column[:, 0] for column in paired.scaled([_column(cell.fresh[each]) for each in ("base", side)]))
        if looks.confirmed(old, new, one, self._aim(cell), flagged):
            return direction(cell, one.ratio), f"again in {len(new)} fresh rounds"
        return "inconclusive", "looked changed, and did not when measured anew"


def _order(side: Side) -> tuple[Side, ...]:
    """Return the sides in the order in which they are compared: the base, one beside it, and the rest."""
    return "base", side, *(each for each in SIDES if each not in {"base", side})


def _table(cells: Sequence[Cell], side: Side, count: int) -> Array:
    """Return the first rounds of a side, a column for each cell; NaN where it has not so many."""
    table = np.full((count, len(cells)), np.nan)
    for k, cell in enumerate(cells):
        values = cell.rounds[side][: min(count, cell.measured)]
        table[: len(values), k] = values
    return table


def _column(values: Sequence[float]) -> Array:
    """Return values as a table of one column."""
    return np.array(values, dtype=float).reshape(-1, 1)
