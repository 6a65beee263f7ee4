"""Reads the commits that a file names, one ref per line: asv's HASHFILE."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench_runner.errors import UsageError
from bench_runner.model.commit import Commit
from bench_runner.repo.command import git
from bench_runner.repo.git import Repository

PREFIX = "HASHFILE:"
STDIN = "-"
_COMMENT = re.compile(r"(^|\s)#.*")


def commits_in(repository: Repository, name: str, warn: Callable[[str], None]) -> list[Commit]:
    """Return the commits that the file `name`, or standard input for "-", lists, newest first, each once.

    As in asv an unknown one is warned of and left out; UsageError when the file cannot be read or names no commit.
    """
    refs = list(_refs(_text(name)))
    asked = "".join(f"{ref}^{{commit}}\n" for _, ref in refs)
    answers = git(repository.path, "cat-file", "--batch-check=%(objectname)", stdin=asked.encode()).text.splitlines()
    shas = set()
    for (line, ref), answer in zip(refs, answers, strict=True):
        try:
            # Only git says why one is unknown, and which name is near; it is asked for those alone.
            shas.add(repository.resolve(ref) if " " in answer else answer)
        except UsageError as error:
            warn(f"{_spoken(name)}, line {line}: {error}")
    found = repository.known(shas)
    if not found:
        raise UsageError(f"{_spoken(name)} names no commit of {repository.name}: write one ref per line")
    return found


def _text(name: str) -> str:
    """Return what is written; UsageError when it cannot be read."""
    if name == STDIN:
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{PREFIX}{name} cannot be read ({reason}): name a file, or - for standard input") from error


def _refs(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, ref) without blank lines and what follows a #."""
    for number, line in enumerate(text.splitlines(), 1):
        if ref := _COMMENT.sub("", line).strip().replace("\0", "\ufffd"):
            yield number, ref


def _spoken(name: str) -> str:
    """Return the file for people."""
    return "standard input" if name == STDIN else name
