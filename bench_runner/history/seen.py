"""What is known of one cell of a gate, in a word, and why."""

from bench_runner import units
from bench_runner.model.gate import COMMITS, Cell, Side
from bench_runner.model.judged import CellWord, Seen, State
from bench_runner.model.metric import Metric
from bench_runner.stats import looks, paired


def timed(metric: Metric) -> bool:
    """Whether a cell is measured in as many rounds as it takes: what takes time, and differs every time."""
    return metric.unit == "seconds" and not metric.exact


def awaited(cell: Cell) -> int:
    """Return how many more fresh rounds it takes to confirm or refute a cell that looks changed."""
    return max(0, looks.confirming(cell.measured) - len(cell.fresh.get("base", ())))


def faulty(cell: Cell) -> Seen:
    """Return the word for a cell that one side has no numbers of."""
    side: Side = "head" if "head" in cell.faults else "base"
    fault = cell.faults.get(side) or next(iter(cell.faults.values()))
    where = "at both commits" if set(COMMITS) <= set(cell.faults) else f"at the {side}"
    return Seen(cell, _word(cell), reason=f"{fault.outcome} {where}{': ' + fault.detail if fault.detail else ''}")


def _word(cell: Cell) -> CellWord:
    """Return the word for what kept a cell from being measured: what one commit alone has not is new or missing."""
    found = {side: cell.faults[side].outcome for side in COMMITS if side in cell.faults}
    if "unlike" in found.values():
        return "unlike"
    if not found or not set(found.values()) <= {"missing", "skipped"}:
        return "failed"
    if len(found) == len(COMMITS):
        return "skipped"
    return "new" if "base" in found else "missing"


def unflagged(state: State, one: paired.Paired) -> tuple[CellWord, str]:
    """Return the word for a cell that does not look changed."""
    if state == "alike":
        return "unchanged", ""
    size = units.percent(1 + looks.detectable([one]))
    return "inconclusive", f"too noisy: {size} would show" if state == "unclear" else f"not clear after {one.rounds}"


def direction(cell: Cell, ratio: float) -> CellWord:
    """Return which way a cell went; where neither is better it only moved."""
    if cell.metric.better == "neither":
        return "inconclusive"
    return "slower" if (ratio > 1) == (cell.metric.better == "lower") else "faster"
