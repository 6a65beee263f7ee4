"""What `bisect` was asked for."""

from collections.abc import Callable, Iterator, Sequence

from bench_runner.bisect import target as aims
from bench_runner.bisect.target import Target
from bench_runner.cli.change_one import pick
from bench_runner.cli.changes import found as found_in
from bench_runner.cli.order import warn
from bench_runner.cli.project import Project
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit
from bench_runner.model.production import KIND
from bench_runner.runner.session import selector


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
