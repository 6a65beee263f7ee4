"""The axis of a page of production: windows in the order of time, in the place of commits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench_runner.model.series import Series
from bench_runner.publish.data import CHUNK, deltas
from bench_runner.publish.present import Presenter
from bench_runner.publish.text import iso, label, script_json
from bench_runner.publish.views import Script


@dataclass(frozen=True, slots=True, order=True)
class Tick:
    """A window of a release: when it starts (ms), the revision and sha of the release."""

    time_ms: int
    revision: int
    sha: str


class Axis:
    """All windows of some series; two releases that ran side by side have a tick each."""

    def __init__(self, series: Sequence[Series]) -> None:
        self.ticks = sorted({tick for one in series for tick in ticks(one)})
        self._places = {tick: place for place, tick in enumerate(self.ticks)}

    def laid(self, series: Series) -> Series:
        """Return a series whose revisions are places on the axis."""
        return replace(series, revisions=[self._places[tick] for tick in ticks(series)])

    @property
    def releases(self) -> list[tuple[int, str]]:
        """The first place of each release, and its sha."""
        found: list[tuple[int, str]] = []
        seen: set[str] = set()
        for place, tick in enumerate(self.ticks):
            if tick.sha not in seen:
                seen.add(tick.sha)
                found.append((place, tick.sha))
        return found

    @property
    def ends(self) -> tuple[str, str]:
        """The first and last minute."""
        return minute(self.ticks[0].time_ms), minute(self.ticks[-1].time_ms)

    def scripts(self, stem: str, presenter: Presenter, names: dict[str, str]) -> list[Script]:
        """Return the windows for the chart: place, time in s, sha of 12 digits ("" without a page), the release."""
        scripts = []
        for number, first in enumerate(range(0, len(self.ticks), CHUNK)):
            part = self.ticks[first : first + CHUNK]
            content = {
                "r": deltas([first + at for at in range(len(part))]),
                "t": deltas([tick.time_ms // 1000 for tick in part]),
                "s": [tick.sha[:12] if presenter.commit(tick.sha).page else "" for tick in part],
                "m": [_said(tick.sha, presenter, names) for tick in part],
            }
            scripts.append(Script(f"data/w/{stem}.{number}.js", f"bench.commits({script_json(content)});\n"))
        return scripts


def ticks(series: Series) -> list[Tick]:
    """Return the window of each point."""
    points = zip(series.times, series.revisions, series.shas, strict=True)
    return [Tick(time_ms, revision, sha) for time_ms, revision, sha in points]


def minute(time_ms: int) -> str:
    """Return a time for people: "2026-11-26 14:05"."""
    return iso(time_ms)[:16].replace("T", " ")


def _said(sha: str, presenter: Presenter, names: dict[str, str]) -> str:
    """Return a release in words."""
    return label(f"{names.get(sha, '')} {presenter.commit(sha).subject}".strip(), 72)
