"""What a user may call a measured commit: a ref, the word worktree, or digits of a sha that only the results know."""

import re
from collections.abc import Collection, Mapping
from functools import cached_property

from bench_runner.cli import worktree
from bench_runner.cli.project import Project
from bench_runner.errors import UsageError
from bench_runner.model.commit import Commit

_DIGITS = re.compile(r"[0-9a-f]{4,64}")
TREE = "working tree, apart from the history"


class Refs:
    """The measured commits of a project by their names, and what those are that do not stand on the branch."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._branch = next(iter(project.config.branches), None)

    def resolve(self, ref: str) -> str:
        """Return the full sha; UsageError for what neither git nor the results know."""
        if ref == worktree.WORD:
            return worktree.measured(self._project)
        try:
            return self._project.repository.resolve(ref)
        except UsageError:
            found = self._stored(ref)
            if len(found) == 1:
                return found.pop()
            if found:
                raise UsageError(f"{ref} begins the names of {len(found)} measured commits: give more digits") from None
            raise

    def _stored(self, ref: str) -> set[str]:
        """Return the commits with results whose sha begins so."""
        if not _DIGITS.fullmatch(ref):
            return set()
        return {sha for sha in self._project.both.shas() if sha.startswith(ref)}

    @cached_property
    def line(self) -> list[Commit]:
        """The branch, newest first."""
        return self._project.repository.history(self._branch)[::-1]

    def where(self, shas: Collection[str]) -> Mapping[str, str]:
        """Return in words what those commits are that do not stand on the branch."""
        trees = self._project.apart.store.shas()
        others = set(shas) - trees - {one.sha for one in self.line}
        told = self._project.repository.whereabouts(others, self._branch)
        return told | dict.fromkeys(trees & set(shas), TREE)
