"""Which changes a project cares about by asv's keys regressions_first_commits and regressions_thresholds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from bench_runner.config import Config
from bench_runner.errors import UsageError
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit

T = TypeVar("T")


class Refs(Protocol):
    """Resolves what a person calls a commit (`repo.git.Repository`)."""

    def resolve(self, ref: str) -> str:
        """Return the full sha; UsageError for an unknown ref."""
        ...


@dataclass(frozen=True, slots=True)
class AsvRules:
    """Patterns are asv's, not the globs of our policy file: regular expressions.

    They match the beginning of "name(param, ...)", with "@branch" behind it where branches are configured.

    `first` maps a pattern to the revision up to which nothing is judged, None for never; `floors` to the smallest
    relative change that is reported, the largest of those that match. `warnings` name commits that are not there.
    """

    first: Mapping[str, int | None] = field(default_factory=dict)
    floors: Mapping[str, float] = field(default_factory=dict)
    suffix: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: Config, repository: Refs, commits: Sequence[Commit]) -> "AsvRules":
        """Return the rules of a configuration; `commits` are those of the branch, oldest first."""
        revisions = {commit.sha: revision for revision, commit in enumerate(commits)}
        first: dict[str, int | None] = {}
        warnings = []
        for pattern, ref in config.regressions_first_commits.items():
            revision = None if ref is None else _revision(repository, ref, revisions)
            if ref is not None and revision is None:
                warnings.append(f"regressions_first_commits: {ref!r} is no commit of the branch, so it is ignored")
            else:
                first[pattern] = revision
        suffix = f"@{config.branches[0]}" if config.branches and config.branches[0] else ""
        return cls(first, config.regressions_thresholds, suffix, tuple(warnings))

    def judged(self, case: Case) -> bool:
        """Return whether a case is looked at at all."""
        return all(revision is not None for revision in self._matching(self.first, case))

    def keeps(self, change: Change) -> bool:
        """Return whether a change is late and large enough to be reported."""
        case, size = change.key.case, abs(change.step.ratio - 1)
        late = all(revision is not None and change.revision > revision for revision in self._matching(self.first, case))
        return late and not size < self.floor(case)

    def floor(self, case: Case) -> float:
        """Return the smallest change of a case that is reported."""
        return max(self._matching(self.floors, case), default=0.0)

    def _matching(self, rules: Mapping[str, T], case: Case) -> list[T]:
        """Return what the matching patterns say."""
        name = case.id + self.suffix
        return [value for pattern, value in rules.items() if re.match(pattern, name)]


def _revision(repository: Refs, ref: str, revisions: Mapping[str, int]) -> int | None:
    """Return the revision of a ref, None when it is not on the branch."""
    try:
        return revisions.get(repository.resolve(ref))
    except UsageError:
        return None
