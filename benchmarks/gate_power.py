"""Simulates gates: how often one is red without a change, how often it shows a change, and how many rounds that takes.

    python benchmarks/gate_power.py [--gates 1000] [--cells 20] [--seed 1] [--draws 1999] [--only NAME]

A gate compares two builds of a suite in which one cell became slower by 3, 5 or 10 %, or none did (A/A). It is red when
it calls any cell slower. All rules judge the same made-up suites:

  processes    of one cell and build vary by a sigma of 2.2 % for the median cell and 5.3 % for one in ten (lognormal:
               numpy's published history), and the SAMPLES taken in one process by 0.84 %
  tails        both are Student's t with 3 degrees of freedom, with 5 % of high outliers
  layout       0.3 of a cell's sigma is the process's, the same way in all its cells
  moment       2.2 % are the round's, the same for all cells and builds in it
  drift        the suite and each cell walk by as much as processes vary in ten rounds (--walk), within rounds too

Rows: our gate with 10 or 20 rounds of each side, or as many of 10, 20, 40 as it takes, always with a third side that is
the base again, and confirmed in fresh rounds; `asv continuous` as it comes (2 processes of 5 samples a side: base,
head, head, base; factor 1.1 and its U test at p < .002), with the factor 1.05, and with intervals of 2 x 10 samples
instead of the test (what it does where no samples are kept), each by asv's own code; the ratio of the medians of 10
rounds; and Mann and Whitney's test of all samples of 10 rounds.

Columns: red gates without a change; gates that call the changed cell slower; gates with a change that call any other
cell slower; rounds (processes) of each cell and side, confirmation included, without a change and with one.
"""

import argparse
import math
import sys
import time
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist

import numpy as np

from bench_runner.stats import looks, paired

EFFECTS = (0.0, 0.03, 0.05, 0.1)
MEDIAN, NINTH = 0.022, 0.053  # sigma between processes of the median cell, and of one in ten
WITHIN = 0.0084  # sigma of the samples of a process
MOST = 0.3  # no cell is noisier than that
LAYOUT, OWN = 0.3, 0.95  # what is the process's and the cell's of a cell's sigma
SAMPLES = 5
AIM = looks.Aim()


def noise(rng, shape):
    """Return noise with heavy tails, about as wide as a standard normal in the middle."""
    spikes = (rng.random(shape) < 0.05) * rng.exponential(5, shape)
    return rng.standard_t(3, shape) / math.sqrt(3) + spikes


@dataclass
class Gate:
    """What a rule says: the cells that it calls slower, and the rounds of each cell and side that it took."""

    slower: np.ndarray
    rounds: np.ndarray


class Suite:
    """A machine with a suite of so many cells, of which one may be slower in the new build."""

    def __init__(self, rng, cells, effect=0.0, walk=10):
        self.rng, self.cells, self.walk = rng, cells, walk
        spread = math.log(NINTH / MEDIAN) / NormalDist().inv_cdf(0.9)
        self.sigma = np.minimum(MEDIAN * np.exp(spread * rng.normal(size=cells)), MOST)
        self.changed = int(rng.integers(cells))
        self.new = np.zeros(cells)
        self.new[self.changed] = math.log1p(effect)
        self._level = np.zeros(cells)

    def samples(self, rounds, builds, *, orders=None, samples=SAMPLES):
        """Measure: sides x rounds x cells x samples; `builds` are 0 (base) or 1 (new), `orders` those of the rounds."""
        rng, sides = self.rng, len(builds)
        orders = rng.random((rounds, sides)).argsort(axis=1) if orders is None else np.array(orders)
        turns = orders + sides * np.arange(rounds)[:, None]
        shape = (rounds * sides, self.cells)
        moment = np.repeat(MEDIAN * rng.standard_t(3, rounds) / math.sqrt(3), sides)[:, None]
        process = self.sigma * (LAYOUT * rng.normal(size=(len(moment), 1)) + OWN * noise(rng, shape))
        found = (self._walked(shape, sides) + moment + process)[turns]
        found += np.array(builds)[:, None] * self.new
        return np.exp(found[..., None] + WITHIN * noise(rng, (*found.shape, samples))).swapaxes(0, 1)

    def values(self, rounds, builds):
        """Measure: sides x rounds x cells, the median sample of each process."""
        return np.median(self.samples(rounds, builds), axis=-1)

    def _walked(self, shape, sides):
        """Return where the levels are at each turn, and stay there."""
        steps = MEDIAN * self.rng.normal(size=(shape[0], 1)) + self.sigma * self.rng.normal(size=shape)
        levels = self._level + np.cumsum(steps / math.sqrt(self.walk * sides), axis=0)
        self._level = levels[-1]
        return levels


