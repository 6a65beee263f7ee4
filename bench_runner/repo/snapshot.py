"""Makes a commit that no branch knows out of the working tree, so that it is measured like any other."""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench_runner.errors import UsageError
from bench_runner.model.commit import Commit
from bench_runner.repo.command import Answer, git
from bench_runner.repo.git import Repository
from bench_runner.repo.submodules import wanted

WHO = "working tree"  # author of these commits
# An index that is a copy must not make files beside the user's own, nor complain of line ends.
_SETTINGS = ("-c", "core.splitIndex=false", "-c", "core.untrackedCache=false", "-c", "core.safecrlf=false")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The commit of a working tree, or HEAD itself where nothing is changed.

    `changed` are the paths that differ from HEAD; `left_out` tells, in words, what of the tree is not in the commit.
    """

    commit: Commit
    changed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def take(repository: Repository, apart: Iterable[Path]) -> Snapshot:
    """Return the working tree with everything that is tracked, or neither tracked nor ignored, as a commit.

    Folders `apart` (results, site, environments) stay as they are in HEAD. The same content on the same HEAD gives the
    same commit. Only objects are written: index, refs and files of the user are not. UsageError without a working tree.
    """
    top = _top(repository)
    head = repository.known([repository.resolve("HEAD")])[0]
    with tempfile.TemporaryDirectory(prefix="bench-runner-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        own = Path(git(top, "rev-parse", "--path-format=absolute", "--git-path", "index").text)
        if own.is_file():  # as a start: what it knows of files need not be read again
            shutil.copy(own, index["GIT_INDEX_FILE"])
        foreign = _fill(repository, top, _inside(top, apart), index)
        tree = _done(repository, git(top, *_SETTINGS, "write-tree", variables=index)).text
        changed = _differences(top, index)
        dirty = [path for path, _ in wanted(top, index) if _dirty(top / path)]
    left_out = (
        *(f"{path}, a repository that is no submodule" for path in foreign),
        *(f"what is not committed in the submodule {path}" for path in dirty),
    )
    if not changed:
        return Snapshot(head, left_out=left_out)
    return Snapshot(_commit(repository, tree, head), tuple(changed), left_out)


def _top(repository: Repository) -> Path:
    """Return the top of the working tree."""
    answer = git(repository.path, "rev-parse", "--show-toplevel")
    if repository.url or not answer.ok:
        raise UsageError(f"{repository.name} has no working tree: set repo to a checkout on this machine to measure it")
    return Path(answer.out.decode("utf-8", "surrogateescape").rstrip("\n"))


def _inside(top: Path, folders: Iterable[Path]) -> list[str]:
    """Return those folders that lie below `top`, relative to it."""
    here = top.resolve()
    return [one.resolve().relative_to(here).as_posix() for one in folders if here in one.resolve().parents]


def _fill(repository: Repository, top: Path, apart: list[str], index: Mapping[str, str]) -> list[str]:
    """Bring an index to what is in the working tree, but for folders apart; return repositories that lie in it."""
    _done(repository, git(top, *_SETTINGS, "add", "--update", "--", ":(top)", variables=index))
    found = _done(repository, git(top, "ls-files", "--others", "--exclude-standard", "-z", variables=index)).out
    # No pathspec keeps folders out of `git add`: it fails where one of them is ignored.
    ours = tuple(f"{one}/" for one in apart)
    names = [name for name in map(_path, found.split(b"\0")) if name and not name.startswith(ours)]
    files = "".join(f"{name}\0" for name in names if not name.endswith("/")).encode("utf-8", "surrogateescape")
    put = (*_SETTINGS, "update-index", "--add", "-z", "--stdin")
    _done(repository, git(top, *put, stdin=files, variables=index))
    if apart:
        as_in_head = [f":(top,literal){one}" for one in apart]
        _done(repository, git(top, *_SETTINGS, "reset", "--quiet", "HEAD", "--", *as_in_head, variables=index))
    return [name.rstrip("/") for name in names if name.endswith("/")]


def _differences(top: Path, index: Mapping[str, str]) -> list[str]:
    """Return the paths of what differs between an index and HEAD."""
    words = ("diff-index", "--cached", "--name-only", "-z", "--no-renames", "HEAD")
    return [_path(one) for one in git(top, *words, variables=index).out.split(b"\0")[:-1]]


def _path(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _dirty(submodule: Path) -> bool:
    """Return whether a submodule holds something that its commit does not."""
    return (submodule / ".git").exists() and git(submodule, "status", "--porcelain").text != ""


def _commit(repository: Repository, tree: str, head: Commit) -> Commit:
    """Return the commit of a tree on HEAD; nothing in it depends on who asks, or when."""
    date = f"@{max(head.time_ms // 1000, 0)} +0000"
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", WHO), ("EMAIL", "worktree@localhost"), ("DATE", date))
    }
    words = ("commit-tree", "-p", head.sha, "-m", f"working tree on {head.short}", tree)
    answer = git(repository.path, "-c", "i18n.commitEncoding=UTF-8", *words, variables=who)
    return repository.known([_done(repository, answer).text])[0]


def _done(repository: Repository, answer: Answer) -> Answer:
    """Return an answer that is good."""
    if not answer.ok:
        raise UsageError(
            f"the working tree of {repository.name} cannot be read ({answer.reason}): mend or ignore what git names"
        )
    return answer
