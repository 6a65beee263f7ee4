"""Makes the landing page and the feed: what changed, by the commit that most likely did it."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench_runner.history.grouping import Group
from bench_runner.model.change import Change
from bench_runner.model.event import Event
from bench_runner.publish.feed_views import Entry, Feed
from bench_runner.publish.levels import newest
from bench_runner.publish.material import Material
from bench_runner.publish.present import Presenter
from bench_runner.publish.production import Production
from bench_runner.publish.text import iso, label
from bench_runner.publish.views import BenchmarkView, ChangeView, CommitView, EventView, GroupView, IndexPage

FULL = 10  # groups with rows and sparklines; the page must stay light
LINES = 100  # older groups, one line each
ROWS = 10  # rows of a group: half of them at once, half on demand
ENTRIES = 40  # in the feed


def index_page(
    presenter: Presenter, listed: Sequence[BenchmarkView] = (), production: Production | None = None
) -> IndexPage:
    """Return the landing page; `listed` are benchmarks to show where nothing changed."""
    material, production = presenter.material, production or Production(presenter)
    seen = production.newest_first()
    groups = [
        replace(group_view(group, presenter), production=production.beside(group.changes))
        for group in material.groups[: FULL + LINES]
    ]
    counts = Counter(change.worse for change in material.changes)
    return IndexPage(
        groups=tuple(groups[:FULL]),
        older=tuple(groups[FULL:]),
        worse=counts[True],
        better=counts[False],
        benchmarks=len({one.key.case.benchmark for one in material.series}),
        series=len(material.series),
        machines=tuple(sorted({label(one.key.machine, 60) for one in material.series})),
        newest=newest_commit(presenter),
        failures=_standing_failures(material),
        short=presenter.short(material.series),
        listed=() if groups else tuple(listed),
        production=tuple(seen[:FULL]),
        further_production=max(0, len(seen) - FULL),
        events=tuple(event_view(one, presenter) for one in material.events[: -FULL - 1 : -1]),
        further_events=max(0, len(material.events) - FULL),
        courses=tuple(presenter.course(one) for one in material.courses[:FULL]),
        further_courses=max(0, len(material.courses) - FULL),
    )


def group_view(group: Group, presenter: Presenter) -> GroupView:
    """Return a group with its largest change of each benchmark, largest first."""
    rows = largest(group.changes, presenter)
    sharpest = min(rows, key=lambda row: row.candidates)
    return GroupView(
        commit=presenter.commit(group.commit.sha),
        previous=sharpest.previous,
        candidates=sharpest.candidates,
        worse=sum(row.worse for row in rows),
        better=sum(not row.worse for row in rows),
        machines=tuple(sorted({label(change.key.machine, 60) for change in group.changes})),
        rows=tuple(rows[:ROWS]),
        state=_common_state(group.changes),
        agree=group.agree,
        asked=group.asked,
        further=max(0, len(rows) - ROWS),
    )


def event_view(event: Event, presenter: Presenter) -> EventView:
    """Return an event of a machine or an environment."""
    return EventView(
        commit=presenter.commit(event.first_new),
        kind=event.kind,
        name=label(event.name, 120),
        reason=label(event.reason, 400),
        laid=len(event.changes),
    )


def largest(changes: Iterable[Change], presenter: Presenter) -> list[ChangeView]:
    """Return the largest change of each (benchmark, direction) and how many of its series agree, largest first."""
    groups: dict[tuple[str, bool], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.key.case.benchmark, change.worse), []).append(change)
    sizes = Counter(one.key.case.benchmark for one in presenter.material.series if newest(one) is not None)
    views = []
    for (benchmark, _), some in groups.items():
        top = min(some, key=_by_size)
        agree = len({one.key for one in some})
        views.append(replace(presenter.change(top), agree=agree, total=max(agree, sizes[benchmark])))
    return sorted(views, key=lambda view: (not view.worse, -view.size, view.benchmark, view.params))


def _by_size(change: Change) -> tuple[float, int, str, str, tuple[str, ...]]:
    """Order by size, largest first, then by how closely it is placed, then by name."""
    key = change.key
    return (-abs(change.step.ratio - 1), change.candidates, key.machine, key.environment, key.case.params)


def newest_commit(presenter: Presenter) -> CommitView | None:
    """Return the newest measured commit."""
    material = presenter.material
    return presenter.commit(material.commits[material.measured[-1]].sha) if material.measured else None


def _common_state(changes: Sequence[Change]) -> str:
    """Return the state that all share; confirmed wins over pending, and recovered needs all."""
    states = {change.state for change in changes}
    return next(iter(states)) if len(states) == 1 else "confirmed"


def _standing_failures(material: Material) -> int:
    """Return how many failures the newest measured commit of each environment on a machine has."""
    last: dict[tuple[str, str], int] = {}
    revisions = material.revisions
    for run in material.runs:
        place = (run.machine, run.environment)
        last[place] = max(last.get(place, -1), revisions.get(run.sha, -1))
    return sum(
        revisions.get(one.sha, -2) == last.get((one.machine, one.environment))
        for one in material.failures
        if one.outcome != "skipped"
    )


def feed(presenter: Presenter) -> Feed:
    """Return the feed of groups, newest first; ids and times come from commits, so that it only changes with them."""
    groups = [group_view(group, presenter) for group in _newest_first(presenter.material)[:ENTRIES]]
    project = presenter.material.project
    several = presenter.environments > 1
    entries = tuple(_entry(group, project, several) for group in groups)
    return Feed(id=_urn(project), updated=entries[0].updated if entries else iso(0), entries=entries)


def _newest_first(material: Material) -> list[Group]:
    """Return the groups by revision, newest first."""
    return sorted(material.groups, key=lambda group: -material.revisions.get(group.commit.sha, -1))


def _entry(group: GroupView, project: str, several: bool) -> Entry:
    """Return a group as an entry; where there are several environments, it names them."""
    counts = [f"{number} {word}" for number, word in ((group.worse, "worse"), (group.better, "better")) if number]
    return Entry(
        id=_urn(project, group.commit.sha),
        title=f"{', '.join(counts)}: {group.commit.subject}",
        updated=group.commit.time or iso(0),
        link=group.commit.page or "index.html",
        lines=tuple(
            f"{row.benchmark} {f'({row.params}) ' if row.params else ''}{row.change} "
            f"({row.before} → {row.after}) on {row.machine}{f' in {row.environment}' if several else ''}, "
            f"{row.agree} of {row.total} series agree"
            for row in group.rows
        ),
    )


def _urn(*parts: str) -> str:
    """Return a stable name for a feed or an entry."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "bench-history/" + "/".join(label(part) for part in parts)).urn
