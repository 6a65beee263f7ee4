"""Which commits a command means: asv's words NEW, EXISTING, ALL, TAGS, or any range of git rev-list."""

import shlex
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from itertools import takewhile

from bench_runner.errors import NothingMeasuredError, UsageError
from bench_runner.model.commit import Commit
from bench_runner.repo.git import Repository

FLAGS = ("--all", "--merges", "--no-merges")
VALUED = ("--since", "--after", "--until", "--before", "--author", "--grep", "--max-count", "-n")
# --all is every ref: neither our own worktrees nor work in progress that was put aside.
EVERY_REF = ("--single-worktree", "--exclude=refs/stash", "--all")


def select(
    repository: Repository,
    expression: str,
    *,
    branches: Sequence[str] = (),
    steps: int | None = None,
    measured: Collection[str] = (),
) -> list[Commit]:
    """Return the commits that `expression` means, newest first; with `steps` at most so many, spread evenly.

    "" means the tip of each branch; () in `branches` is the default branch; `measured` holds full shas. Only NEW may
    come back empty: then nothing is new. UsageError for an unknown ref, a wrong option or an empty range,
    NothingMeasuredError when EXISTING finds nothing.
    """
    words = {"": _tips, "HEAD": _head, "NEW": _new, "EXISTING": _existing, "ALL": _all, "TAGS": _tags}
    if expression.strip() in words:
        found = words[expression.strip()](repository, branches or ("",), measured)
    else:
        found = _range(repository, expression, branches or ("",))
    return found if steps is None else spread(found, steps)


def spread(commits: Sequence[Commit], steps: int) -> list[Commit]:
    """Return at most `steps` commits in their order at even distances, both ends among them; one is the newest."""
    if steps < 1:
        raise UsageError(f"--steps must be 1 or more, not {steps}")
    last = len(commits) - 1
    if steps > last:
        return list(commits)
    return [commits[round(index * last / max(steps - 1, 1))] for index in range(steps)]


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
