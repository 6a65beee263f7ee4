"""Compares two commits, or a baseline and a commit, out of stored results."""

from typing import Protocol

from bench_runner.errors import InconclusiveError, UsageError
from bench_runner.history import renaming
from bench_runner.history.baselines import compare_baseline
from bench_runner.history.rows import ALL, Terms, judged, rows, runs_of
from bench_runner.model.change import Comparison
from bench_runner.store.baselines import list_
from bench_runner.store.files import Store


class Repository(Protocol):
    """What a comparison asks of git."""

    def resolve(self, ref: str) -> str:
        """Return the full sha of a ref; UsageError for an unknown one."""
        ...


def compare(store: Store, repository: Repository, before: str, after: str, terms: Terms = ALL) -> list[Comparison]:
    """Compare a baseline's name or a ref with a ref; p is Benjamini and Hochberg's q over the table.

    Raises UsageError for an unknown ref, NothingMeasuredError for a commit without results, InconclusiveError where
    nothing was measured alike.
    """
    new = repository.resolve(after)
    baselines = {one.name: one for one in list_(store)}
    if before in baselines:
        return compare_baseline(store, baselines[before], new, terms)
    try:
        old = repository.resolve(before)
    except UsageError as error:
        named = f"baselines are {', '.join(baselines)}" if baselines else "there are no baselines yet"
        raise UsageError(f"{error}; {named}") from error
    return compare_commits(store, old, new, terms)


def compare_commits(store: Store, before: str, after: str, terms: Terms = ALL) -> list[Comparison]:
    """Compare two commits (full shas) wherever both were measured; raises as `compare` does."""
    old = runs_of(store, before, terms)
    new = runs_of(store, after, terms)
    common = [key for key in old if key in new]
    if not common:
        raise InconclusiveError(
            f"{before[:8]} and {after[:8]} were never measured in the same environment on the same machine:"
            " measure one of them where the other was; `bench-runner show` lists what there is"
        )
    known = renaming.benchmarks(store.benchmarks(), terms.renames)
    return judged([row for key in common for row in rows(old[key], new[key], known, terms)])
