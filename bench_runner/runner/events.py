"""What measuring tells while it runs, and what it brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench_runner.model.benchmark import Case
from bench_runner.model.run import Result

Kind = Literal["cache", "round", "case", "result"]


@dataclass(frozen=True, slots=True)
class Event:
    """A step of measuring: a setup_cache made, a round begun, a case called in a round, a case complete.

    `done` of `total` steps are over (the total may shrink when cases need fewer rounds); `seconds` is what the step
    took; `result` comes with the kind "result".
    """

    kind: Kind
    done: int
    total: int
    round: int = 0
    case: Case | None = None
    outcome: str = ""
    seconds: float = 0.0
    result: Result | None = None

    def __str__(self) -> str:
        """Say it in a few words: "round 2: suite.time_x(1) ok"."""
        what = self.case.id if self.case else {"cache": "setup_cache", "round": "begins"}.get(self.kind, "")
        return f"round {self.round}: {what} {self.outcome}".rstrip()


@dataclass(frozen=True, slots=True)
class Measured:
    """Results in the order of the cases asked for, without summaries, and how they were taken.

    `setup_cache_s` maps asv's key to seconds; `seed` repeats the order of cases, `hash_seeds` are those of the rounds;
    `launch` is how ordinary cases were started: "fork" from one import of the suite, or "exec" each by itself.
    """

    results: tuple[Result, ...]
    setup_cache_s: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    hash_seeds: tuple[int, ...] = ()
    launch: str = "fork"
