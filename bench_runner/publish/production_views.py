"""What pages of production print, complete before any template is touched."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench_runner.publish.views import ChangeView, CommitView, FolderView, SeriesView


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release: its tag, else "", and its commit."""

    name: str
    commit: CommitView


@dataclass(frozen=True, slots=True)
class MovedView:
    """A change of a benchmark, at the commit that it is laid to."""

    commit: CommitView
    change: ChangeView


@dataclass(frozen=True, slots=True)
class SeenView:
    """A change of production: where it lies ("between" two releases, "inside" one, "with" its deployment, "back").

    `commits` were deployed or taken back there; it lies between the windows that start at `first` and `last` (without
    the day where it is the same).
    """

    anchor: str
    change: ChangeView
    where: str
    old: ReleaseView
    new: ReleaseView
    commits: int
    first: str
    last: str
    moved: tuple[MovedView, ...]
    further: int


@dataclass(frozen=True, slots=True)
class ProductionPage:
    """What was measured in production: changes, newest first, and the numbers of each function or resource."""

    changes: tuple[SeenView, ...]
    further: int
    folders: tuple[FolderView, ...]
    series: int
    services: tuple[str, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """The history of one number of production, window by window; `header` and `figure` as of a benchmark."""

    name: str
    unit: str
    better: str
    series: tuple[SeriesView, ...]
    changes: tuple[SeenView, ...]
    figure: str
    short: int
    header: Mapping[str, object]
