"""Drives a search with real measurements, and says what came of it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench_runner.bisect.observations import EVEN, Prior
from bench_runner.bisect.search import Answer, Ask, Outcome, Search
from bench_runner.errors import UsageError
from bench_runner.instrument.spans import span
from bench_runner.model.commit import Commit
from bench_runner.model.metric import Metric

# Units in which a value is a size, so that differences are relative; anything else may be zero or negative.
_SIZES = {"seconds", "bytes"}
_EXIT_CODES: dict[Outcome, int] = {"found": 0, "narrowed": 4, "unchanged": 4, "undecided": 4, "unbuildable": 6}


@dataclass(frozen=True, slots=True)
class Unbuildable:
    """A commit that cannot be measured: it does not build, or the benchmark fails there."""

    reason: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The benchmark ran into its time limit: it counts as slow."""

    reason: str = "timeout"


# Measures a commit (full sha) for so many rounds, stores the result, and returns the centre of each round.
Measure = Callable[[str, int], tuple[float, ...] | Unbuildable | TimedOut]


@dataclass(frozen=True, slots=True)
class Look:
    """One answered question: the centres of its rounds in the metric's unit, or why there are none (slow: time-out).

    `at_s` is when, in seconds since 1970.
    """

    commit: Commit
    values: tuple[float, ...] = ()
    problem: str = ""
    slow: bool = False
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What a search begins with: what is known before, what was seen already, and how many rounds it may take."""

    prior: Prior = EVEN
    seen: Sequence[Look] = ()
    budget: int = 400


WHOLE = Terms()


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search stands before it measures `commit`: probabilities are per interval between measured commits."""

    commit: Commit
    rounds: int
    looks: int
    knots: tuple[Commit, ...] = ()
    mass: tuple[float, ...] = ()
    none: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to: the change lies after `last_old` and not later than `first_new`, with `probability`.

    `between` are the commits after the one up to the other, oldest first: when found, the culprit and those before it
    that could not be measured. `among` is the smallest set that holds it with 99 %. `skipped` could not be measured,
    with why. `before` and `after` are medians of all rounds on either side, NaN where all of them timed out.
    """

    outcome: Outcome
    metric: Metric
    last_old: Commit
    first_new: Commit
    probability: float
    before: float
    after: float
    between: tuple[Commit, ...]
    among: tuple[Commit, ...] = ()
    skipped: tuple[Look, ...] = ()
    looks: tuple[Look, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 found, 4 nothing reproduced or undecided, 6 nothing that can be built."""
        return _EXIT_CODES[self.outcome]

    @property
    def exactly(self) -> bool:
        """Whether one commit is named, not a range of which the rest cannot be measured."""
        return self.outcome == "found" and len(self.between) == 1

    @property
    def ratio(self) -> float:
        """After / before; NaN when either is unknown or before is 0."""
        return self.after / self.before if self.before else math.nan

    @property
    def rounds(self) -> int:
        """How many rounds were measured."""
        return sum(len(look.values) for look in self.looks)

    @property
    def commits(self) -> int:
        """How many commits were measured."""
        return len({look.commit.sha for look in self.looks if look.values})


def run(
    commits: Sequence[Commit],
    metric: Metric,
    measure: Measure,
    *,
    tell: Callable[[Progress], None] | None = None,
    keep: Callable[[Look], None] | None = None,
    terms: Terms = WHOLE,
) -> Found:
    """Search `commits` (oldest first, the first one old, the last one new) for the change of one case.

    `keep` is given each look as soon as it is there. Whatever `measure` raises, Ctrl-C too, passes through: what it has
    stored by then is not lost.
    """
    if len(commits) < 2:
        raise UsageError("a range to bisect needs two commits: the last good one and a bad one, A..B")
    search = Search([commit.sha for commit in commits], exact=metric.exact, budget=terms.budget, prior=terms.prior)
    scale = _Scale(metric)
    looks = list(terms.seen)
    places = {one.sha: index for index, one in enumerate(commits)}
    for look in looks:
        _tell(search, places[look.commit.sha], look, scale)
    while isinstance(ask := search.next(), Ask):
        if tell:
            tell(_progress(search, ask, commits, len(looks)))
        with span("look", commit=ask.commit, rounds=ask.rounds):
            looks.append(_look(commits[ask.index], measure(ask.commit, ask.rounds)))
        _tell(search, ask.index, looks[-1], scale)
        if keep:
            keep(looks[-1])
    return _found(ask, commits, metric, looks)


class _Scale:
    """Brings values to where differences are relative and up is worse."""

    def __init__(self, metric: Metric) -> None:
        self._relative = metric.unit in _SIZES and not metric.exact
        self._sign = 1.0 if metric.better == "lower" else -1.0
        self._unit = 0.0

    def __call__(self, value: float) -> float:
        if self._relative:
            return self._sign * math.log(max(value, 1e-300))
        self._unit = self._unit or abs(value)
        return self._sign * value / (self._unit or 1.0)


def _look(commit: Commit, answer: tuple[float, ...] | Unbuildable | TimedOut) -> Look:
    """Return what an answer was, now."""
    if isinstance(answer, (TimedOut, Unbuildable)):
        return Look(commit, (), answer.reason, isinstance(answer, TimedOut), time.time())
    values = tuple(value for value in answer if math.isfinite(value))
    return Look(commit, values, "" if values else "no values", at_s=time.time())


def _tell(search: Search, index: int, look: Look, scale: "_Scale") -> None:
    """Tell the search of a look."""
    if look.slow:
        search.time_out(index)
    else:
        search.observe(index, [scale(value) for value in look.values], at=look.at_s)


def _progress(search: Search, ask: Ask, commits: Sequence[Commit], looks: int) -> Progress:
    """Show where the search stands."""
    commit, belief = commits[ask.index], search.belief
    if belief is None:
        return Progress(commit, ask.rounds, looks)
    knots = tuple(commits[knot] for knot in belief.knots)
    return Progress(commit, ask.rounds, looks, knots, belief.mass, belief.none)


def _found(answer: Answer, commits: Sequence[Commit], metric: Metric, looks: Sequence[Look]) -> Found:
    """Put the numbers behind the answer."""
    place = {commit.sha: index for index, commit in enumerate(commits)}
    before = [value for look in looks if place[look.commit.sha] <= answer.last_old for value in look.values]
    after = [value for look in looks if place[look.commit.sha] >= answer.first_new for value in look.values]
    told = {look.commit.sha for look in looks if look.values or look.slow}
    skipped = {look.commit.sha: look for look in looks if look.commit.sha not in told}
    between = tuple(commits[answer.last_old + 1 : answer.first_new + 1])
    among = tuple(commits[index] for index in answer.among)
    return Found(
        answer.outcome,
        metric,
        commits[answer.last_old],
        commits[answer.first_new],
        answer.probability,
        median(before) if before else math.nan,
        median(after) if after else math.nan,
        between,
        between if answer.outcome == "found" else among,
        tuple(skipped[sha] for sha in sorted(skipped, key=place.__getitem__)),
        tuple(looks),
    )
