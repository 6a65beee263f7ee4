"""Kept worktrees: a folder that holds one commit after another, apart from the user's own checkout."""

import shutil
from pathlib import Path

from filelock import FileLock

from bench_runner.errors import EnvironmentFailedError
from bench_runner.repo import submodules
from bench_runner.repo.command import Answer, git

# Of two `git worktree add` at once one may trip over the other's half-made entry.
LOCK = "bench_runner.lock"


def place(repository: Path, common: Path, sha: str, folder: Path) -> None:
    """Leave exactly the files of commit `sha` in `folder`: move the worktree that is there, or make one.

    `common` is the repository's git folder. A worktree that is damaged, or whose repository has moved, is made anew.
    Raises EnvironmentFailedError with git's output.
    """
    if not (_is_linked(folder, common) and _move(folder, sha)):
        _clear(folder)
        with FileLock(common / LOCK):
            # Twice --force: also where a killed git left a locked entry for this very folder.
            options = ("--quiet", "--force", "--force", "--detach")
            answer = git(repository, "worktree", "add", *options, str(folder), sha)
        _check(answer, f"{sha[:8]} cannot be checked out in {folder}")
    if (folder / ".gitmodules").is_file():
        _check(submodules.update(folder, repository), f"the submodules of {sha[:8]} cannot be checked out")


def _is_linked(folder: Path, common: Path) -> bool:
    """Return whether `folder` and an entry of the repository point at each other.

    Without this a `checkout --force` in a broken folder could reach a repository that is none of ours.
    """
    try:
        entry = folder / (folder / ".git").read_text(encoding="utf-8").removeprefix("gitdir: ").rstrip("\n")
        back = entry / (entry / "gitdir").read_text(encoding="utf-8").rstrip("\n")
        return entry.parent.samefile(common / "worktrees") and back.samefile(folder / ".git")
    except (OSError, UnicodeDecodeError, ValueError):
        return False


def _move(folder: Path, sha: str) -> bool:
    """Return whether the worktree now holds that commit and nothing else (ignored files included)."""
    return (
        git(folder, "checkout", "--quiet", "--force", "--detach", sha, "--").ok
        and git(folder, "clean", "--quiet", "-ffdx").ok
    )


def _clear(folder: Path) -> None:
    """Make room for a worktree; what does not look like an old one is not touched."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        return
    if not (folder / ".git").is_file() and any(folder.iterdir()):
        raise EnvironmentFailedError(f"{folder} is in the way and is no worktree of ours: move it away")
    # Renamed first: a deletion that is interrupted half-way leaves nothing under the name itself.
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def _check(answer: Answer, failure: str) -> None:
    """Raise what failed and why."""
    if not answer.ok:
        raise EnvironmentFailedError(f"{failure}: {answer.reason}", answer.err)
