"""An event: what happened to a machine or an environment, and moved numbers that no commit is to blame for."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from bench_runner.model.change import Change

Kind = Literal["machine", "environment"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something between two measured commits (full shas): `reason` is the difference, or what speaks for it, in words.

    `machine` or `environment` is "" where all of them are meant. `ratio` is after / before of the numbers that moved
    together (NaN where no common one is known); `agree` of `asked` series did. `changes` are those laid to it.
    """

    kind: Kind
    machine: str
    environment: str
    last_old: str
    first_new: str
    revision: int
    reason: str
    ratio: float = float("nan")
    agree: int = 0
    asked: int = 0
    changes: tuple[Change, ...] = ()

    @property
    def id(self) -> str:
        """Stable while the place stays: eight hex digits."""
        parts = (self.kind, self.machine, self.environment, self.first_new)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]

    @property
    def name(self) -> str:
        """Which machine or environment it befell."""
        where = (f"machine {self.machine}" if self.machine else "", self.environment and f"in {self.environment}")
        return " ".join(word for word in where if word)
