"""Makes the page of production and the page of each of its numbers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench_runner.model.benchmark import Benchmark
from bench_runner.model.series import Series
from bench_runner.publish.benchmarks import DRAWN, mark
from bench_runner.publish.data import SHELF, series_id, series_scripts
from bench_runner.publish.facets import Facets
from bench_runner.publish.levels import short
from bench_runner.publish.production import Production
from bench_runner.publish.production_views import MeasurePage, ProductionPage
from bench_runner.publish.svg import history, trace
from bench_runner.publish.text import UNIT, label, slug
from bench_runner.publish.views import BenchmarkView, FolderView, Page
from bench_runner.publish.windows import Axis, minute

LISTED = 100  # changes on the page of production
ROWS = 4  # series of a number in the list


def production_page(production: Production) -> ProductionPage:
    """Return what was measured in production, by function and resource."""
    folders: dict[str, list[BenchmarkView]] = defaultdict(list)
    for name in production.names:
        folders[_function(name)].append(_listed(production, name))
    every = [one for name in production.names for one in production.series[name]]
    seen = production.newest_first()
    times = [time for one in every for time in (one.times[0], one.times[-1])]
    return ProductionPage(
        changes=tuple(seen[:LISTED]),
        further=max(0, len(seen) - LISTED),
        folders=tuple(FolderView(label(name), tuple(some)) for name, some in folders.items()),
        series=len(every),
        services=tuple(sorted({label(one.key.machine, 60) for one in every})),
        first=minute(min(times)),
        last=minute(max(times)),
    )


def _function(name: str) -> str:
    """Return what the numbers of one function or resource have in common."""
    return name.rpartition(".")[0] or name


def _listed(production: Production, name: str) -> BenchmarkView:
    """Return a number with its first series."""
    mine = production.series[name]
    ordered = sorted(mine, key=lambda one: not production.seen[one.key])
    return BenchmarkView(
        name=label(name),
        stem=label(name.removeprefix(f"{_function(name)}.")),
        page=f"b/{slug(name)}.html",
        rows=tuple(production.row(one) for one in ordered[:ROWS]),
        series=len(mine),
        failing=False,
    )


def measure_pages(production: Production) -> Iterator[Page]:
    """Yield the page of each number with its scripts."""
    for name in production.names:
        yield _page(production, name)


def _page(production: Production, name: str) -> Page:
    """Return one number's page: its chart goes over windows, where a benchmark's goes over commits."""
    axis = Axis(production.series[name])
    mine = [axis.laid(one) for one in production.series[name]]
    stem, unit = slug(name), label(mine[0].metric.unit, UNIT)
    shelves = series_scripts(stem, mine, range(len(axis.ticks)))
    windows = axis.scripts(stem, production.presenter, production.tags)
    header = {
        "name": label(name),
        "unit": unit,
        "better": mine[0].metric.better,
        "windows": True,
        "facets": Facets(Benchmark(name, ""), mine).described(),
        "series": [
            _described(
                production, one, Facets(Benchmark(name, ""), mine), [script.path for script in shelves[at // SHELF]]
            )
            for at, one in enumerate(mine)
        ],
        "tags": [[place, production.tags.get(sha) or sha[:8]] for place, sha in axis.releases],
        "commits": [script.path for script in windows],
    }
    data = MeasurePage(
        name=label(name, 400),
        unit=unit,
        better=mine[0].metric.better,
        series=tuple(production.row(one) for one in production.series[name]),
        changes=production.of(mine),
        figure=_figure(production, axis, mine),
        short=sum(one.metric.better != "neither" and not production.seen[one.key] and short(one) for one in mine),
        header=header,
    )
    return Page(f"b/{stem}.html", "measure.html", data, (*windows, *(one for some in shelves for one in some)))


def _described(production: Production, series: Series, facets: Facets, scripts: Sequence[str]) -> dict[str, object]:
    """Return what the chart must know of a series before it loads numbers."""
    places = series.revisions
    return {
        "id": series_id(series.key),
        "at": facets.of(series),
        "in": list(scripts),
        "levels": [
            (places[one.first], places[one.last], float(f"{one.value:.5g}")) for one in production.levels(series)
        ],
        "breaks": [],
        "changes": [mark(one.change, places[one.change.step.index]) for one in production.seen[series.key]],
    }


def _figure(production: Production, axis: Axis, series: Sequence[Series]) -> str:
    """Return the drawing without script."""
    span = (0, max(0, len(axis.ticks) - 1))
    traces = [trace(one.revisions, one.values, production.levels(one), span) for one in series[:DRAWN]]
    return history(traces, series[0].metric.unit, axis.ends)
