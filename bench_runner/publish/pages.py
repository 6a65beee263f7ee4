"""Lays out the site: from the material to every page's data."""

from collections.abc import Iterator, Mapping, Sequence

from bench_runner.config import Config
from bench_runner.history.grouping import Group
from bench_runner.history.production import Seen
from bench_runner.history.series import History
from bench_runner.model.event import Event
from bench_runner.publish.benchmarks import Suite
from bench_runner.publish.changes import feed, index_page
from bench_runner.publish.data import commit_scripts
from bench_runner.publish.material import Material
from bench_runner.publish.measures import measure_pages, production_page
from bench_runner.publish.present import Presenter, web_url
from bench_runner.publish.production import Production
from bench_runner.publish.rows import row_scripts
from bench_runner.publish.runs import commit_pages, runs_page
from bench_runner.publish.text import label, script_json, slug
from bench_runner.publish.views import AboutPage, Page, Script, Site

FIRST = 10  # benchmarks on the landing page where nothing changed


def material_of(
    history: History,
    groups: Sequence[Group],
    config: Config,
    tags: Mapping[str, str] | None = None,
    seen: Sequence[Seen] = (),
    events: Sequence[Event] = (),
) -> Material:
    """Return what the site needs of a history; `tags` maps names to full shas, `seen` are changes of production."""
    return Material(
        project=config.project,
        commits=history.commits,
        series=history.series,
        benchmarks=history.benchmarks,
        groups=groups,
        tags=tags or {},
        machines=history.machines,
        failures=history.failures,
        runs=history.runs,
        elsewhere=history.elsewhere,
        project_url=config.project_url,
        commit_url=config.show_commit_url,
        production=history.production,
        seen=seen,
        events=events,
        releases=history.releases,
    )


def site(material: Material) -> Site:
    """Return the whole site; pages in the order in which they are to be written, the landing page last."""
    presenter = Presenter(material)
    production = Production(presenter)
    suite = Suite(presenter, production)
    commits = commit_scripts(material)
    return Site(
        project=label(material.project, 60) or "project",
        project_url=web_url(material.project_url),
        scripts=(*commits, _names([*suite.names, *production.names])),
        pages=tuple(_pages(suite, production, [script.path for script in commits])),
        machines=presenter.machines,
        environments=presenter.environments,
        production=bool(material.production),
    )


def _pages(suite: Suite, production: Production, commits: list[str]) -> Iterator[Page]:
    """Yield details first, then the pages that link to them."""
    presenter = suite.presenter
    yield from commit_pages(presenter, row_scripts(presenter.material), production)
    yield from suite.pages(commits)
    yield from measure_pages(production)
    if production.names:
        yield Page("production.html", "production.html", production_page(production))
    yield Page("about.html", "about.html", AboutPage())
    yield Page("runs.html", "runs.html", runs_page(presenter))
    yield Page("benchmarks.html", "benchmarks.html", suite.list_page())
    yield Page("feed.xml", "feed.xml", feed(presenter))
    yield Page("index.html", "index.html", index_page(presenter, suite.first(FIRST), production))


def _names(known: Sequence[str]) -> Script:
    """Return what the search field looks in: label and page of each benchmark, and of each number of production."""
    names = [[label(name), slug(name)] for name in known]
    return Script("data/names.js", f"bench.names({script_json(names)});\n")
