"""A gate: two commits measured side by side, round by round, to be judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench_runner.model.benchmark import Case
from bench_runner.model.metric import Metric
from bench_runner.model.run import Fingerprint, Outcome, Protocol

Side = Literal["base", "head", "again"]
# The base is measured twice, in two workspaces: what they differ by is what this machine makes up.
SIDES: tuple[Side, ...] = ("base", "head", "again")
COMMITS: tuple[Side, ...] = ("base", "head")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a side has no numbers of a cell: how it ended, in words, and what it printed."""

    outcome: Outcome | Literal["missing"]
    detail: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One case on all sides: the centre of each round, in the metric's unit, in order.

    A round has been measured on all sides or on none. `fresh` are the rounds that were measured anew, in other
    processes, because the cell was flagged.
    """

    case: Case
    kind: str
    metric: Metric
    rounds: Mapping[Side, tuple[float, ...]] = field(default_factory=dict)
    fresh: Mapping[Side, tuple[float, ...]] = field(default_factory=dict)
    faults: Mapping[Side, Fault] = field(default_factory=dict)

    @property
    def measured(self) -> int:
        """How many rounds there are on each side."""
        return min((len(self.rounds.get(side, ())) for side in SIDES), default=0)


@dataclass(frozen=True, slots=True)
class Gate:
    """What was measured of two commits (full shas) in an environment on a machine, whole or up to where it was stopped.

    `looks` are the numbers of rounds after which all cells were looked at; `canary` is what the canary took beside each
    round, seconds by side; `spent_s` is wall time in all.
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
