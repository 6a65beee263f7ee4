"""Finds baselines by their names, be they stored or measured release tags that the project's rule makes ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Protocol

from bench_runner.model.baseline import Baseline
from bench_runner.model.commit import Commit
from bench_runner.store.baselines import list_, of_commit, show
from bench_runner.store.files import Store

BY_RULE = "a tag, by the rule baseline_tags"


class Repository(Protocol):
    """What is asked of git."""

    def tags(self) -> Mapping[str, str]:
        """Return name -> full sha."""
        ...

    def known(self, shas: Sequence[str]) -> Sequence[Commit]:
        """Return those of some commits that the repository has."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """The baselines of a project; `patterns` are those of tags (shell's), and a stored one goes before a tag."""

    store: Store
    repository: Repository
    patterns: Sequence[str] = ()

    def get(self, name: str) -> Baseline:
        """Return a baseline; UsageError for an unknown one, StoreError for a damaged one."""
        stored = {one.name for one in list_(self.store)} if self.patterns else {name}
        tags = {} if name in stored else self._tags()
        return self._of(name, tags[name]) if name in tags else show(self.store, name)

    def every(self) -> list[Baseline]:
        """Return all of them, the stored ones first, each by name."""
        stored = list_(self.store)
        return [*stored, *self._by_rule({one.name for one in stored})]

    def _by_rule(self, taken: set[str]) -> Iterator[Baseline]:
        """Yield those that are tags, but for names that are taken."""
        for name, sha in sorted(self._tags().items()):
            if name not in taken:
                yield self._of(name, sha)

    def _tags(self) -> dict[str, str]:
        """Return the tags of the rule whose commits have results."""
        tags = self.repository.tags() if self.patterns else {}
        mine = {name: sha for name, sha in tags.items() if any(fnmatchcase(name, one) for one in self.patterns)}
        measured = self.store.shas() if mine else set()
        return {name: sha for name, sha in mine.items() if sha in measured}

    def _of(self, name: str, sha: str) -> Baseline:
        """Return a tag as a baseline, set when its commit was made."""
        (commit,) = self.repository.known([sha])
        return replace(of_commit(self.store, name, sha), set_ms=commit.time_ms, reason=BY_RULE)
