"""Which commits a command means: asv's words NEW, EXISTING, ALL, TAGS, HASHFILE, or any range of git rev-list."""

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import get_close_matches
from itertools import takewhile

from bench_runner.errors import NothingMeasuredError, UsageError
from bench_runner.model.commit import Commit
from bench_runner.repo import hashfile
from bench_runner.repo.git import Repository
from bench_runner.repo.thin import ALL_OF_THEM, Thinning

FLAGS = ("--all", "--merges", "--no-merges")
VALUED = ("--since", "--after", "--until", "--before", "--author", "--grep", "--max-count", "-n")
# --all is every ref: neither our own worktrees nor work in progress that was put aside.
EVERY_REF = ("--single-worktree", "--exclude=refs/stash", "--all")


def select(
    repository: Repository,
    expression: str,
    *,
    branches: Sequence[str] = (),
    measured: Collection[str] = (),
    thinning: Thinning = ALL_OF_THEM,
    warn: Callable[[str], None] = lambda _: None,
) -> list[Commit]:
    """Return the commits that `expression` means, newest first, as many of them as `thinning` leaves.

    "" means the tip of each branch; () in `branches` is the default branch; `measured` holds full shas. Only NEW may
    come back empty: then nothing is new. UsageError for an unknown ref, a wrong option or an empty range,
    NothingMeasuredError when EXISTING finds nothing.
    """
    word = expression.strip()
    words = {"": _tips, "HEAD": _head, "NEW": _new, "EXISTING": _existing, "ALL": _all, "TAGS": _tags}
    if word in words:
        found = words[word](repository, branches or ("",), measured)
    elif word.startswith(hashfile.PREFIX):
        found = hashfile.commits_in(repository, word.removeprefix(hashfile.PREFIX), warn)
    else:
        found = _range(repository, expression, branches or ("",))
    # As in asv what is measured takes up its period where only new commits are asked for, and nowhere else.
    return thinning.of(found, repository.known(measured) if word == "NEW" and thinning.period else ())


def _tips(repository: Repository, branches: Sequence[str], _: Collection[str]) -> list[Commit]:
    """Return the newest commit of each branch."""
    return repository.known(repository.tip(branch) for branch in branches)


def _head(repository: Repository, _: Sequence[str], __: Collection[str]) -> list[Commit]:
    """Return the one commit that is checked out (to asv the bare word is not a range)."""
    return repository.known([repository.resolve("HEAD")])


def _new(repository: Repository, branches: Sequence[str], measured: Collection[str]) -> list[Commit]:
    """Return what came on each branch since its newest measured commit; only the tip where none was measured."""
    tips = [repository.tip(branch) for branch in branches]
    wanted: set[str] = set()
    for tip in tips:
        history = repository.commits(tip)
        new = [commit.sha for commit in takewhile(lambda commit: commit.sha not in measured, history)]
        wanted |= set(new if len(new) < len(history) else new[:1])
    return [commit for commit in repository.commits(*tips) if commit.sha in wanted]


def _existing(repository: Repository, _: Sequence[str], measured: Collection[str]) -> list[Commit]:
    """Return the measured commits, on whatever branch."""
    found = repository.known(measured)
    if not found:
        raise NothingMeasuredError(
            "EXISTING means no commit: nothing is measured yet, begin with `bench-runner run NEW`"
        )
    return found


def _all(repository: Repository, branches: Sequence[str], _: Collection[str]) -> list[Commit]:
    """Return every commit of the branches along first parents."""
    return repository.commits(*(repository.tip(branch) for branch in branches))


def _tags(repository: Repository, _: Sequence[str], __: Collection[str]) -> list[Commit]:
    """Return the tagged commits."""
    found = repository.known(repository.tags().values())
    if not found:
        raise UsageError(f"TAGS means no commit: {repository.name} has no tags")
    return found


def _range(repository: Repository, expression: str, branches: Sequence[str]) -> list[Commit]:
    """Return what git rev-list --first-parent lists, as asv asks it; options alone apply to the branches."""
    options, refs = _split(expression)
    if not refs and "--all" not in options:
        refs = [repository.tip(branch) for branch in branches]
    found = repository.commits(*refs, options=options)
    if not found:
        raise UsageError(
            f"range {expression!r} has no commits: in A..B, B must come after A (try `git log {expression}`)"
        )
    return found


def _split(expression: str) -> tuple[list[str], list[str]]:
    """Return the options for git and the refs of a range; UsageError for an option that does not select commits."""
    try:
        words = iter(shlex.split(expression))
    except ValueError as error:
        raise UsageError(f"range {expression!r} cannot be read: {error}") from error
    options: list[str] = []
    refs: list[str] = []
    for word in words:
        if word.startswith("-"):
            options += _option(word, words)
        else:
            refs.append(word)
    return options, refs


def _option(word: str, rest: Iterator[str]) -> Sequence[str]:
    """Return one option as git takes it; a value may follow in the next word."""
    name, equals, value = word.partition("=")
    if word == "--all":
        return EVERY_REF
    if word in FLAGS or word[1:].isdigit():
        return [word]
    if word.startswith("-n") and word[2:].isdigit():
        return [word]
    if name not in VALUED or (equals and name == "-n"):
        near = get_close_matches(name, (*FLAGS, *VALUED), 1)
        raise UsageError(
            f"option {name!r} does not belong in a range: {near[0] if near else ', '.join((*FLAGS, *VALUED))} does"
        )
    value = value if equals else next(rest, "")
    if not value:
        raise UsageError(f"option {name!r} needs a value, such as {name}=...")
    return [f"{name}{value}" if name == "-n" else f"{name}={value}"]
