"""Compares change detectors on made-up histories: what each finds, what it makes up, and what it costs.

    python benchmarks/peers.py [--series 400] [--points 300] [--seed 1] [--only NAME]

Half of the series have one to four changes of 2 to 50 %, half have none; five kinds of noise, and a slow hour now and
then that comes back. F1: changes found within 5 points, one for one; false alarms are told per 1000 points of series
without a change. Each peer takes part where it is installed, once as it comes and once with the settings that served it
best on other labelled histories; all but those as they come leave out what is below 1 %:

    pip install asv ruptures apache-otava
"""

import argparse
import math
import time
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

MARGIN = 5
APART = 15  # points between changes, and between them and the ends, at least
LEAST = 0.01  # relative steps below are left out, for every peer alike


@dataclass
class Made:
    """A series and the first indices of its new levels."""

    values: np.ndarray
    truth: list[int]


def made(rng, points, *, changes):
    """Return a made-up series with so many changes."""
    from false_groups import KINDS, noise

    kind, sd = rng.choice(KINDS), math.exp(rng.uniform(*np.log([0.003, 0.05])))
    log = sd * noise(rng, kind, points)
    truth = sorted(rng.choice(np.arange(APART, points - APART + 1, APART), size=changes, replace=False))
    for place in truth:
        log[place:] += rng.choice([-1, 1]) * math.exp(rng.uniform(*np.log([0.02, 0.4])))
    if rng.random() < 0.5:
        start, width = rng.integers(points - 8), rng.integers(3, 9)
        log[start : start + width] += rng.uniform(3, 8) * sd
    return Made(np.exp(log), [int(place) for place in truth])


def sized(values, places, least=LEAST):
    """Return the places without those, the smallest first, whose levels (medians) differ by less."""
    places = sorted({int(place) for place in places})
    while places:
        edges = [0, *places, len(values)]
        medians = [float(np.median(values[start:end])) for start, end in pairwise(edges)]
        steps = [abs(new / old - 1) for old, new in pairwise(medians)]
        smallest = int(np.argmin(steps))
        if steps[smallest] >= least:
            break
        places.pop(smallest)
    return places


def ours(values):
    from bench_runner.stats.changepoints import detect

    return detect(values)


def asv(values):
    from bench_runner.store.asv_steps import AsvSteps

    return [step.index for step in AsvSteps().steps(values)]


def standard(values):
    """Return log values in units of the noise that their differences show, a column."""
    log = np.log(values)
    steps = np.diff(log)
    return ((log - np.median(log)) / (1.4826 * np.median(np.abs(steps - np.median(steps))) / math.sqrt(2)))[:, None]


def kernel(values, penalty):
    import ruptures

    cost = ruptures.KernelCPD(kernel="rbf", min_size=3, params={"gamma": 0.5})
    return cost.fit(standard(values)).predict(pen=penalty * math.log(len(values)))[:-1]


def pelt(values, penalty):
    import ruptures

    cost = ruptures.KernelCPD(kernel="linear", min_size=3)
    return cost.fit(standard(values)).predict(pen=penalty * math.log(len(values)))[:-1]


def binary(values, penalty):
    import ruptures

    cost = ruptures.Binseg(model="l1", min_size=3, jump=1)
    return cost.fit(standard(values)).predict(pen=penalty * math.log(len(values)))[:-1]


def otava(values, p):
    from otava.analysis import compute_change_points

    return [one.index for one in compute_change_points(list(values), window_len=50, max_pvalue=p)[0]]


PEERS = {
    "ours": ours,
    "asv, as it comes": asv,
    "asv, from 1 % on": lambda values: sized(values, asv(values)),
    "Otava, as it comes": partial(otava, p=0.001),
    "Otava, p 1e-7": lambda values: sized(values, otava(values, 1e-7)),
    "ruptures rbf, penalty 1.0": lambda values: sized(values, kernel(values, 1.0)),
    "ruptures PELT, penalty 10": lambda values: sized(values, pelt(values, 10.0)),
    "ruptures Binseg, penalty 3": lambda values: sized(values, binary(values, 3.0)),
}


def hits(found, truth):
    """Return how many of the true places are found within MARGIN, each by another one (both ascending)."""
    count, rest = 0, list(found)
    for place in truth:
        near = [one for one in rest if abs(one - place) <= MARGIN]
        if near:
            rest.remove(min(near, key=lambda one: abs(one - place)))
            count += 1
    return count


@dataclass
class Score:
    """What a detector did: true changes found, reported and there, false alarms, CPU seconds."""

    found: int = 0
    reported: int = 0
    there: int = 0
    alarms: int = 0
    cpu_s: float = 0.0

    @property
    def f1(self):
        return 2 * self.found / max(1, self.reported + self.there)


def score(detect, series):
    """Return what a detector does with all series."""
    total = Score()
    for one in series:
        begun = time.process_time()
        found = detect(one.values)
        total.cpu_s += time.process_time() - begun
        if one.truth:
            total.found += hits(found, one.truth)
            total.reported += len(found)
            total.there += len(one.truth)
        else:
            total.alarms += len(found)
    return total


def main():
    """Print a row for each detector."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="detectors whose name holds this")
    chosen = parser.parse_args()
    if chosen.points < 5 * APART:
        parser.error(f"--points {chosen.points}: four changes take {5 * APART} at least")
    rng = np.random.default_rng(chosen.seed)
    series = [made(rng, chosen.points, changes=int(rng.integers(1, 5)) * (k % 2)) for k in range(chosen.series)]
    quiet = sum(len(one.values) for one in series if not one.truth)
    print(f"{'detector':28}{'F1':>6}{'precision':>11}{'recall':>8}{'false per 1000':>16}{'CPU-s per 1000':>16}")
    for name, detect in PEERS.items():
        if chosen.only not in name:
            continue
        try:
            one = score(detect, series)
        except ImportError as error:
            print(f"{name:28}not installed ({error.name}), see --help")
            continue
        cost = 1000 * one.cpu_s / (chosen.series * chosen.points)
        print(
            f"{name:28}{one.f1:6.3f}{one.found / max(1, one.reported):11.3f}{one.found / max(1, one.there):8.3f}"
            f"{1000 * one.alarms / quiet:16.2f}{cost:16.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
