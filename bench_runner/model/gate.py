"""A gate: two commits measured side by side, round by round, to be judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bench_runner.model.benchmark import Case
from bench_runner.model.metric import Metric
from bench_runner.model.run import Fingerprint, Outcome, Protocol

Side = Literal["base", "head", "again"]
Clock = Literal["wall", "cpu"]
# The base is measured twice, in two workspaces: what they differ by is what this machine makes up.
SIDES: tuple[Side, ...] = ("base", "head", "again")
COMMITS: tuple[Side, ...] = ("base", "head")
# CPU time that is so near to the time taken is all of it.
CLOSE = 1.1


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a side has no numbers of a cell: how it ended, in words, and what it printed."""

    outcome: Outcome | Literal["missing", "unlike"]
    detail: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One case on all sides: the centre of each round, in the metric's unit, in order.

    A round has been measured on all sides or on none. `fresh` are the rounds that were measured anew, in other
    processes, because the cell was flagged. `cpu` and `fresh_cpu` are the CPU seconds of a call in each of these
    rounds, child processes included; a cell that takes no time has none.
    """

    case: Case
    kind: str
    metric: Metric
    rounds: Mapping[Side, tuple[float, ...]] = field(default_factory=dict)
    fresh: Mapping[Side, tuple[float, ...]] = field(default_factory=dict)
    faults: Mapping[Side, Fault] = field(default_factory=dict)
    cpu: Mapping[Side, tuple[float, ...]] = field(default_factory=dict)
    fresh_cpu: Mapping[Side, tuple[float, ...]] = field(default_factory=dict)
    version: str = ""

    def bound(self, rounds: int) -> bool:
        """Whether it computes all the time on every side: in the least disturbed of its first rounds CPU time is all.

        Then the CPU clock tells the same, and does not run while others have the CPU.
        """
        return all(_bound(self.cpu.get(side, ())[:rounds], self.rounds.get(side, ())[:rounds]) for side in SIDES)

    def taken(self, side: Side, clock: Clock, *, fresh: bool = False) -> tuple[float, ...]:
        """Return the rounds of a side by one of the clocks."""
        if clock == "cpu":
            return (self.fresh_cpu if fresh else self.cpu).get(side, ())
        return (self.fresh if fresh else self.rounds).get(side, ())

    @property
    def measured(self) -> int:
        """How many rounds there are on each side."""
        return min((len(self.rounds.get(side, ())) for side in SIDES), default=0)


def _bound(cpu: Sequence[float], wall: Sequence[float]) -> bool:
    """Whether the shares of CPU time, but for the lowest three quarters of them, are about 1."""
    if not wall or len(cpu) != len(wall):
        return False
    shares = sorted(a / b if b > 0 else 0.0 for a, b in zip(cpu, wall, strict=True))
    return 1 / CLOSE <= shares[len(shares) * 3 // 4] <= CLOSE


@dataclass(frozen=True, slots=True)
class Shown:
    """What a whole gate shows of its machine, as judged for an aim (shares, see `stats.looks`).

    A commit was `tried` against itself so many times, and differed `red` times; `detectable` as in a certificate.
    """

    floor: float
    effect: float
    tried: int
    red: int
    detectable: float


@dataclass(frozen=True, slots=True)
class Gate:
    """What was measured of two commits (full shas) in an environment on a machine, whole or up to where it was stopped.

    `looks` are the numbers of rounds after which all cells were looked at; `canary` is what the canary took beside each
    round, seconds by side; `spent_s` is wall time in all; `shown` is kept because it takes long to tell anew.
    """

    base: str
    head: str
    environment: str
    machine: str
    began_ms: int
    seed: int
    protocol: Protocol
    fingerprint: Fingerprint
    cells: tuple[Cell, ...] = ()
    looks: tuple[int, ...] = ()
    canary: Mapping[Side, tuple[float, ...]] = field(default_factory=dict)
    spent_s: float = 0.0
    whole: bool = False
    shown: Shown | None = None
