"""What a gate came to: its cells, the word for it, and how far it can be trusted."""

from dataclasses import dataclass
from typing import Literal

from bench_runner.model.benchmark import Case
from bench_runner.model.gate import Cell, Clock, Gate

CellWord = Literal["slower", "faster", "unchanged", "inconclusive", "missing", "new", "failed", "skipped", "unlike"]
GateWord = Literal["PASS", "REGRESSION", "INCONCLUSIVE", "INCOMPLETE"]
State = Literal["changed", "alike", "open", "unclear"]

# Beyond this spread of its canary (MAD over median) a machine is too noisy to judge on.
NOISY = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one cell: ratio = head / base with its interval, p with the least that it can be, and q.

    `state` is what looking at it came to, before anything was measured anew; `clock` is the one it was told by.
    """

    cell: Cell
    word: CellWord
    ratio: float = float("nan")
    low: float = 0.0
    high: float = float("inf")
    p: float = float("nan")
    least_p: float = float("nan")
    q: float = float("nan")
    state: State = "alike"
    reason: str = ""
    clock: Clock = "wall"

    @property
    def flagged(self) -> bool:
        """Whether it looks changed, by what was measured first."""
        return self.state == "changed"


@dataclass(frozen=True, slots=True)
class Certificate:
    """How far a gate can be trusted: what the same commit looked like beside itself in the same rounds.

    `flagged` are the cells that looked changed then, `red` those that looked so twice; `detectable` is the smallest
    change (share) that half of the cells would have shown; `canary` the spread of the canary (MAD over median).
    """

    cells: int
    flagged: tuple[Case, ...]
    red: tuple[Case, ...]
    detectable: float
    canary: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate with the word for it, why, its cells in the order of the suite, and its certificate."""

    gate: Gate
    word: GateWord
    why: str
    cells: tuple[Seen, ...]
    certificate: Certificate

    @property
    def open(self) -> list[Case]:
        """Cells that more rounds may tell more of."""
        return [one.cell.case for one in self.cells if one.state == "open"]

    @property
    def flagged(self) -> list[Case]:
        """Cells that look changed, between the commits or between the base and itself: they are measured anew."""
        mine = {one.cell.case for one in self.cells if one.flagged} | set(self.certificate.flagged)
        return [one.cell.case for one in self.cells if one.cell.case in mine]


@dataclass(frozen=True, slots=True)
class Record:
    """What the gates of a machine have shown of it: how often a commit was held against itself, and differed.

    `bound` is the most that this rate can be (share; the upper end of a one-sided 95 % interval), NaN without gates;
    `detectable` the change (share) that half of the cells would have shown in half of the gates.
    """

    held: int = 0
    red: int = 0
    bound: float = float("nan")
    detectable: float = float("nan")
