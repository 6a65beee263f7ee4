"""What the pages of benchmarks print."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench_runner.publish.views import ChangeView, CourseView, FailureView, FolderView, NumberView, SeriesView

if TYPE_CHECKING:
    from bench_runner.publish.production_views import SeenView


@dataclass(frozen=True, slots=True)
class BenchmarksPage:
    """The list of all benchmarks."""

    folders: tuple[FolderView, ...]
    benchmarks: int
    series: int


@dataclass(frozen=True, slots=True)
class BesideView:
    """Another metric of the same definition: its name, its page, and its newest number where that is one."""

    name: str
    page: str
    value: str


@dataclass(frozen=True, slots=True)
class BenchmarkPage:
    """The history of one benchmark; `header` is what the chart is drawn from, `figure` the drawing without script.

    `short` of the series are too short to judge.
    """

    name: str
    folder: str
    unit: str
    better: str
    exact: bool
    description: str
    code: str
    series: tuple[SeriesView, ...]
    further: int
    changes: tuple[ChangeView, ...]
    failures: tuple[FailureView, ...]
    elsewhere: tuple[NumberView, ...]
    further_elsewhere: int
    figure: str
    short: int
    header: Mapping[str, object]
    production: "tuple[SeenView, ...]" = ()
    courses: tuple[CourseView, ...] = ()
    beside: tuple[BesideView, ...] = ()
