"""Simulates projects with known groups of changes, and tells what share of the reported groups is false.

    python benchmarks/false_groups.py [--projects 200] [--series 300] [--commits 200] [--groups 0,5,50] [--seed 1]

Each case has a series on two machines in two environments; a tenth of the runs is missing. Five kinds of noise are
mixed, and all series of a run share part of it. A group is false unless the commit that it names lies within TOLERANCE
commits of a change that one of its series really has.
"""

import argparse
import math
import sys
import time
from dataclasses import dataclass, field

import numpy as np

from bench_runner.history.findings import findings
from bench_runner.history.series import History
from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.changepoints import Segments

CELLS = [("py3.11", "one"), ("py3.12", "one"), ("py3.11", "two"), ("py3.12", "two")]
KINDS = ("gaussian", "t3", "ar1", "bimodal", "spiky")
TOLERANCE = 3
EDGE = 8  # no change lies nearer to an end of the history: nobody could see it


@dataclass
class Made:
    """A project, and the revisions at which each case really changed."""

    history: History
    truth: dict[Case, set[int]] = field(default_factory=dict)


@dataclass
class Tally:
    """What was reported of one project."""

    reported: int
    false: int
    found: int


def noise(rng, kind, size):
    """Return noise of about unit size."""
    if kind == "t3":
        return rng.standard_t(3, size) / math.sqrt(3)
    if kind == "ar1":
        return remembering(rng, rng.uniform(0.3, 0.9), size)
    if kind == "bimodal":
        return 0.4 * rng.normal(size=size) + 2 * (rng.random(size) < 0.3)
    if kind == "spiky":
        return 0.5 * rng.normal(size=size) + 12 * (rng.random(size) < 0.02) * rng.random(size)
    return rng.normal(size=size)


def remembering(rng, memory, size):
    """Return an autoregression of unit variance."""
    values = rng.normal(size=size)
    for k in range(1, size):
        values[k] = memory * values[k - 1] + math.sqrt(1 - memory**2) * values[k]
    return values


def project(rng, series, commits, groups):
    """Return a made-up project with so many groups: each a commit at which one to a few cases change everywhere."""
    cases = [Case(f"suite.time_{number:03}") for number in range(series // len(CELLS))]
    made = Made(History([Commit(f"{k:040x}", (), 1000 * k, f"commit {k}") for k in range(commits)], None, []))
    levels = np.zeros((len(cases), commits))
    for place in rng.choice(np.arange(EDGE, commits - EDGE), size=groups, replace=False):
        for one in rng.choice(len(cases), size=min(len(cases), rng.geometric(0.4)), replace=False):
            levels[one, place:] += rng.choice([-1, 1], p=[0.35, 0.65]) * math.exp(rng.uniform(*np.log([0.03, 0.5])))
            made.truth.setdefault(cases[one], set()).add(int(place))
    shared = [rng.normal(size=commits) for _ in CELLS]
    present = [rng.random(commits) >= 0.1 for _ in CELLS]
    found = []
    for case, level in zip(cases, levels, strict=True):
        kind, sd = rng.choice(KINDS), math.exp(rng.uniform(*np.log([0.003, 0.06])))
        follows = rng.uniform(0, 0.5)  # the share of the variance that is the run's
        for cell, run, here in zip(CELLS, shared, present, strict=True):
            own = math.sqrt(1 - follows) * noise(rng, kind, commits) + math.sqrt(follows) * run
            found.append(made_series(SeriesKey(case, *cell), np.exp(level + sd * own), here))
    made.history.series[:] = found
    return made


def made_series(key, values, here):
    """Return a series of the points that are here."""
    revisions = np.flatnonzero(here).tolist()
    points = values[here].tolist()
    unknown = [math.nan] * len(points)
    return Series(key, TIME, revisions, [f"{one:040x}" for one in revisions], points, unknown, unknown)


def tally(made, limit=None):
    """Return what is reported of a project."""
    told = findings(made.history, Segments())
    groups = told.groups if limit is None else [*told.groups, *told.doubtful]
    hits = [truths(group, made.truth) for group in groups]
    return Tally(len(groups), sum(not one for one in hits), len(set().union(*hits)))


def truths(group, truth):
    """Return the revisions of true changes of its series near the commit that a group names."""
    revision = int(group.commit.sha, 16)
    real = {place for one in group.changes for place in truth.get(one.key.case, ())}
    return {place for place in real if abs(place - revision) <= TOLERANCE}


def row(tallies, groups):
    """Return what is told of the projects with so many groups."""
    shares = np.array([one.false / max(1, one.reported) for one in tallies])
    error = shares.std(ddof=1) / math.sqrt(len(shares)) if len(shares) > 1 else math.nan
    found = sum(one.found for one in tallies) / max(1, groups * len(tallies))
    any_false = np.mean([one.false > 0 for one in tallies])
    return (
        f"{groups:>6}  {len(tallies):>8}  {np.mean([one.reported for one in tallies]):>8.1f}  {100 * found:>5.1f} %"
        f"  {100 * shares.mean():>5.2f} % +- {100 * error:.2f}  {100 * any_false:>5.1f} %"
    )


def main():
    """Print a table with a row for each number of true groups."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--series", type=int, default=300)
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--groups", default="0,5,50")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="count doubtful groups too: what the q-values are for")
    chosen = parser.parse_args()
    print("groups  projects  reported    found  false share +- SE  any false")
    for groups in map(int, chosen.groups.split(",")):
        tallies, began = [], time.monotonic()
        for number in range(chosen.projects):
            rng = np.random.default_rng([chosen.seed, groups, number])
            tallies.append(tally(project(rng, chosen.series, chosen.commits, groups), chosen.all or None))
            if sys.stderr.isatty() or number % 20 == 19:
                print(f"{number + 1}/{chosen.projects} {time.monotonic() - began:.0f} s", end="\r", file=sys.stderr)
        print(row(tallies, groups), flush=True)


if __name__ == "__main__":
    main()
