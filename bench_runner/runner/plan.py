"""Decides what is left to measure, and guesses what it will cost."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.store.stored import Stored, Told

# A first guess for a project never measured here: seconds to build and install, and per case.
GUESS_BUILD_S = 5.0
GUESS_CASE_S = 1.0

FINE = frozenset({"ok", "skipped"})
BAD = frozenset({"failed", "timeout", "crashed"})


class Skip(Enum):
    """Which stored results need not be measured again (asv's --skip-existing family)."""

    ALL = "existing"
    SUCCESSFUL = "existing-successful"
    FAILED = "existing-failed"
    COMMITS = "existing-commits"
    NONE = "nothing"


# A case together with the version of its benchmark: what a stored result answers for.
Wanted = tuple[Case, str]


@dataclass(frozen=True, slots=True)
class Job:
    """One commit in one environment; what is in `done` is stored already and stays."""

    commit: Commit
    environment: Environment
    done: frozenset[Wanted] = frozenset()
    expected_s: float = GUESS_BUILD_S

    def left(self, benchmark: Benchmark, cases: Iterable[Case]) -> list[Case]:
        """Return those cases of a benchmark that are still to be measured."""
        return [case for case in cases if (case, benchmark.version) not in self.done]


@dataclass(frozen=True, slots=True)
class Plan:
    """Jobs in the order they will run, and how many commits x environments were complete already."""

    jobs: tuple[Job, ...]
    complete: int = 0

    @property
    def expected_s(self) -> float:
        """The guessed duration of everything, in seconds."""
        return sum(job.expected_s for job in self.jobs)


def plan(
    commits: Sequence[Commit],
    environments: Sequence[Environment],
    wanted: Collection[Wanted],
    stored: Mapping[tuple[str, str], Stored],
    skip: Skip = Skip.ALL,
) -> Plan:
    """Return the jobs for `commits` (kept in order) x `environments`.

    `wanted` may be empty when the suite is not known yet: then a commit is complete when its file holds anything at
    all. `stored` maps (sha, environment name) to what its file says.
    """
    jobs, complete = [], 0
    guess, everything = _guess(stored.values(), len(wanted)), frozenset(wanted)
    for commit in commits:
        for environment in environments:
            run = stored.get((commit.sha, environment.name))
            done = done_of(run, skip)
            if run is not None and _nothing_left(run, done, everything, skip):
                complete += 1
            else:
                jobs.append(Job(commit, environment, done, guess))
    return Plan(tuple(jobs), complete)


def coarse_to_fine(commits: Sequence[Commit]) -> list[Commit]:
    """Return the commits in an order of measuring that is not theirs: both ends, then the middle of each gap.

    A machine that is slow for ten minutes then leaves outliers all over the history instead of a step in it, and an
    interrupted run leaves a whole, if coarse, history.
    """
    if len(commits) < 3:
        return list(commits)
    order, gaps = [0, len(commits) - 1], deque([(0, len(commits) - 1)])
    while gaps:
        first, last = gaps.popleft()
        middle = (first + last) // 2
        if middle > first:
            order.append(middle)
            gaps += [(first, middle), (middle, last)]
    return [commits[place] for place in order]


def done_of(run: Stored | None, skip: Skip) -> frozenset[Wanted]:
    """Return what of a run `skip` leaves alone."""
    if run is None or skip is Skip.NONE:
        return frozenset()
    return _with(run.results, {Skip.SUCCESSFUL: FINE, Skip.FAILED: BAD}.get(skip, FINE | BAD))


# Of a thousand commits nearly all have the same results to tell: neither of these is worked out for each of them.
@lru_cache(maxsize=256)
def _with(results: frozenset[Told], outcomes: frozenset[str]) -> frozenset[Wanted]:
    """Return the cases that ended in one of these ways."""
    return frozenset((case, version) for case, version, outcome in results if outcome in outcomes)


@lru_cache(maxsize=256)
def _within(wanted: frozenset[Wanted], done: frozenset[Wanted]) -> bool:
    """Return whether everything is done."""
    return wanted <= done


def _nothing_left(run: Stored, done: frozenset[Wanted], wanted: frozenset[Wanted], skip: Skip) -> bool:
    """Return whether a stored run needs no further work; a failed build is repeated only when asked for."""
    if skip is Skip.COMMITS:
        return True
    if not run.built:
        return skip in {Skip.ALL, Skip.FAILED}
    if wanted:
        return _within(wanted, done)
    return bool(done or run.detail)  # what is said of a build that is well is why its suite was not run


def _guess(runs: Iterable[Stored], cases: int) -> float:
    """Return the median duration of stored runs, or a first guess from the number of cases, in seconds."""
    known = sorted(run.duration_s for run in runs if run.built)
    return known[len(known) // 2] if known else GUESS_BUILD_S + GUESS_CASE_S * cases
