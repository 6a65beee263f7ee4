"""What the site is made from: everything a page may say, in values of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bench_runner.history.facts import Elsewhere, Failure, RunFact
from bench_runner.history.grouping import Group
from bench_runner.history.production import Seen
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.course import Course
from bench_runner.model.event import Event
from bench_runner.model.machine import Machine
from bench_runner.model.series import Series


@dataclass(frozen=True)
class Material:
    """Commits oldest first (index = revision), groups ranked, runs `elsewhere` newest first, the rest in any order.

    `events` are of machines and environments, in the order of commits; `production` are series of windows, `seen`
    their changes, `releases` those that are not on the branch, by sha; `courses` are what
    series do by themselves.
    """

    project: str
    commits: Sequence[Commit]
    series: Sequence[Series]
    benchmarks: Mapping[str, Benchmark]
    groups: Sequence[Group] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    machines: Sequence[Machine] = ()
    failures: Sequence[Failure] = ()
    runs: Sequence[RunFact] = ()
    elsewhere: Sequence[Elsewhere] = ()
    project_url: str = ""
    commit_url: str = ""
    production: Sequence[Series] = ()
    seen: Sequence[Seen] = ()
    events: Sequence[Event] = ()
    courses: Sequence[Course] = ()
    releases: Mapping[str, Commit] = field(default_factory=dict)

    @cached_property
    def revisions(self) -> Mapping[str, int]:
        """Full sha -> revision."""
        return {commit.sha: revision for revision, commit in enumerate(self.commits)}

    @cached_property
    def measured(self) -> Sequence[int]:
        """Revisions with a run or a point, ascending."""
        found = {revision for one in self.series for revision in one.revisions}
        found |= {self.revisions[run.sha] for run in self.runs if run.sha in self.revisions}
        return sorted(found)

    @cached_property
    def changes(self) -> Sequence[Change]:
        """All changes, in the order of their groups."""
        return [change for one in self.groups for change in one.changes]