def ours(suite, plan):
    """Return what our gate says after looks at so many rounds of each side."""
    sides, active, flagged = np.empty((3, 0, suite.cells)), np.ones(suite.cells, dtype=bool), {}
    rounds = np.zeros(suite.cells)
    for look, upto in enumerate(plan):
        fresh = suite.values(upto - sides.shape[1], (0, 1, 0))
        fresh[:, :, ~active] = math.nan
        rounds[active] += fresh.shape[1]
        sides = np.concatenate([sides, fresh], axis=1)
        found = paired.compare(sides, np.diff([0, *plan[: look + 1]]).tolist())
        states = {k: looks.state(found[k], look, AIM, plan[-1]) for k in np.flatnonzero(active)}
        flagged |= {k: found[k] for k, one in states.items() if one == "changed"}
        active = np.array([states.get(k) == "open" for k in range(suite.cells)])
        if not active.any():
            break
    return confirmed(suite, flagged, rounds) if flagged else Gate(active, rounds)


def confirmed(suite, flagged, rounds):
    """Return what is left of flagged cells when they are measured again by themselves."""
    needed = {k: looks.confirming(one.rounds) for k, one in flagged.items()}
    fresh, slower = suite.values(max(needed.values()), (0, 1, 0)), np.zeros(suite.cells, dtype=bool)
    for k, one in flagged.items():
        rounds[k] += needed[k]
        old, new, _ = (column[:, 0] for column in paired.scaled(fresh[:, : needed[k], k : k + 1]))
        slower[k] = one.ratio > 1 and looks.confirmed(old, new, one, AIM, len(flagged))
    return Gate(slower, rounds)


def asv(suite, factor, *, samples=SAMPLES, tested=True):
    """Return what asv continuous says of two rounds, by its own code; without samples by their intervals."""
    from asv.commands.compare import _is_result_better
    from asv_runner.statistics import compute_stats

    old, new = suite.samples(2, (0, 1), orders=[[0, 1], [1, 0]], samples=samples)
    slower = np.zeros(suite.cells, dtype=bool)
    for k in range(suite.cells):
        before, after = ([float(one) for one in side[:, k].ravel()] for side in (old, new))
        (base, theirs), (head, mine) = compute_stats(before, 1), compute_stats(after, 1)
        kept = (before, after) if tested else (None, None)
        slower[k] = _is_result_better(base, head, (theirs, kept[0]), (mine, kept[1]), factor)
    return Gate(slower, np.full(suite.cells, 2))


def medians(suite, factor):
    """Return which ratios of the medians of ten rounds lie above a factor."""
    old, new = np.median(suite.values(10, (0, 1)), axis=1)
    return Gate(new > factor * old, np.full(suite.cells, 10))


def pooled(suite, p):
    """Return in which cells all samples of ten rounds, taken for independent, are higher."""
    from scipy.stats import mannwhitneyu

    old, new = suite.samples(10, (0, 1)).swapaxes(2, 3).reshape(2, -1, suite.cells)
    clear = mannwhitneyu(old, new, method="asymptotic").pvalue < p
    return Gate(clear & (np.median(new, axis=0) > np.median(old, axis=0)), np.full(suite.cells, 10))


