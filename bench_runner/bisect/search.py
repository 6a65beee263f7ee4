"""The search for the commit that changed a level, as a pure object: observations in, questions or an answer out."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bench_runner.bisect.observations import EVEN, Observations, Prior
from bench_runner.bisect.question import ANCHOR, Costs, choose, free, hope, support

if TYPE_CHECKING:
    from bench_runner.bisect.posterior import Belief, Evidence

Outcome = Literal["found", "narrowed", "unchanged", "undecided", "unbuildable"]

# An answer is given at this probability, "nothing changed" at the lower one after so many rounds of both ends.
SURE = 0.99
NONE_SURE = 0.9
NONE_ROUNDS = 10
# Both ends are measured in turns, this many rounds each, before anything else.
START = 4
# When an end cannot be built its neighbour stands in, up to this many.
ENDS = 8
# No commit is named before the two it lies between were looked at so often, with others between: no outlier, and no
# moment in which the machine was busy, must name one.
CONFIRM = 2
# So many rounds at a time tell whether there is a change; where the layouts hide it in so many commits, none will.
MORE = 2
COMMITS = 30
# Where so little can still be learnt (bits) of every commit in doubt, it is their layout that hides the change, and no
# number of rounds brings it out.
FLOOR = 0.2
# A time-out tells as much of a commit as so many rounds, and takes longer.
TIMEOUT = 4


@dataclass(frozen=True, slots=True)
class Ask:
    """Measure this commit (its place in the range and its sha) for so many rounds."""

    index: int
    commit: str
    rounds: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out: the change lies after `last_old` and not later than `first_new`, with this probability.

    Commits between the two could not be measured. `among` is the smallest set that holds the change with the asked
    probability. "narrowed" means that the layout of these commits hides which of them it is, "unchanged" that both ends
    agree, "undecided" that the budget is spent.
    """

    outcome: Outcome
    last_old: int
    first_new: int
    probability: float
    among: tuple[int, ...] = ()


