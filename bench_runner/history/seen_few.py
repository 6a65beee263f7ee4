"""What few rounds say of a cell: exact numbers, memory, what a suite tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bench_runner.history.seen import awaited
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import Cell, Side
from bench_runner.model.judged import CellWord, Seen, State
from bench_runner.stats.compare import ONCE, Contrast, adjust, compare_once, compare_rounds, judge
from bench_runner.stats.summary import finite


def few(cells: Sequence[Cell], side: Side, floors: Mapping[str, float]) -> dict[Case, Seen]:
    """Return what is known of cells, a side beside the base; `floors` are the smallest changes that count by case id.

    A cell without one has its kind's: none where it is exact.
    """
    floor = [floors.get(cell.case.id, 0.0) for cell in cells]
    contrasts = [_contrast(cell, cell.rounds, side, least) for cell, least in zip(cells, floor, strict=True)]
    qs = _corrected(contrasts)
    again = [
        None if awaited(cell) else _contrast(cell, cell.fresh, side, least)
        for cell, least in zip(cells, floor, strict=True)
    ]
    return {
        cell.case: _few(cell, contrast, q, fresh)
        for cell, contrast, q, fresh in zip(cells, contrasts, qs, again, strict=True)
    }


def _contrast(cell: Cell, rounds: Mapping[Side, tuple[float, ...]], side: Side, floor: float) -> Contrast:
    """Compare a side with the base in few rounds."""
    found = _unfloored(cell, rounds, side)
    return replace(found, floor=max(found.floor, floor))


def _unfloored(cell: Cell, rounds: Mapping[Side, tuple[float, ...]], side: Side) -> Contrast:
    """Compare them as the kind of the cell asks."""
    old, new = finite(rounds["base"]), finite(rounds[side])
    if cell.kind in ONCE and not cell.metric.exact and min(len(old), len(new)) == 1:
        return compare_once(float(np.median(old)), float(np.median(new)), cell.kind)
    return compare_rounds(old, new, cell.metric)


def _corrected(contrasts: Sequence[Contrast]) -> list[float]:
    """Return q for each contrast that was tested, NaN for the others."""
    tested = [one.p for one in contrasts if one.tested]
    qs = iter(adjust(tested))
    return [next(qs) if one.tested else float("nan") for one in contrasts]


def _few(cell: Cell, one: Contrast, q: float, fresh: Contrast | None) -> Seen:
    """Return the word for a cell measured in few rounds: what is not exact has to show a change twice."""
    verdict = judge(one, q, cell.metric)
    if verdict == "undecided" and not one.tested and one.ratio == 1:
        verdict = "unchanged"  # of a number that may be random, but was not
    word: CellWord = "inconclusive" if verdict == "undecided" else verdict
    changed = word in {"slower", "faster"}
    reason = "; ".join(one.warnings)
    if changed and not cell.metric.exact:
        again = judge(fresh, fresh.p, cell.metric) if fresh else "undecided"
        word, reason = (word, "again when measured anew") if again == word else ("inconclusive", _doubt(fresh))
    state: State = "changed" if changed else "alike"
    p = one.p if one.tested else float("nan")
    return Seen(cell, word, one.ratio, one.ratio_low, one.ratio_high, p, one.least_p, q, state=state, reason=reason)


def _doubt(fresh: Contrast | None) -> str:
    """Return why a flagged cell is not called changed."""
    return "looked changed, and did not when measured anew" if fresh else "looks changed, not measured anew yet"