RULES = {
    "ours, 10+10": partial(ours, plan=(10,)),
    "ours, 20+20": partial(ours, plan=(20,)),
    "ours, adaptive": partial(ours, plan=looks.LOOKS),
    "asv continuous, as it comes": partial(asv, factor=1.1),
    "asv continuous --factor 1.05": partial(asv, factor=1.05),
    "asv, 1.05, intervals, 2 x 10": partial(asv, factor=1.05, samples=10, tested=False),
    "ratio of medians > 1.05": partial(medians, factor=1.05),
    "ratio of medians > 1.1": partial(medians, factor=1.1),
    "Mann-Whitney, samples, p < .01": partial(pooled, p=0.01),
}


@dataclass
class Tally:
    """How many gates there were, and in how many the changed cell and any other was called slower; rounds of each."""

    gates: int = 0
    hits: int = 0
    others: int = 0
    rounds: float = 0.0

    def add(self, gate, changed):
        """Count a gate; `changed` has the index of the changed cell, if there is one."""
        self.gates += 1
        self.hits += bool(gate.slower[changed].any())
        self.others += bool(np.delete(gate.slower, changed).any())
        self.rounds += float(gate.rounds.mean())


def tallies(rule, chosen, told):
    """Return what a rule says of all gates, by effect; without one no cell is the changed one."""
    found = {effect: Tally() for effect in EFFECTS}
    for number in range(chosen.gates):
        for effect, one in found.items():
            rng = np.random.default_rng([chosen.seed, number, round(1000 * effect)])
            suite = Suite(rng, chosen.cells, effect, chosen.walk)
            one.add(rule(suite), [suite.changed] if effect else [])
        told(number + 1)
    return found


def share(part, whole):
    """Return a share with its standard error, in percent; that of none or all is as of half a gate more or less."""
    middle = (part + 0.5) / (whole + 1)
    return f"{100 * part / whole:5.1f} +- {100 * math.sqrt(middle * (1 - middle) / whole):3.1f}"


def row(name, found):
    """Return what is told of a rule."""
    quiet, *changed = (found[effect] for effect in EFFECTS)
    gates = sum(one.gates for one in changed)
    cells = [share(quiet.others, quiet.gates), *(share(one.hits, one.gates) for one in changed)]
    cells.append(share(sum(one.others for one in changed), gates))
    rounds = (quiet.rounds / quiet.gates, sum(one.rounds for one in changed) / gates)
    return f"{name:31}" + "".join(f"{one:>15}" for one in cells) + "".join(f"{one:9.1f}" for one in rounds)


def words():
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gates", type=int, default=1000, help="of each effect")
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--draws", type=int, default=1999, help="ways of giving sides to rounds that q is read off")
    parser.add_argument("--walk", type=float, default=10, help="rounds in which drift is as large as noise")
    parser.add_argument("--only", default="", help="rules whose name holds this")
    return parser.parse_args()


def main():
    """Print a row for each rule."""
    chosen = words()
    paired.DRAWS = chosen.draws
    titles = ["red A/A, %", *(f"+{100 * effect:.0f} % found" for effect in EFFECTS[1:]), "others slower"]
    print(f"{'rule':31}" + "".join(f"{one:>15}" for one in titles) + f"{'rounds':>9}{'changed':>9}")
    for name, rule in RULES.items():
        if chosen.only not in name:
            continue
        began = time.monotonic()

        def told(done, began=began):
            if sys.stderr.isatty() or done % 100 == 0:
                print(f"{done}/{chosen.gates} {time.monotonic() - began:.0f} s", end="\r", file=sys.stderr)

        print(row(name, tallies(rule, chosen, told)), flush=True)


if __name__ == "__main__":
    main()
