"""What the words of `run` mean in a project: which commits, environments, suite and sampling."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import typer

from bench_runner.cli.memory import limit
from bench_runner.cli.project import Project
from bench_runner.envs.matrix import environments
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.repo.select import select
from bench_runner.repo.suite import origin
from bench_runner.repo.thin import ALL_OF_THEM, Thinning
from bench_runner.runner.plan import Skip, coarse_to_fine
from bench_runner.runner.sampling import Launch, Sampling
from bench_runner.runner.session import Suite, selector


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    commits: str = ""
    benchmarks: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    thinning: Thinning = ALL_OF_THEM
    rounds: int | None = None
    quick: bool = False
    skip: Skip = Skip.ALL
    suite_from: str | None = None
    launch: str | None = None
    set_commit: str | None = None
    affinity: tuple[int, ...] = ()
    memory: str | None = None
    retry_budget: float | None = None
    build_ahead: int | None = None
    pull: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """What an order means in this project; results of an existing environment without a commit are not stored."""

    commits: list[Commit]
    environments: list[Environment]
    suite: Suite
    sampling: Sampling
    stored: bool


def understand(project: Project, order: Order) -> Work:
    """Resolve an order: commits, environments, suite and sampling; UsageError where it cannot be."""
    config = project.config
    chosen = environments(config, order.environments)
    existing = any(one.backend == "existing" for one in chosen)
    if existing:
        commits = project.repository.known([project.repository.resolve(order.set_commit or "HEAD")])
    else:
        commits = chosen_commits(project, order, chosen)
    return Work(
        commits,
        chosen,
        suite_of(project, order),
        Sampling(
            rounds=order.rounds or config.rounds,
            quick=order.quick,
            launch=launch_of(order.launch or config.launch_method),
            timeout=config.default_benchmark_timeout,
            affinity=order.affinity,
            memory=limit(config.memory_limit, order.memory),
            retry_budget=0.0 if order.quick else _first(order.retry_budget, config.retry_budget),
        ),
        stored=not order.quick and (not existing or order.set_commit is not None),
    )


def _first(given: float | None, otherwise: float) -> float:
    """Return what was given, 0 too."""
    return otherwise if given is None else given


def chosen_commits(project: Project, order: Order, chosen: Sequence[Environment]) -> list[Commit]:
    """Return the commits of the range in the order of measuring; NEW oldest first, so that it can be gone on with."""
    if order.pull:
        project.repository.fetch()
    word = order.commits.strip()
    # Only these words ask what is measured, and all files are looked at to tell.
    done = measured(project, chosen) if word in {"NEW", "EXISTING"} else ()
    branches = project.config.branches
    found = select(
        project.repository, order.commits, branches=branches, measured=done, thinning=order.thinning, warn=warn
    )
    return found[::-1] if word == "NEW" else coarse_to_fine(found)


def measured(project: Project, chosen: Sequence[Environment]) -> set[str]:
    """Return the shas that this machine has measured in all of these environments."""
    names = {one.name for one in chosen}
    mine = (one for one in project.columns.entries if one.machine == project.machine.machine and not one.damage)
    times = Counter(one.sha for one in mine if one.environment in names)
    return {sha for sha, number in times.items() if number == len(chosen)}


def warn(sentence: str) -> None:
    """Tell of what does not stop a run."""
    typer.echo(f"warning: {plain(sentence)}", err=True)


def suite_of(project: Project, order: Order) -> Suite:
    """Return where the benchmarks come from."""
    folder, word = project.config.benchmark_dir, order.suite_from or project.config.suite_from
    if word not in {"worktree", "commit"}:
        raise UsageError(f"--suite-from {word}: it is worktree (one suite for all commits) or commit (each its own)")
    if not folder.is_dir():
        raise UsageError(f"{folder} is not there: write a suite with `bench-runner init`, or set benchmark_dir")
    from_ = origin(folder)
    return Suite(folder, word == "commit", from_.inside, from_.sha)


def launch_of(word: str | None) -> Launch:
    """Return how processes are started; UsageError for an unknown word."""
    match word:
        case None | "auto":
            return "auto"
        case "spawn" | "forkserver":
            return word
    raise UsageError(f"--launch-method {word}: it is auto, forkserver or spawn")


def wanted(benchmarks: Iterable[Benchmark], order: Order) -> list[tuple[Case, str]]:
    """Return the cases that were asked for, with the versions of their benchmarks."""
    chosen, cases = selector(order.benchmarks), [(case, one.version) for one in benchmarks for case in one.cases()]
    found = [(case, version) for case, version in cases if chosen(case)]
    if cases and not found:
        raise UsageError(
            f"-b {' '.join(order.benchmarks)!r} selects nothing of {len(cases)} cases: see `bench-runner list --cases`"
        )
    return found
