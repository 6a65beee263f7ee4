"""Makes the list of benchmarks and the page of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bench_runner import hostile, units
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.change import Change
from bench_runner.model.metric import Metric
from bench_runner.model.production import KIND
from bench_runner.model.series import Series
from bench_runner.publish.benchmark_views import BenchmarkPage, BenchmarksPage, BesideView
from bench_runner.publish.data import SHELF, series_id, series_scripts
from bench_runner.publish.facets import Facets
from bench_runner.publish.levels import newest
from bench_runner.publish.material import Material
from bench_runner.publish.present import Presenter
from bench_runner.publish.production import Production
from bench_runner.publish.svg import history, trace
from bench_runner.publish.text import UNIT, label, places, slug
from bench_runner.publish.views import BenchmarkView, FolderView, Page, Script
from bench_runner.worker.metrics import split

if TYPE_CHECKING:
    from bench_runner.history.facts import Elsewhere, Failure, Number

LISTED = 4  # series of a benchmark in the list of all
TABLED = 60  # series in a benchmark's own table
SHOWN = 20  # failures of a benchmark, and numbers off the branch, newest first
DRAWN = 4  # series in the drawing without script
_CODE = 20_000  # characters


class Suite:
    """The benchmarks of the site with what belongs to each."""

    def __init__(self, presenter: Presenter, production: Production) -> None:
        self.presenter, self.production = presenter, production
        material = presenter.material
        self.series: Mapping[str, list[Series]] = _by_benchmark(material)
        self.failures: dict[str, list[Failure]] = defaultdict(list)
        for one in material.failures:
            if one.case is not None:
                self.failures[one.case.benchmark].append(one)
        self.elsewhere: dict[str, list[tuple[Elsewhere, Number]]] = defaultdict(list)
        for run in material.elsewhere:
            for number in run.numbers:
                self.elsewhere[number.key.case.benchmark].append((run, number))
        known = {name for name, one in material.benchmarks.items() if one.kind != KIND}
        self.names = sorted({*known, *self.series, *self.elsewhere})

    def list_page(self) -> BenchmarksPage:
        """Return the list of all benchmarks by module."""
        folders: dict[str, list[BenchmarkView]] = defaultdict(list)
        for name in self.names:
            folders[folder(name)].append(self._view(name))
        return BenchmarksPage(
            folders=tuple(FolderView(name, tuple(some)) for name, some in sorted(folders.items())),
            benchmarks=len(self.names),
            series=sum(map(len, self.series.values())),
        )

    def first(self, count: int) -> list[BenchmarkView]:
        """Return the first few benchmarks under their whole names."""
        return [replace(self._view(name), stem=label(name)) for name in self.names[:count]]

    def _view(self, name: str) -> BenchmarkView:
        """Return a benchmark with its first series; those that stand changed come first."""
        mine = self.series.get(name, [])
        changes = self.presenter.changes
        ordered = sorted(mine, key=lambda one: (newest(one) is None, one.key not in changes))
        place = folder(name)
        return BenchmarkView(
            name=label(name),
            stem=label(name.removeprefix(f"{place}.")),
            page=f"b/{slug(name)}.html",
            rows=tuple(self.presenter.newest(one) for one in ordered[:LISTED]),
            series=len(mine),
            failing=self._failing(name, mine),
        )

    def _failing(self, name: str, series: Sequence[Series]) -> bool:
        """Whether a benchmark has no newest number; one that is skipped fails no more than it was asked to."""
        failures = self.failures.get(name, ())
        if not series:
            return bool(failures)
        failed = {(one.sha, one.environment, one.machine, one.case) for one in failures}
        return any((one.shas[-1], one.key.environment, one.key.machine, one.key.case) in failed for one in series)

    def _beside(self, name: str) -> tuple[BesideView, ...]:
        """Return the other metrics of a benchmark's definition, with the newest number of the first case."""
        base, _ = split(name)
        others = [one for one in self.names if one != name and split(one)[0] == base]
        return tuple(self._brief(one) for one in others)

    def _brief(self, name: str) -> BesideView:
        """Return a benchmark as it is named beside another metric of it."""
        mine = self.series.get(name, [])
        known = self.presenter.material.benchmarks.get(name)
        metric = mine[0].metric if mine else known.metric if known else None
        row = self.presenter.newest(mine[0]) if mine else None
        value = row.value if row and len(mine) == 1 else ""
        return BesideView(label(metric.name if metric else split(name)[1]), f"b/{slug(name)}.html", value)

    def pages(self, commits: Sequence[str]) -> list[Page]:
        """Return the page of each benchmark with its scripts; `commits` names the scripts that all share."""
        return [self._page(name, commits) for name in self.names]

    def _page(self, name: str, commits: Sequence[str]) -> Page:
        """Return one benchmark's page."""
        material = self.presenter.material
        known = material.benchmarks.get(name) or Benchmark(name, "")
        mine = self.series.get(name, [])
        metric = mine[-1].metric if mine else known.metric
        shelves = series_scripts(slug(name), mine, material.measured)
        changes = [one for series in mine for one in self.presenter.changes.get(series.key, ())]
        failures = self.presenter.newest_first(self.failures.get(name, ()))
        elsewhere = self.elsewhere.get(name, [])
        data = BenchmarkPage(
            name=label(name, 400),
            folder=label(folder(name)),
            unit=label(metric.unit, UNIT),
            better=metric.better,
            exact=metric.exact,
            description=description(known),
            code=hostile.lines(known.code[:_CODE]),
            series=tuple(self.presenter.newest(one) for one in mine[:TABLED]),
            further=max(0, len(mine) - TABLED),
            changes=tuple(self.presenter.change(one) for one in sorted(changes, key=lambda one: -one.revision)),
            failures=tuple(self.presenter.failure(one) for one in failures[:SHOWN]),
            elsewhere=tuple(self.presenter.number(*one) for one in elsewhere[:SHOWN]),
            further_elsewhere=max(0, len(elsewhere) - SHOWN),
            figure=self._figure(mine, metric),
            short=self.presenter.short(mine),
            production=self.production.beside(changes),
            courses=tuple(self.presenter.course(one) for one in material.courses if one.key.case.benchmark == name),
            beside=self._beside(name),
            header={**self._header(known, mine, metric, shelves), "commits": list(commits)},
        )
        return Page(f"b/{slug(name)}.html", "benchmark.html", data, tuple(one for some in shelves for one in some))

    def _figure(self, series: Sequence[Series], metric: Metric) -> str:
        """Return the drawing without script: the first case's series."""
        measured = self.presenter.material.measured
        mine = [one for one in series if one.key.case == series[0].key.case][:DRAWN]
        if not mine or not measured:
            return ""
        span = (min(one.revisions[0] for one in mine), max(one.revisions[-1] for one in mine))
        ends = [self.presenter.commit(self.presenter.material.commits[at].sha) for at in span]
        first, last = places([one.date for one in ends], [one.short for one in ends])
        traces = [trace(one.revisions, one.values, self.presenter.levels(one), span) for one in mine]
        return history(traces, metric.unit, (first, last))

    def _header(
        self, known: Benchmark, series: Sequence[Series], metric: Metric, shelves: Sequence[Sequence[Script]]
    ) -> dict[str, object]:
        """Return what the chart must know before it loads numbers: facets, series, where their points are, changes."""
        facets = Facets(known, series)
        material = self.presenter.material
        return {
            "name": label(known.name),
            "unit": label(metric.unit, UNIT),
            "better": metric.better,
            "exact": metric.exact,
            "facets": facets.described(),
            "series": [
                {
                    "id": series_id(one.key),
                    "at": facets.of(one),
                    "in": [script.path for script in shelves[number // SHELF]],
                    "levels": self._levels(one),
                    "breaks": [one.revisions[at] for at in one.segments if 0 < at < len(one.revisions)],
                    "changes": [mark(change, change.revision) for change in self.presenter.changes.get(one.key, ())],
                }
                for number, one in enumerate(series)
            ],
            "tags": sorted(
                [material.revisions[sha], label(tag, 40)]
                for tag, sha in material.tags.items()
                if sha in material.revisions
            ),
        }

    def _levels(self, series: Series) -> list[tuple[int, int, float]]:
        """Return (first revision, last revision, value) of each level, to the digits that a chart can show."""
        return [
            (series.revisions[one.first], series.revisions[one.last], float(f"{one.value:.5g}"))
            for one in self.presenter.levels(series)
        ]


def folder(name: str) -> str:
    """Return the module part of a benchmark's name: everything before the class or function."""
    parts = name.split(".")
    return ".".join(parts[:-1][:-1] if len(parts) > 2 else parts[:-1]) or name


def description(known: Benchmark) -> str:
    """Return the first line of the benchmark's own docstring, "" when it has none."""
    _, quote, rest = known.code.partition('"""')
    return label(rest.split('"""')[0].strip().split("\n\n")[0], 300) if quote else ""


def _by_benchmark(material: Material) -> dict[str, list[Series]]:
    """Return the series of each benchmark: by case as the suite orders them, then machine, then environment."""
    found: dict[str, list[Series]] = defaultdict(list)
    for one in sorted(material.series, key=lambda one: (one.key.case.params, one.key.machine, one.key.environment)):
        found[one.key.case.benchmark].append(one)
    for name, some in found.items():
        written = material.benchmarks[name].params if name in material.benchmarks else ()
        ranks = [{value: rank for rank, value in enumerate(values)} for values in written]
        some.sort(key=lambda one: _ranked(one.key.case.params, ranks))
    return found


def mark(change: Change, at: int) -> list[object]:
    """Return a change for the chart: revision, or another place on its axis; label, whether worse, state."""
    ratio = change.step.ratio
    return [at, units.percent(ratio) if 0 < ratio < 1e6 else "new level", change.worse, change.state]


def _ranked(values: Sequence[str], ranks: Sequence[Mapping[str, int]]) -> list[int]:
    """Return the places of parameter values in the lists of the suite; one that is gone from it comes last."""
    return [rank.get(value, len(rank)) for rank, value in zip(ranks, values, strict=False)]
