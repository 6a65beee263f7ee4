"""Which commit is worth measuring next: the most expected information for its cost."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench_runner.bisect.posterior import Belief

# An end is measured again after so many rounds of other commits, to see the machine drift.
ANCHOR = 2
# An effect of the layout of so much is to be excluded before a change is named.
LARGE = 0.01
# Heavy tails make a round worth less than a normal one.
_EFFICIENCY = 0.8
# Where the posterior may be cut: its middle, or beside it where that is cheaper.
_CUTS = (0.35, 0.5, 0.65)


@dataclass(frozen=True, slots=True)
class Costs:
    """What building a commit and switching to a built one cost, in units of one round."""

    build: float = 6.0
    switch: float = 1.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """A commit worth asking about: its probability of having the new level and the rounds known of it."""

    index: int
    new: float
    rounds: int


def choose(
    belief: "Belief", rounds: Mapping[int, int], failed: Collection[int], costs: Costs
) -> tuple[int, int] | None:
    """Return the best commit and number of rounds, None when no commit is in doubt."""
    doubts = [*_measured(belief, rounds), *_unmeasured(belief, failed)]
    offers = ((_worth(belief, doubt, more, costs), doubt.index, more) for doubt in doubts for more in (1, 2, 4, 8))
    best = max(offers, default=None)
    return best[1:] if best else None


def support(belief: "Belief", rounds: Mapping[int, int], failed: Collection[int], costs: Costs) -> int:
    """Return the commit of which a few rounds tell most of the level of its side, the side of which less is known.

    That all is one level, and layouts make the difference, is what they shall exclude: no commit tells more than its
    layout lets it, and further commits do.
    """
    blur = belief.sigma**2 / _EFFICIENCY

    def known(count: float) -> float:
        return 1 / (LARGE**2 + blur / count) if count else 0.0

    sides = [round(new) for new in belief.new]
    totals = [
        sum(known(rounds[k]) for k, side in zip(belief.knots, sides, strict=True) if side == one) for one in (0, 1)
    ]
    side = int(totals[1] < totals[0])
    offers = [
        ((known(rounds[knot] + 1) - known(rounds[knot])) / (1 + costs.switch), knot)
        for knot, one in zip(belief.knots, sides, strict=True)
        if one == side
    ]
    gaps = [free(belief, at, failed) for at, pair in enumerate(pairwise(sides)) if pair == (side, side)]
    if any(gaps):
        widest = max(gaps, key=len)
        offers.append((known(2) / (2 + costs.switch + costs.build), widest[len(widest) // 2]))
    return max(offers)[1]


def hope(belief: "Belief", rounds: Mapping[int, int], failed: Collection[int]) -> float:
    """Return how much of its bit any number of rounds may still tell of a doubtful commit; its layout is the limit."""
    doubts = [*_measured(belief, rounds), *_unmeasured(belief, failed)]
    return max((_capacity(_apart(belief, one.rounds, math.inf)) for one in doubts), default=0.0)


def free(belief: "Belief", interval: int, failed: Collection[int]) -> list[int]:
    """Return the commits strictly inside an interval that may still be built."""
    inside = range(belief.knots[interval] + 1, belief.knots[interval + 1])
    return [index for index in inside if index not in failed]


def _measured(belief: "Belief", rounds: Mapping[int, int]) -> Iterator[Doubt]:
    """Yield commits whose side is not yet clear."""
    for knot, new in zip(belief.knots, belief.new, strict=True):
        if 1e-3 < new < 1 - 1e-3:
            yield Doubt(knot, new, rounds[knot])


def _unmeasured(belief: "Belief", failed: Collection[int]) -> Iterator[Doubt]:
    """Yield commits not yet built that cut the posterior well."""
    for interval, (below, above) in enumerate(pairwise(belief.new)):
        cuts = [cut for cut in _CUTS if below <= cut < above]
        inside = free(belief, interval, failed) if cuts else []
        chances = belief.inside(interval, inside) if inside else []
        for cut in cuts if inside else ():
            new, index = min(zip(chances, inside, strict=True), key=lambda each: abs(each[0] - cut))
            yield Doubt(index, new, 0)


def _worth(belief: "Belief", doubt: Doubt, more: int, costs: Costs) -> float:
    """Return the expected information of so many more rounds of a commit, in bits per cost of a round."""
    cost = more * (1 + 1 / ANCHOR) + costs.switch + (0 if doubt.rounds else 1.1 * costs.build)
    return _entropy(doubt.new) * _capacity(_apart(belief, doubt.rounds, doubt.rounds + more)) / cost


def _apart(belief: "Belief", known: int, then: float) -> float:
    """Return how many sd apart the levels are in what more rounds of a commit add to those known."""
    return min(belief.distance * math.sqrt(_precision(belief, then) - _precision(belief, known)), 20.0)


def _precision(belief: "Belief", rounds: float) -> float:
    """How well so many rounds tell a commit's level; its own layout effect sets the limit."""
    return 1 / (belief.layout**2 + belief.sigma**2 / (_EFFICIENCY * rounds)) if rounds else 0.0


def _entropy(p: float) -> float:
    """Bits of a coin."""
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p) if 0 < p < 1 else 0.0


def _capacity(distance: float) -> float:
    """Bits that one look at two normal levels `distance` sd apart tells (ten Brink's approximation)."""
    return float((1 - 2 ** (-0.3073 * distance**1.787)) ** 1.1064)
