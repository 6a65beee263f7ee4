"""What `bisect` was asked for, and the search for it with real measurements."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median

import typer

from bench_runner import units
from bench_runner.bisect import target as aims
from bench_runner.bisect.diary import Diary
from bench_runner.bisect.forecast import forecast
from bench_runner.bisect.remeasure import Remeasure
from bench_runner.bisect.search import EVEN
from bench_runner.bisect.session import Found, Progress, Terms, run
from bench_runner.bisect.target import Target
from bench_runner.cli.change_one import pick
from bench_runner.cli.changes import found as found_in
from bench_runner.cli.culprit import step, told
from bench_runner.cli.measure import session_of
from bench_runner.cli.order import Order, understand, warn
from bench_runner.cli.progress import Progress as Screen
from bench_runner.cli.project import Project
from bench_runner.envs.base import Doing
from bench_runner.errors import EnvironmentFailedError, UsageError
from bench_runner.hostile import plain
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.production import KIND
from bench_runner.runner.session import selector
from bench_runner.worker.metrics import split

# The noise between rounds that a plan reckons with: that of numpy's published history.
NOISE = 0.02


def targets(project: Project, what: Sequence[str], bench: str | None, environment: str | None) -> Iterator[Target]:
    """Yield what to bisect for each word, a range or the id of a change."""
    for word in what:
        if ".." not in word:
            yield of_change(project, word, bench, environment)
        elif bench is None:
            raise UsageError(f"{word} is a range: say of which case with -b (`bench-runner list --cases`)")
        else:
            path = path_of(project, word)
            refuse_production(project, bench, path)
            yield Target(tuple(path), bench, environment)


def of_change(project: Project, word: str, bench: str | None, environment: str | None) -> Target:
    """Return how to bisect a change; UsageError where it says already what is given again."""
    if bench is not None or environment is not None:
        raise UsageError(f"{word!r} is no range A..B; a change has its own case and environment: leave -b and -E out")
    history, findings = found_in(project, None)
    change = pick(findings, word)
    series = next(one for one in [*history.series, *history.production] if one.key == change.key)
    if change.key.machine != project.machine.machine:
        warn(f"{change.id} was seen on {change.key.machine}, and is measured here on {project.machine.machine}")
    return aims.of_change(change, findings.changes, series, history.commits)


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


def search(project: Project, target: Target) -> Found:
    """Bisect with real measurements, show how it goes and what came out, into the branch that a merge brought in."""
    found = measured(project, target)
    typer.echo("\n".join(told(found)))
    for parent in found.first_new.parents[1:] if found.exactly else ():
        path = branch(project, found.first_new, parent)
        if len(path) < 2:
            continue
        inside = measured(project, replace(target, commits=path, prior=EVEN))
        if inside.outcome in {"found", "narrowed"}:
            typer.echo("\n".join(["in the branch that was merged: ", *told(inside)]))
            return inside
        typer.echo(f"no commit of {parent[:8]}, which it merged, shows it alone: the merge made it")
    return found


def branch(project: Project, merge: Commit, parent: str) -> tuple[Commit, ...]:
    """Return what a merge brought in from one of its parents, oldest first, after the commit that it began at."""
    inside = project.repository.commits(f"{merge.parents[0]}..{parent}")[::-1]
    return (*project.repository.known(inside[0].parents[:1] if inside else ()), *inside)


def measured(project: Project, target: Target) -> Found:
    """Bisect one path of commits."""
    path, chosen = target.commits, (target.environment,) if target.environment else ()
    order = Order(commits="HEAD", benchmarks=(target.bench,), environments=chosen)
    work = understand(project, order)
    recipe = work.environments[0]
    with Screen() as screen, session_of(project, order, work, screen) as session:
        known = session.discover((recipe, one.sha) for one in reversed(path))
        if not known:
            raise EnvironmentFailedError(f"no commit up to {path[-1].short} could be built: see `bench-runner run`")
        benchmark, case = only(known, target.bench)
        screen.tell(f"{case.id}: {units.count(len(path), 'commit')} in {recipe.name}")
        measure = Remeasure(session, project.store, recipe, benchmark, case, {one.sha: one for one in path})

        def tell(at: Progress) -> None:
            screen.tell(Doing(step(at)))

        diary = Diary.of(project.cache / "bisections", path, case.id, recipe.name, project.machine.machine)
        seen = diary.looks(path)
        if seen:
            screen.tell(f"going on after {units.count(len(seen), 'look')}")
        found = run(path, benchmark.metric, measure, tell=tell, keep=diary.keep, terms=Terms(target.prior, seen))
        diary.close()
        return found


def refuse_production(project: Project, bench: str, path: list[Commit]) -> None:
    """Refuse a pattern that selects numbers of production alone; UsageError names what moved in the same range."""
    chosen = selector([bench])
    kinds = {one.kind for one in project.store.benchmarks().values() if any(map(chosen, one.cases()))}
    if kinds != {KIND}:
        return
    names = moved_in(project, lambda one: chosen(Case(one)), {one.sha for one in path[1:]})
    raise UsageError(
        f"-b {bench!r} is of production, which cannot be measured again: "
        + (f"bisect what moved in the benchmarks in the same range: {names}" if names else "no benchmark moved with it")
    )


def moved_in(project: Project, chosen: Callable[[str], bool], range_: set[str]) -> str:
    """Return the benchmarks that are linked to changes of production, or moved in the range itself, by name."""
    _, findings = found_in(project, None)
    linked = [
        one.change.key.case.id for each in findings.seen if chosen(each.change.key.case.benchmark) for one in each.moved
    ]
    inside = [one.key.case.id for group in findings.groups if group.commit.sha in range_ for one in group.changes]
    return ", ".join(plain(name) for name in list(dict.fromkeys([*linked, *inside]))[:5])


def path_of(project: Project, commits: str) -> list[Commit]:
    """Return the first-parent path of a range A..B, oldest first, A included; UsageError when it is none."""
    first, dots, last = commits.partition("..")
    if not dots or not first or last.startswith("."):
        raise UsageError(f"{commits!r} is no range: give the last good commit and a bad one as A..B")
    repository = project.repository
    old, new = repository.resolve(first), repository.resolve(last or "HEAD")
    between = repository.commits(f"{old}..{new}")[::-1]
    if not between:
        raise UsageError(f"{commits} has no commits: is {first} really an ancestor of {last or 'HEAD'}?")
    return [*repository.known([old]), *between]


def only(benchmarks: list[Benchmark], bench: str) -> tuple[Benchmark, Case]:
    """Return the one case that a pattern selects, of several metrics of one its time; UsageError names several."""
    chosen = selector([bench])
    found = [(one, case) for one in benchmarks for case in one.cases() if chosen(case)]
    if len({(split(one.name)[0], case.params) for one, case in found}) == 1:
        found = [(one, case) for one, case in found if not split(one.name)[1]] or found
    if len(found) == 1:
        return found[0]
    names = ", ".join(plain(case.id) for _, case in found[:5]) or "none; see `bench-runner list --cases`"
    raise UsageError(f"-b {bench!r} must select one case, but selects {len(found)}: {names}")
