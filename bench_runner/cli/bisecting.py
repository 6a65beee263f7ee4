"""Bisects with real measurements."""

from dataclasses import replace

import typer

from bench_runner import units
from bench_runner.bisect.diary import Diary
from bench_runner.bisect.observations import EVEN
from bench_runner.bisect.remeasure import Remeasure
from bench_runner.bisect.session import Found, Progress, Terms, run
from bench_runner.bisect.target import Target
from bench_runner.cli.culprit import step, told
from bench_runner.cli.measure import session_of
from bench_runner.cli.order import Order, understand
from bench_runner.cli.progress import Progress as Screen
from bench_runner.cli.project import Project
from bench_runner.envs.base import Doing
from bench_runner.errors import EnvironmentFailedError, UsageError
from bench_runner.hostile import plain
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.runner.session import selector
from bench_runner.worker.metrics import split


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
