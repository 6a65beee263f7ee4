"""What a bisection is expected to take."""

import math
from collections.abc import Sequence
from statistics import median

from bench_runner import units
from bench_runner.bisect.forecast import forecast
from bench_runner.bisect.target import Target
from bench_runner.cli.bisecting import only
from bench_runner.cli.order import Order, understand
from bench_runner.cli.project import Project
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit

# The noise between rounds that a plan reckons with: that of numpy's published history.
NOISE = 0.02


def planned(project: Project, target: Target) -> str:
    """Return in words what a search will take: what half of such searches take at most, and what nine of ten do."""
    order = Order(commits="HEAD", environments=(target.environment,) if target.environment else ())
    recipe = understand(project, order).environments[0]
    stored = project.store.benchmarks()
    if not stored:
        raise UsageError(
            "nothing has been measured yet, so nothing is known of what it takes: `bench-runner run` first"
        )
    benchmark, case = only([*stored.values()], target.bench)
    exact = benchmark.metric.exact
    half, most = forecast(len(target.commits), target.prior, math.log1p(target.size), NOISE, exact=exact)
    build, measuring = paces(project, recipe.name, case, target.commits)
    minutes = [units.duration(one.builds * build + one.rounds * measuring) for one in (half, most)]
    where = f"{plain(case.id)} in {recipe.name}, {units.count(len(target.commits), 'commit')}"
    ways = f"{target.commits[0].short}..{target.commits[-1].short}"
    told = f"{units.count(half.builds, 'build')} and {units.count(half.rounds, 'round')}"
    known = f", {minutes[0]}" if build + measuring else ""
    most_known = f", {minutes[1]}" if build + measuring else ""
    more = f"{most.builds} and {most.rounds}{most_known}"
    return f"{where} ({ways}): about {told}{known}; nine of ten such searches take no more than {more}"


def paces(project: Project, environment: str, case: Case, commits: Sequence[Commit]) -> tuple[float, float]:
    """Return the seconds of a build and of a round of a case, from what is stored of these commits; 0 if nothing is."""
    runs = [*project.store.runs(project.machine.machine, {one.sha for one in commits})]
    mine = [one for one in runs if one.environment.name == environment]
    builds = [spent.wall_s / spent.count for one in mine for name, spent in one.work.steps.items() if name == "prepare"]
    results = [found for one in mine for found in one.results if found.case == case and found.sample]
    rounds = [one.duration_s / len(one.sample.rounds) for one in results if one.sample and one.sample.rounds]
    return median(builds or [0.0]), median(rounds or [0.0])
