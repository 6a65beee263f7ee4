"""What a search will take: the same search, run on made-up values a number of times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench_runner.bisect.observations import Prior
from bench_runner.bisect.posterior import summed
from bench_runner.bisect.search import Ask, Search

# So many searches are made up, each with the change at another commit.
TRIALS = 15


@dataclass(frozen=True, slots=True)
class Spend:
    """Commits to be built and rounds to be measured."""

    builds: int
    rounds: int


def forecast(count: int, prior: Prior, step: float, sigma: float, *, exact: bool = False) -> tuple[Spend, Spend]:
    """Return what half of the searches of so many commits take, and what nine of ten do.

    `step` and `sigma` (the noise between rounds of one commit) are shares: .05 for 5 %. All commits build.
    """
    rng = np.random.default_rng(0)
    places = np.searchsorted(summed(prior.weights or [1.0] * count), rng.random(TRIALS))
    spent = [_one(count, prior, int(place), step, sigma * (not exact), rng) for place in places]
    builds, rounds = sorted(one.builds for one in spent), sorted(one.rounds for one in spent)
    half, most = TRIALS // 2, TRIALS * 9 // 10
    return Spend(builds[half], rounds[half]), Spend(builds[most], rounds[most])


def _one(count: int, prior: Prior, place: int, step: float, sigma: float, rng: np.random.Generator) -> Spend:
    """Search once for a change at a place; no noise is an exact metric."""
    search = Search(list(map(str, range(count))), exact=not sigma, prior=prior)
    while isinstance(ask := search.next(), Ask):
        level = step if ask.index >= place else 0.0
        search.observe(ask.index, _values(level, sigma, ask.rounds, rng))
    return Spend(len(search.rounds), search.measurements)


def _values(level: float, sigma: float, rounds: int, rng: np.random.Generator) -> Sequence[float]:
    return [level + float(rng.normal(0, sigma)) for _ in range(rounds)]
