"""Makes the page about the measuring itself: freshness, coverage, failures; and the page of each commit."""

from bench_runner import units
from bench_runner.history.facts import Failure, RunFact
from bench_runner.model.commit import Commit
from bench_runner.model.machine import Machine
from bench_runner.model.work import Work
from bench_runner.publish.changes import largest
from bench_runner.publish.material import Material
from bench_runner.publish.present import Presenter
from bench_runner.publish.production import Production
from bench_runner.publish.runs_views import RunsPage, StandingView, WorkView
from bench_runner.publish.svg import strip
from bench_runner.publish.text import iso, label
from bench_runner.publish.views import CommitPage, CommitView, Page, Script

STRIP = 60  # newest commits in a coverage strip
LISTED = 40  # failures of each sort, and runs off the branch


def runs_page(presenter: Presenter) -> RunsPage:
    """Return the page of runs."""
    material = presenter.material
    failures = presenter.newest_first([one for one in material.failures if one.outcome != "skipped"])
    builds = [one for one in failures if one.case is None]
    cases = [one for one in failures if one.case is not None]
    places = sorted({(run.machine, run.environment) for run in material.runs})
    return RunsPage(
        standings=tuple(_standing(machine, environment, presenter) for machine, environment in places),
        machines=tuple(_facts(one) for one in material.machines),
        builds=tuple(presenter.failure(one) for one in builds[:LISTED]),
        failures=tuple(presenter.failure(one) for one in cases[:LISTED]),
        further_builds=max(0, len(builds) - LISTED),
        further_failures=max(0, len(cases) - LISTED),
        elsewhere=tuple(presenter.elsewhere(one) for one in material.elsewhere[:LISTED]),
        further_elsewhere=max(0, len(material.elsewhere) - LISTED),
    )


def _facts(machine: Machine) -> dict[str, str]:
    """Return a machine's facts; memory in bytes, as asv and we write it, gets a prefix."""
    facts = {key: label(value) for key, value in machine.fields().items()}
    memory = facts["ram"]
    return {**facts, "ram": units.show(int(memory), "bytes") if memory.isascii() and memory.isdigit() else memory}


def _standing(machine: str, environment: str, presenter: Presenter) -> StandingView:
    """Return how far one environment on one machine has come."""
    material = presenter.material
    mine = {run.sha: run for run in material.runs if (run.machine, run.environment) == (machine, environment)}
    known = sorted((material.revisions[sha] for sha in mine if sha in material.revisions), reverse=True)
    newest = mine[material.commits[known[0]].sha] if known else None
    cells = _covered(material, mine)
    return StandingView(
        machine=label(machine, 60),
        environment=label(environment, 80),
        newest=presenter.commit(newest.sha) if newest else None,
        measured_at=iso(newest.finished_ms) if newest and newest.finished_ms else "",
        behind=len(material.commits) - 1 - known[0] if known else len(material.commits),
        commits=len(mine),
        measured=newest.measured if newest else 0,
        failed=newest.failed if newest else 0,
        strip=strip(cells),
        covered=f"{sum(cell is not False for cell in cells)} of the newest {len(cells)}",
        work=_work(newest.work) if newest and newest.work.steps else None,
    )


def _work(work: Work) -> WorkView:
    """Return what measuring a run took."""
    shares = {part: f"{100 * spent / work.wall_s:.0f} %" for part, spent in work.parts.items() if work.wall_s > 0}
    counts = ((label(name, 40), _counted(name, n)) for name, n in sorted(work.counts.items()))
    return WorkView(units.duration(work.wall_s), units.duration(work.cpu_s), tuple(shares.items()), tuple(counts))


def _counted(name: str, n: int) -> str:
    """Return a count in words."""
    return units.show(n, "bytes") if name.startswith("bytes ") else f"{n:,}"


def _covered(material: Material, runs: dict[str, RunFact]) -> list[bool | None]:
    """Return, for the newest STRIP commits, oldest first: measured, not measured, or (None) not built."""
    found: list[bool | None] = []
    for commit in material.commits[-STRIP:]:
        run = runs.get(commit.sha)
        found.append(False if run is None else (True if run.built else None))
    return found


def commit_pages(presenter: Presenter, rows: dict[str, tuple[Script, ...]], production: Production) -> list[Page]:
    """Return a page for each commit that was measured or failed."""
    material = presenter.material
    commits = [commit for commit in material.commits if commit.sha in presenter.pages]
    changes = {group.commit.sha: largest(group.changes, presenter) for group in material.groups}
    failures: dict[str, list[Failure]] = {}
    for one in presenter.newest_first(material.failures):
        failures.setdefault(one.sha, []).append(one)
    tags: dict[str, list[str]] = {}
    for tag, sha in sorted(material.tags.items()):
        tags.setdefault(sha, []).append(label(tag, 60))
    neighbours = [None, *commits, None]
    pages = []
    for at, commit in enumerate(commits):
        scripts = rows.get(commit.sha, ())
        data = CommitPage(
            commit=presenter.commit(commit.sha),
            older=_view(neighbours[at], presenter),
            newer=_view(neighbours[at + 2], presenter),
            tags=tuple(tags.get(commit.sha, ())),
            changes=tuple(changes.get(commit.sha, ())),
            failures=tuple(presenter.failure(one) for one in failures.get(commit.sha, ())[:LISTED]),
            row=scripts[0] if scripts else None,
            production=production.at(commit.sha),
        )
        pages.append(Page(f"c/{commit.sha[:12]}.html", "commit.html", data, scripts))
    return pages


def _view(commit: Commit | None, presenter: Presenter) -> CommitView | None:
    return presenter.commit(commit.sha) if commit else None
