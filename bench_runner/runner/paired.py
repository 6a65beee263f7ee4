"""Measures two commits side by side, the base twice: every cell in turn on all sides, in random order."""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random
from statistics import median

from bench_runner.envs.output import clean
from bench_runner.history.seen import awaited, timed
from bench_runner.instrument.spans import span
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.gate import SIDES, Cell, Fault, Gate, Side
from bench_runner.model.judged import Judged
from bench_runner.runner.course import Course
from bench_runner.runner.rig import Rig
from bench_runner.runner.sampling import Sampling
from bench_runner.stats.looks import CONFIRMING, LOOKS
from bench_runner.stats.summary import finite

Judge = Callable[[Gate], Judged]


@dataclass(frozen=True, slots=True)
class Step:
    """Where measuring is: `done` of about `total` rounds of all cells, and what is going on in words."""

    done: int
    total: int
    doing: str


@dataclass
class Stop:
    """Whether to end after the round in hand (set from a signal handler)."""

    stopping: bool = False


@dataclass
class Sides:
    """The rigs of both commits, and the cells to measure by benchmark; `keep` stores what there is after each round."""

    rigs: Mapping[Side, Rig]
    benchmarks: Mapping[Case, Benchmark]
    sampling: Sampling
    tell: Callable[[Step], None]
    keep: Callable[[Gate], object]
    until: float = math.inf  # seconds of `time.monotonic`
    stop: Stop = field(default_factory=Stop)
    _courses: dict[Side, dict[Case, Course]] = field(default_factory=dict)
    _random: Random = field(default_factory=Random)

    def measure(self, gate: Gate, judge: Judge) -> Judged:
        """Go on with a gate until all is known that can be, or time is over; what was measured is kept all the time."""
        if gate.whole:
            return judge(gate)
        self._random = Random(gate.seed + len(gate.canary.get("base", ())))  # noqa: S311 - an order
        with ExitStack() as held:
            for rig in self.rigs.values():
                held.enter_context(rig)
            gate = self._prepared(gate)
            for number, count in enumerate(LOOKS):
                gate = self._looked(gate, number, count, judge)
            gate = self._confirmed(gate, set(judge(gate).flagged))
        gate = replace(gate, whole=not self._over)
        self.keep(gate)
        return judge(gate)

    @property
    def _over(self) -> bool:
        """Whether to stop where it is."""
        return self.stop.stopping or time.monotonic() > self.until

    def _prepared(self, gate: Gate) -> Gate:
        """Make the caches of each side; a cell whose setup_cache fails has a fault."""
        seed = self._random.random()
        for side, rig in self.rigs.items():
            courses = [self._course(one.case) for one in gate.cells if not one.faults]
            self._courses[side] = {course.case: course for course in courses}
            rig.make_caches(courses, Random(seed), lambda *_: None)  # noqa: S311 - the same hash seed on all sides
        return replace(gate, cells=tuple(self._faulted(one) for one in gate.cells))

    def _course(self, case: Case) -> Course:
        """Return the start of a case; of what takes time the rounds are ours to say."""
        course = Course.of(self.benchmarks[case], case, self.sampling)
        if timed(course.benchmark.metric):
            course.calls = replace(course.calls, rounds=LOOKS[-1] + CONFIRMING + 1)
        return course

    def _faulted(self, cell: Cell) -> Cell:
        """Return a cell with what went wrong on any side."""
        found = {side: courses[cell.case].bad for side, courses in self._courses.items() if cell.case in courses}
        faults = {
            side: Fault(bad.outcome, clean(bad.detail), clean(bad.output).strip("\n"))  # type: ignore[arg-type]
            for side, bad in found.items()
            if bad
        }
        return replace(cell, faults={**cell.faults, **faults})

    def _looked(self, gate: Gate, number: int, count: int, judge: Judge) -> Gate:
        """Return a gate with so many rounds of the cells that are not clear yet, unless time is over before."""
        if len(gate.looks) > number:
            return gate
        wanted = {one.case for one in gate.cells} if number == 0 else set(judge(gate).open)
        while mine := [one for one in gate.cells if one.case in wanted and self._lacks(one, count, number)]:
            if self._over:
                return gate
            done = count - min(count - one.measured for one in mine)
            self.tell(Step(done, count, f"round {done + 1} of {count}, {len(mine)} of {len(gate.cells)} cells"))
            gate = self._round(gate, mine, "rounds")
            wanted -= {one.case for one in gate.cells if one.faults}
        return replace(gate, looks=(*gate.looks, count)) if wanted or number == 0 else gate

    def _lacks(self, cell: Cell, count: int, number: int) -> bool:
        """Whether a cell has to be measured once more before the look."""
        if cell.faults:
            return False
        if not timed(cell.metric):
            return number == 0 and cell.measured < self._courses["base"][cell.case].calls.rounds
        return cell.measured < count

    def _confirmed(self, gate: Gate, flagged: Collection[Case]) -> Gate:
        """Return a gate with fresh rounds of the cells that look changed."""
        done = 0
        while mine := [one for one in gate.cells if one.case in flagged and not one.faults and awaited(one)]:
            if self._over:
                return gate
            self.tell(Step(done, done + max(map(awaited, mine)), f"measuring {len(mine)} flagged cells anew"))
            gate, done = self._round(gate, mine, "fresh"), done + 1
        return gate

    def _round(self, gate: Gate, cells: Sequence[Cell], into: str) -> Gate:
        """Return a gate with one more round of some cells, in fresh interpreters."""
        began = time.monotonic()
        order = list(cells)
        self._random.shuffle(order)
        seed = self._random.random()
        with span("round", cells=len(order)):
            for rig in self.rigs.values():
                rig.begin(Random(seed))  # noqa: S311 - the same hash seed on all sides
            found = {one.case: self._turns(one) for one in order}
            canary = {side: _pace(rig) for side, rig in self.rigs.items()}
        gate = replace(
            gate,
            cells=tuple(self._taken(one, found[one.case], into) if one.case in found else one for one in gate.cells),
            canary={side: (*gate.canary.get(side, ()), canary[side]) for side in SIDES},
            spent_s=gate.spent_s + time.monotonic() - began,
        )
        self.keep(gate)
        return gate

    def _turns(self, cell: Cell) -> dict[Side, tuple[float, float]]:
        """Give a cell its turn on all sides, in random order; return the centre and the CPU seconds of each."""
        sides = list(self.rigs)
        self._random.shuffle(sides)
        found = {}
        for side in sides:
            course = self._courses[side][cell.case]
            self.rigs[side].turn(course)
            if course.bad:  # the other sides tell whether it fails everywhere, whichever came first
                continue
            last = course.rounds[-1]
            values = finite(last.values)
            found[side] = (median(values) if values else math.nan, last.cpu_s + last.child_cpu_s)
        return found

    def _taken(self, cell: Cell, found: Mapping[Side, tuple[float, float]], into: str) -> Cell:
        """Return a cell with a round, or with what went wrong in it."""
        if len(found) < len(self.rigs):
            return self._faulted(cell)
        centres = {side: found[side][0] for side in SIDES}
        cpu = {side: found[side][1] for side in SIDES} if timed(cell.metric) else {}
        if into == "rounds":
            return replace(cell, rounds=_longer(cell.rounds, centres), cpu=_longer(cell.cpu, cpu))
        return replace(cell, fresh=_longer(cell.fresh, centres), fresh_cpu=_longer(cell.fresh_cpu, cpu))


def _longer(before: Mapping[Side, tuple[float, ...]], more: Mapping[Side, float]) -> dict[Side, tuple[float, ...]]:
    """Return rounds with one more on each side."""
    return {side: (*before.get(side, ()), value) for side, value in more.items()}


def _pace(rig: Rig) -> float:
    """Take a canary at the end of a round and return its seconds."""
    rig.vigil.take()
    return rig.vigil.canaries[-1].wall_s
