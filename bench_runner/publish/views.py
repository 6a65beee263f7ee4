"""What pages print, complete before any template is touched."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench_runner.publish.production_views import SeenView


@dataclass(frozen=True, slots=True)
class Script:
    """A file of data: path below the site, text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path below the site, template, data, and the scripts that belong to it."""

    path: str
    template: str
    data: object
    scripts: tuple[Script, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that is written: scripts that pages share; pages, details first and the landing page last.

    Where there are several machines or environments, pages say of each number whose it is; where there are numbers of
    `production`, they have a page.
    """

    project: str
    project_url: str
    scripts: tuple[Script, ...]
    pages: tuple[Page, ...]
    machines: int = 1
    environments: int = 1
    production: bool = False


@dataclass(frozen=True, slots=True)
class CommitView:
    """A commit as pages print it; `page` is "" when it has none, `url` "" when the project names none."""

    sha: str
    short: str
    subject: str
    author: str
    time: str
    date: str
    page: str
    url: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change as pages print it; `size` orders (|log ratio|), `agree` of `total` series of the benchmark moved.

    `accepted` says why somebody accepted it, who, and until when, also where that has ended; else "".
    """

    benchmark: str
    page: str
    params: str
    machine: str
    environment: str
    worse: bool
    up: bool
    change: str
    margin: str
    before: str
    after: str
    id: str
    state: str
    recovered_by: CommitView | None
    commit: CommitView
    previous: CommitView | None
    candidates: int
    sparkline: str
    command: str
    size: float
    agree: int = 1
    total: int = 1
    warnings: tuple[str, ...] = ()
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A commit and what it most likely did; `rows` are the largest changes, one per benchmark."""

    commit: CommitView
    previous: CommitView | None
    candidates: int
    worse: int
    better: int
    machines: tuple[str, ...]
    rows: tuple[ChangeView, ...]
    state: str
    agree: int
    asked: int
    further: int = 0
    production: "tuple[SeenView, ...]" = ()


@dataclass(frozen=True, slots=True)
class EventView:
    """What happened to a machine or an environment, first seen at a commit; `laid` changes are laid to it."""

    commit: CommitView
    kind: str
    name: str
    reason: str
    laid: int


@dataclass(frozen=True, slots=True)
class CourseView:
    """What a series does by itself, in words."""

    page: str
    benchmark: str
    params: str
    machine: str
    environment: str
    told: str
    worse: bool


@dataclass(frozen=True, slots=True)
class IndexPage:
    """The landing page: `groups` in full, `older` as one line each, counts over both.

    `short` series are too short to judge; benchmarks are `listed` where there is no group to show.
    """

    groups: tuple[GroupView, ...]
    older: tuple[GroupView, ...]
    worse: int
    better: int
    benchmarks: int
    series: int
    machines: tuple[str, ...]
    newest: CommitView | None
    failures: int
    short: int
    listed: "tuple[BenchmarkView, ...]"
    production: "tuple[SeenView, ...]" = ()
    further_production: int = 0
    events: tuple[EventView, ...] = ()
    further_events: int = 0
    courses: tuple[CourseView, ...] = ()
    further_courses: int = 0


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series in a list: its newest value, the commit of that, and how it went."""

    machine: str
    environment: str
    params: str
    page: str
    value: str
    margin: str
    commit: CommitView | None
    sparkline: str
    change: ChangeView | None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class BenchmarkView:
    """A benchmark in the list, with its first few series."""

    name: str
    stem: str
    page: str
    rows: tuple[SeriesView, ...]
    series: int
    failing: bool


@dataclass(frozen=True, slots=True)
class FolderView:
    """The benchmarks of one module."""

    name: str
    benchmarks: tuple[BenchmarkView, ...]


@dataclass(frozen=True, slots=True)
class FailureView:
    """What failed: `benchmark` is "" for a build."""

    commit: CommitView
    benchmark: str
    page: str
    params: str
    machine: str
    environment: str
    outcome: str
    detail: str
    output: str


@dataclass(frozen=True, slots=True)
class NumberView:
    """A number of a commit that is not on the branch; `where` says what that commit is."""

    commit: CommitView
    where: str
    machine: str
    environment: str
    params: str
    value: str
    margin: str


@dataclass(frozen=True, slots=True)
class ElsewhereView:
    """A run of a commit that is not on the branch; `where` says what that commit is."""

    commit: CommitView
    where: str
    machine: str
    environment: str
    measured_at: str
    measured: int
    failed: int
    built: bool


@dataclass(frozen=True, slots=True)
class CommitPage:
    """One commit: what changed there, what failed, and (by script) everything measured."""

    commit: CommitView
    older: CommitView | None
    newer: CommitView | None
    tags: tuple[str, ...]
    changes: tuple[ChangeView, ...]
    failures: tuple[FailureView, ...]
    row: Script | None
    production: "tuple[SeenView, ...]" = ()


@dataclass(frozen=True, slots=True)
class AboutPage:
    """How changes are found, in words."""

    project: str = ""
