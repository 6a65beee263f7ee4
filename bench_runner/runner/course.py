"""What has come of one case so far, round by round."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

from bench_runner.envs.output import clean
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.run import Outcome, Result
from bench_runner.model.sample import Round, Sample
from bench_runner.model.vitals import UNKNOWN, Vitals
from bench_runner.runner.sampling import Calls, Sampling, first, later
from bench_runner.stats import quality
from bench_runner.worker.messages import Ended


@dataclass(slots=True)
class Course:
    """One case on its way; `index` is its place among the benchmark's combinations, as asv counts.

    `turns` tell by numbers of the vigil's when each of its rounds was. `extra` rounds are asked for beyond the planned
    ones, until one of them goes wrong: then it is `spent`.
    """

    benchmark: Benchmark
    case: Case
    index: int
    sampling: Sampling
    calls: Calls
    rounds: list[Round] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    bad: Ended | None = None
    extra: int = 0
    spent: bool = False
    started_ms: int = 0
    duration_s: float = 0.0

    @classmethod
    def of(cls, benchmark: Benchmark, case: Case, sampling: Sampling) -> "Course":
        """Return the start of a case."""
        return cls(benchmark, case, _index(benchmark, case), sampling, first(benchmark, sampling))

    @property
    def left(self) -> int:
        """How many rounds are still to come; none after a bad one."""
        return 0 if self.bad or self.spent else max(0, self.calls.rounds + self.extra - len(self.rounds))

    @property
    def lacking(self) -> int:
        """How many of the planned rounds have not been measured undisturbed; none where that does not matter."""
        if self.bad or self.spent or not quality.timed(self.benchmark.metric):
            return 0
        return max(0, self.calls.rounds - sum(not quality.disturbed(one.vitals) for one in self.rounds))

    @property
    def round_s(self) -> float:
        """Seconds that a round took, setup included."""
        return self.duration_s / max(1, len(self.rounds))

    @property
    def timeout(self) -> float:
        """Seconds after which a call of the worker is given up."""
        return self.sampling.timeout if self.benchmark.timeout is None else self.benchmark.timeout

    @property
    def alone(self) -> bool:
        """Whether it needs an interpreter that has not imported the suite (peakmem_*, timeraw_*, exact kinds)."""
        return bool(self.benchmark.attributes.get("alone"))

    @property
    def pinned(self) -> bool:
        """Whether nothing around it may vary (exact kinds)."""
        return bool(self.benchmark.attributes.get("pinned"))

    @property
    def simulated(self) -> bool:
        """Whether its instructions are counted, in valgrind where there is one."""
        return self.benchmark.kind == "instr"

    def add(self, ended: Ended, vitals: Vitals = UNKNOWN, turn: int = 0) -> None:
        """Take in how a round ended; the first one says how the others go, and an extra one spoils nothing."""
        if ended.outcome != "ok":
            self.spent = bool(self.extra)
            self.bad = None if self.spent else ended
            return
        memory = (ended.peak_rss, ended.bare_rss, ended.setup_rss)
        costs = (ended.cpu_s, ended.child_cpu_s, ended.wall_s, *memory)
        self.rounds.append(Round(tuple(ended.values), ended.number, *costs, vitals))
        self.turns.append(turn)
        if len(self.rounds) == 1:
            self.calls = later(self.benchmark, self.sampling, ended.number, ended.batch_s)

    def settle(self, complete: Callable[[Vitals, int], Vitals]) -> None:
        """Complete what is known of each round by what came after it."""
        pairs = zip(self.rounds, self.turns, strict=True)
        self.rounds = [replace(one, vitals=complete(one.vitals, turn)) for one, turn in pairs]

    def result(self) -> Result:
        """Return what came of it, without a summary."""
        bad = self.bad or Ended("ok")
        where = f"in round {len(self.rounds) + 1}: " if self.bad and self.rounds else ""
        return Result(
            self.case,
            self.benchmark.version,
            cast("Outcome", bad.outcome),
            sample=None if self.bad else Sample(tuple(self.rounds)),
            detail=clean(where + bad.detail),
            output=clean(bad.output).strip("\n"),
            started_ms=self.started_ms,
            duration_s=self.duration_s,
        )


def _index(benchmark: Benchmark, case: Case) -> int:
    """Return the place of a case among the combinations of its benchmark's parameters."""
    number = 0
    for values, text in zip(benchmark.params, case.params, strict=True):
        number = number * len(values) + values.index(text)
    return number
