"""What commits are that do not stand on a branch: tagged, on another branch, merged, or gone from the repository."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from bench_runner.repo.command import git

if TYPE_CHECKING:
    from bench_runner.repo.git import Repository

GONE = "not in the repository any more"
_BATCH = 500  # commits in one command line


def of(repository: "Repository", shas: Collection[str], branch: str | None = None) -> dict[str, str]:
    """Return what each commit (full sha), none of which stands on the line of `branch`, is in words."""
    if not shas:
        return {}
    known = {one.sha for one in repository.known(shas)}
    name = branch or repository.default_branch()
    tags = _by_sha(repository.tags())
    outside = _outside(repository, known, repository.tip(branch))
    names = _names(repository, sorted(sha for sha in outside if sha not in tags))
    gone = "not in this shallow clone" if (repository.common / "shallow").exists() else GONE
    found = {}
    for sha in shas:
        base = f"not on {name}" if sha in outside else f"merged into {name}"
        is_ = tags.get(sha) or names.get(sha, "")
        found[sha] = (f"{base}: {is_}" if is_ else base) if sha in known else gone
    return found


def _by_sha(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of each commit in words."""
    found: dict[str, list[str]] = {}
    for tag, sha in tags.items():
        found.setdefault(sha, []).append(tag)
    return {sha: f"{'tag' if len(some) == 1 else 'tags'} {', '.join(some)}" for sha, some in found.items()}


def _outside(repository: "Repository", shas: Iterable[str], tip: str) -> set[str]:
    """Return those commits that cannot be reached from `tip`."""
    wanted = set(shas)
    words = "".join(f"{word}\n" for word in (*sorted(wanted), f"^{tip}"))
    return wanted & set(git(repository.path, "rev-list", "--stdin", stdin=words.encode()).text.split())


def _names(repository: "Repository", shas: list[str]) -> dict[str, str]:
    """Return the ref that leads to each untagged commit, in words; those that none leads to are left out."""
    branches = repository.branches() if shas else set()
    found = {}
    for sha, name in _asked(repository, shas):
        ref = re.split(r"[~^]", name)[0]
        short = ref.removeprefix("remotes/")
        if ref.startswith("tags/"):
            found[sha] = f"before tag {ref.removeprefix('tags/')}"
        elif ref != "undefined":
            found[sha] = f"branch {short}" if short in branches else short
    return found


def _asked(repository: "Repository", shas: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (sha, name as git describes it from the nearest ref)."""
    others = ("--exclude=refs/stash", "--exclude=refs/bisect/*", "--exclude=refs/remotes/*/HEAD")
    for first in range(0, len(shas), _BATCH):
        for line in git(repository.path, "name-rev", *others, *shas[first : first + _BATCH]).text.splitlines():
            sha, _, name = line.partition(" ")
            yield sha, name
