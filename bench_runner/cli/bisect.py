"""`bisect`: which commit of a range changed a benchmark."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.envs.base import Doing
from bench_runner.errors import EnvironmentFailedError, UsageError
from bench_runner.hostile import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench_runner.bisect.session import Found, Progress
    from bench_runner.model.benchmark import Benchmark, Case
    from bench_runner.model.commit import Commit


# Below this probability an undecided search names no commit: that nothing changed is then as likely.
LIKELY = 0.5


def bisect(
    context: typer.Context,
    commits: Annotated[str, typer.Argument(metavar="A..B", help="The last good commit and a bad one.")],
    *,
    bench: Annotated[str, typer.Option("--bench", "-b", help="A pattern that selects one case.")],
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="By default the first one.")] = None,
    trace: Annotated[Path | None, typer.Option("--trace", help="Write where the time went, for Perfetto.")] = None,
) -> None:
    """Find the commit that changed a benchmark, by measuring a few commits of the range several times.

    Both ends are measured first: when they do not differ, that is the answer. Commits that do not build are passed
    over. What is measured is stored.

    Exit codes: 0 found, 4 no change reproduced or not sure, 6 nothing could be built.

    Examples:

    ```
    bench-runner bisect v1.0..main -b 'time_sort.1000'
    bench-runner bisect 1a2b3c4d..5e6f7a8b -b Join.time_inner -E uv:3.12
    ```
    """
    from bench_runner.cli.observe import traced

    with traced(trace, "bisect"):
        found = search(Project.of(context), commits, bench, environment)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def search(project: Project, commits: str, bench: str, environment: str | None) -> "Found":
    """Bisect with real measurements, show how it goes and what came out."""
    from bench_runner.bisect.remeasure import Remeasure
    from bench_runner.bisect.session import run
    from bench_runner.cli.measure import session_of
    from bench_runner.cli.order import Order, understand
    from bench_runner.cli.progress import Progress as Screen

    path = path_of(project, commits)
    refuse_production(project, bench, path)
    order = Order(commits="HEAD", benchmarks=(bench,), environments=(environment,) if environment else ())
    work = understand(project, order)
    recipe = work.environments[0]
    with Screen() as screen, session_of(project, order, work, screen) as session:
        known = session.discover((recipe, one.sha) for one in reversed(path))
        if not known:
            raise EnvironmentFailedError(f"no commit of {commits} could be built: see `bench-runner run {commits}`")
        benchmark, case = only(known, bench)
        screen.tell(f"{case.id}: {units.count(len(path), 'commit')} in {recipe.name}")
        measure = Remeasure(session, project.store, recipe, benchmark, case, {one.sha: one for one in path})
        found = run(path, benchmark.metric, measure, tell=lambda at: screen.tell(Doing(step(at))))
    for line in told(found):
        typer.echo(line)
    return found


def refuse_production(project: Project, bench: str, path: "list[Commit]") -> None:
    """Refuse a pattern that selects numbers of production alone; UsageError names what moved in the same range."""
    from bench_runner.model.benchmark import Case
    from bench_runner.model.production import KIND
    from bench_runner.runner.session import selector

    chosen = selector([bench])
    kinds = {one.kind for one in project.store.benchmarks().values() if any(map(chosen, one.cases()))}
    if kinds != {KIND}:
        return
    names = moved_in(project, lambda one: chosen(Case(one)), {one.sha for one in path[1:]})
    raise UsageError(
        f"-b {bench!r} is of production, which cannot be measured again: "
        + (f"bisect what moved in the benchmarks in the same range: {names}" if names else "no benchmark moved with it")
    )


def moved_in(project: Project, chosen: "Callable[[str], bool]", range_: "set[str]") -> str:
    """Return the benchmarks that are linked to changes of production, or moved in the range itself, by name."""
    from bench_runner.cli.changes import found

    _, told = found(project, None)
    linked = [
        one.change.key.case.id for each in told.seen if chosen(each.change.key.case.benchmark) for one in each.moved
    ]
    inside = [one.key.case.id for group in told.groups if group.commit.sha in range_ for one in group.changes]
    return ", ".join(plain(name) for name in list(dict.fromkeys([*linked, *inside]))[:5])


def path_of(project: Project, commits: str) -> "list[Commit]":
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


def only(benchmarks: "list[Benchmark]", bench: str) -> "tuple[Benchmark, Case]":
    """Return the one case that a pattern selects, of several metrics of one its time; UsageError names several."""
    from bench_runner.runner.session import selector
    from bench_runner.worker.metrics import split

    chosen = selector([bench])
    found = [(one, case) for one in benchmarks for case in one.cases() if chosen(case)]
    if len({(split(one.name)[0], case.params) for one, case in found}) == 1:
        found = [(one, case) for one, case in found if not split(one.name)[1]] or found
    if len(found) == 1:
        return found[0]
    names = ", ".join(plain(case.id) for _, case in found[:5]) or "none; see `bench-runner list --cases`"
    raise UsageError(f"-b {bench!r} must select one case, but selects {len(found)}: {names}")


def step(at: "Progress") -> str:
    """Return where a search stands, with the posterior as a row of blocks."""
    blocks = " ▁▂▃▄▅▆▇█"
    row = "".join(blocks[round(8 * mass)] for mass in at.mass)
    return f"measuring {at.commit.short} in {units.count(at.rounds, 'round')}" + (f"  |{row}|" if row else "")


def told(found: "Found") -> "list[str]":
    """Return the answer in words, with the numbers behind it."""
    unit = found.metric.unit
    spent = f"{units.count(found.rounds, 'round')} on {units.count(found.commits, 'commit')}"
    levels = " -> ".join(units.value(one, unit, exact=found.metric.exact) for one in (found.before, found.after))
    skipped = [f"passed over {one.commit.short}: {plain(one.problem)}" for one in found.skipped]
    match found.outcome:
        case "unchanged":
            return [f"no change reproduced between both ends: {levels} ({spent})", *skipped]
        case "unbuildable":
            return ["nothing can be measured at one of the ends", *skipped]
        case "narrowed":
            names = ", ".join(f"{one.short} {plain(one.subject)!r}" for one in found.among)
            return [f"one of {len(found.among)}, no number of rounds tells which: {names}; {levels}", *skipped]
        case "undecided":
            if found.probability < LIKELY:
                return [f"no change could be shown, nor excluded, after {spent}: {levels}", *skipped]
            likely = f"{culprit(found)} ({100 * found.probability:.0f} %)"
            return [f"not sure after {spent}; most likely {likely}, {levels}", *skipped]
    return [f"{culprit(found)} {effect(found)}: {levels} ({certainty(found)}, {spent})", *skipped]


def effect(found: "Found") -> str:
    """Return what the commit did, in words."""
    if math.isnan(found.after):
        return "made it run out of time"
    if math.isnan(found.before):
        return "mended that it ran out of time"
    return f"changed it by {units.percent(found.ratio)}" if math.isfinite(found.ratio) else "changed it"


def certainty(found: "Found") -> str:
    """Return the probability, which no measurement makes whole."""
    return "more than 99.9 % sure" if found.probability > 0.999 else f"{100 * found.probability:.1f} % sure"


def culprit(found: "Found") -> str:
    """Return the commit that is named, or the range of which the rest cannot be told apart."""
    first, last = found.between[0], found.between[-1]
    if first == last:
        return f"{last.short} {plain(last.subject)!r}"
    return f"one of {len(found.between)} commits from {first.short} to {last.short}"
