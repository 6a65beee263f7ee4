"""Finds the commits that budgets name: by a baseline, or by anything that git calls a commit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench_runner.errors import UsageError
from bench_runner.model.commit import Commit


class Repository(Protocol):
    """Resolves refs, and lists what a commit is made of (`repo.git.Repository`)."""

    def resolve(self, ref: str) -> str:
        """Return the full sha; UsageError for an unknown ref."""
        ...

    def commits(self, *expressions: str, first_parent: bool = True) -> list[Commit]:
        """Return a commit and all its ancestors; UsageError for an unknown one."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A commit by name: its sha, and the revision of the nearest commit on the branch that it contains (-1: none)."""

    sha: str
    revision: int


def references(
    names: Iterable[str], repository: Repository, baselines: Mapping[str, str], commits: Sequence[Commit]
) -> dict[str, Reference]:
    """Return the commits behind names; UsageError for an unknown one.

    A baseline (name -> full sha) goes before a ref of the same name; `commits` are those of the branch, oldest first.
    """
    revisions = {commit.sha: revision for revision, commit in enumerate(commits)}
    shas = {name: baselines.get(name) or _resolved(name, repository) for name in dict.fromkeys(names)}
    return {name: Reference(sha, _revision(sha, repository, revisions)) for name, sha in shas.items()}


def _resolved(name: str, repository: Repository) -> str:
    """Return the sha of a ref."""
    try:
        return repository.resolve(name)
    except UsageError as error:
        raise UsageError(f"since: no baseline has this name, and {error}") from error


def _revision(sha: str, repository: Repository, revisions: Mapping[str, int]) -> int:
    """Return the newest revision that a commit contains; a baseline may hold a commit that git has lost."""
    if sha in revisions:
        return revisions[sha]
    try:
        ancestors = repository.commits(sha, first_parent=False)
    except UsageError:
        return -1
    return max((revisions[one.sha] for one in ancestors if one.sha in revisions), default=-1)