class Search:
    """Asks about commits, oldest first in `candidates`; the first is taken for old, the last for new.

    Values are on a scale where differences are relative (logarithms of times); `sigma` is their noise between rounds,
    None to estimate it. An exact metric has none: one round settles a commit.
    """

    def __init__(
        self,
        candidates: Sequence[str],
        *,
        sigma: float | None = None,
        exact: bool = False,
        costs: Costs | None = None,
        budget: int = 400,
        prior: Prior = EVEN,
    ) -> None:
        self.candidates = tuple(candidates)
        self.failed: set[int] = set()
        self.rounds: Counter[int] = Counter()
        self._seen = Observations(sigma)
        self._exact, self._budget = exact, budget
        self._costs = costs or Costs()
        self._prior = prior
        self._belief: Belief | None = None
        self._visits: Counter[int] = Counter()
        self._latest = -1
        self._since_anchor = 0
        self._in_vain = 0
        self._first, self._last = 0, len(self.candidates) - 1

    @property
    def measurements(self) -> int:
        """Rounds known so far; a time-out counts as several."""
        return self.rounds.total()

    @property
    def belief(self) -> "Belief | None":
        """The posterior after the last question, for display."""
        return self._belief

    def observe(self, index: int, values: Sequence[float], at: float | None = None) -> None:
        """Take in the round centres of one commit; `at` is when, in seconds of any clock. No value is a failure."""
        good = [value for value in values if math.isfinite(value)]
        if not good:
            self.fail(index)
            return
        moment = 10.0 * self.measurements if at is None else at
        self._seen.values += [(index, value, moment) for value in good]
        self._count(index, len(good))

    def time_out(self, index: int) -> None:
        """Take in that the benchmark ran into its time limit: the commit counts as slow."""
        self._seen.slow[index] += 1
        self._count(index, TIMEOUT)

    def fail(self, index: int) -> None:
        """Take in that the commit cannot be measured: not built, or the benchmark failed there.

        One that gave values before keeps them; asking it in vain again and again ends with the budget.
        """
        if self.rounds[index]:
            self._in_vain += TIMEOUT
        else:
            self.failed.add(index)

    def next(self) -> Ask | Answer:
        """Return the next question, or the answer."""
        if not self._settle_ends():
            return Answer("unbuildable", 0, len(self.candidates) - 1, 0.0)
        if end := self._end_to_start():
            return end
        from bench_runner.bisect.posterior import weigh

        evidence = self._evidence()
        self._belief = belief = weigh(evidence, self._belief or weigh(evidence))
        return self._answer(belief) or self._ask(belief)

    @property
    def _spent(self) -> bool:
        return self.measurements + self._in_vain >= self._budget

    def _count(self, index: int, rounds: int) -> None:
        self.rounds[index] += rounds
        self._visits[index] += index != self._latest
        self._latest = index
        ended = index in {self._first, self._last}
        self._since_anchor = max(0, self._since_anchor - ANCHOR * rounds) if ended else self._since_anchor + rounds

    def _settle_ends(self) -> bool:
        """Move ends that cannot be measured inwards; False when nothing is left or too many failed."""
        last = len(self.candidates) - 1
        while self._first in self.failed and self._first < min(ENDS, last):
            self._first += 1
        while self._last in self.failed and self._last > max(last - ENDS, 0):
            self._last -= 1
        return self._first < self._last and not {self._first, self._last} & self.failed

    def _end_to_start(self) -> Ask | None:
        """Ask for the ends in turns (old, new, new, old) until both have their first rounds."""
        least = min(self.rounds[self._first], self.rounds[self._last])
        if least >= (1 if self._exact else START) or (least and self._spent):
            return None
        return self._ask_end(1 if self._exact else START // 2)

    def _ask_end(self, rounds: int) -> Ask:
        """Ask for the end with fewer rounds; of equals, for the one measured last, which costs no switch."""
        first, last = self.rounds[self._first], self.rounds[self._last]
        index = self._first if first < last or (first == last and self._latest != self._last) else self._last
        return Ask(index, self.candidates[index], rounds)

    def _evidence(self) -> "Evidence":
        """Return what the posterior is computed from."""
        ends = (self._first, self._last)
        return self._seen.exactly(*ends, self._prior) if self._exact else self._seen.evidence(*ends, self._prior)

    def _answer(self, belief: "Belief") -> Answer | None:
        """Return the answer, if the evidence or the end of the budget allows one."""
        likely = belief.likely
        resolved = [interval for interval in range(len(belief.mass)) if not self._free(belief, interval)]
        best = max(resolved, key=belief.mass.__getitem__, default=likely)
        if best in resolved and belief.mass[best] >= SURE and (self._spent or self._confirmed(belief, best)):
            return self._between("found", belief, best)
        enough = 1 if self._exact else NONE_ROUNDS
        if belief.none >= NONE_SURE and min(self.rounds[self._first], self.rounds[self._last]) >= enough:
            return Answer("unchanged", self._first, self._last, belief.none)
        if self._spent:
            return self._between("undecided", belief, likely)
        if self._exact or belief.mass[likely] >= SURE or not self._hidden(belief):
            return None
        if belief.none < 1 - SURE:
            return self._between("narrowed", belief, likely)
        return self._between("undecided", belief, likely) if len(belief.knots) >= COMMITS else None

    def _confirmed(self, belief: "Belief", interval: int) -> bool:
        wanted = 1 if self._exact else CONFIRM
        return all(self._visits[knot] >= wanted for knot in belief.knots[interval : interval + 2])

    def _between(self, outcome: Outcome, belief: "Belief", interval: int) -> Answer:
        last_old, first_new = belief.knots[interval], belief.knots[interval + 1]
        return Answer(outcome, last_old, first_new, belief.mass[interval], self._among(belief))

    def _among(self, belief: "Belief") -> tuple[int, ...]:
        """Return the smallest set of commits that holds the change with the asked probability, if there is one."""
        wanted, among = SURE * (1 - belief.none), set[int]()
        for interval in sorted(range(len(belief.mass)), key=lambda each: -belief.mass[each]):
            inside = [*self._free(belief, interval), belief.knots[interval + 1]]
            among.update(inside)
            wanted -= belief.mass[interval]
            if wanted <= 0:
                break
        return tuple(sorted(among))

    def _free(self, belief: "Belief", interval: int) -> list[int]:
        return free(belief, interval, self.failed)

    def _ask(self, belief: "Belief") -> Ask:
        """Return the question that promises most information for its cost, an end every now and then."""
        if not self._exact and self._doubted(belief):
            index = support(belief, self.rounds, self.failed, self._costs)
            return Ask(index, self.candidates[index], MORE)
        if belief.none > 0.3 and not self._ends_told(belief):
            return self._ask_end(MORE)
        if self._since_anchor >= ANCHOR and not self._exact:
            return self._ask_end(self._since_anchor // ANCHOR)
        sure = belief.mass[belief.likely] >= SURE and not self._free(belief, belief.likely)
        chosen = None if sure else choose(belief, self.rounds, self.failed, self._costs)
        index, rounds = chosen or (self._beside(belief, belief.likely), 1)
        return Ask(index, self.candidates[index], 1 if self._exact else rounds)

    def _ends_told(self, belief: "Belief") -> bool:
        """Whether more rounds of the ends tell no more of them, for their layouts: other commits may."""
        useful = 2 * (belief.sigma / belief.layout) ** 2
        return min(self.rounds[self._first], self.rounds[self._last]) >= max(NONE_ROUNDS, useful)

    def _doubted(self, belief: "Belief") -> bool:
        """Whether there is a change at all is the question: where it would be is known, or cannot be."""
        placed = belief.mass[belief.likely] >= SURE * (1 - belief.none) and not self._free(belief, belief.likely)
        return belief.none > 1 - SURE and (placed or self._hidden(belief))

    def _hidden(self, belief: "Belief") -> bool:
        """Whether no number of rounds brings out what the layouts of the commits in doubt hide."""
        return hope(belief, self.rounds, self.failed) < FLOOR

    def _beside(self, belief: "Belief", interval: int) -> int:
        """Return the side of an interval to look at again; an end instead when that side was looked at just now."""
        index = min(belief.knots[interval : interval + 2], key=lambda each: self._visits[each])
        if index != self._latest:
            return index
        return self._last if index == self._first else self._first


def strategy(env: Any, rng: object) -> tuple[int | None, float, list[int | None]]:
    """Search a simulated history whose `env.measure(index)` gives logarithms and raises for a commit without build."""
    del rng  # nothing here is random
    costs = Costs(build=env.build_s / env.measure_s, switch=0.0)
    search = Search([str(index) for index in range(env.n)], sigma=env.sigma_hint, costs=costs)
    while isinstance(ask := search.next(), Ask):
        try:
            for _ in range(ask.rounds):
                search.observe(ask.index, [env.measure(ask.index)], at=env.clock)
        except Exception:  # noqa: BLE001 - the simulator's own type, which is not ours to import
            search.fail(ask.index)
    none = search.belief.none if search.belief else 0.0
    if ask.outcome == "unchanged" or none > ask.probability:
        return None, none, [None]
    return ask.first_new, ask.probability, list(ask.among)
