"""Brings submodules to what a laid-out commit wants, level by level, without leftovers of another commit."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench_runner.repo.command import NONE, Answer, git

SUBMODULE = "160000"


def update(folder: Path, origin: Path) -> Answer:
    """Lay out the submodules of what is checked out in `folder`; `origin` is the repository that it came from.

    Level by level, because the addresses of one are only known when the commit of the one above is there. A commit
    that the address does not have, such as one never pushed, is looked for in the checkout at `origin`. Returns the
    first answer of git that is bad, else the last one.
    """
    # Relative addresses lie beside the remote; without one git would look beside the worktree and not the repository.
    lonely = not git(folder, "config", "remote.origin.url").ok
    submodule = (*(("-c", f"remote.origin.url={origin}") if lonely else ()), "submodule", "--quiet")
    git(folder, *submodule, "sync")
    bring = (*submodule, "update", "--init", "--force")
    answer = git(folder, *bring)
    if not answer.ok and _lent(folder, origin):
        answer = git(folder, *bring)
    for path, _ in wanted(folder) if answer.ok else ():
        inner = folder / path
        if (inner / ".git").exists():  # one that is not to be updated has none
            git(inner, "clean", "--quiet", "-ffdx")
            answer = update(inner, origin / path) if (inner / ".gitmodules").is_file() else answer
        if not answer.ok:
            break
    return answer


def wanted(folder: Path, variables: Mapping[str, str] = NONE) -> Iterator[tuple[str, str]]:
    """Yield path and commit of each submodule, from the index, whose paths never lead out of the folder."""
    listed = git(folder, "ls-files", "--stage", "-z", variables=variables).out
    for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
        mode, _, rest = entry.partition(" ")
        if mode == SUBMODULE:
            yield rest.partition("\t")[2], rest.partition(" ")[0]


def _lent(folder: Path, origin: Path) -> bool:
    """Fetch from the submodules at `origin` what these here lack; return whether anything came."""
    lent = False
    for path, sha in wanted(folder):
        inner, lender = folder / path, origin / path
        if (inner / ".git").exists() and (lender / ".git").exists():
            missing = not git(inner, "cat-file", "-e", f"{sha}^{{commit}}").ok
            lent |= missing and git(inner, "fetch", "--quiet", str(lender.absolute()), sha).ok
    return lent
