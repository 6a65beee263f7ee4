"""Turns what was seen in production into what pages print."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bench_runner.history.production import Moved, Seen, beside, commits_of
from bench_runner.model.change import Change
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.data import series_id
from bench_runner.publish.levels import Level, levels, newest
from bench_runner.publish.present import RECENT, Presenter, margin, percent, size, spread
from bench_runner.publish.production_views import MovedView, ReleaseView, SeenView
from bench_runner.publish.svg import sparkline, trace
from bench_runner.publish.text import amount, iso, label, slug
from bench_runner.publish.views import ChangeView, SeriesView
from bench_runner.publish.windows import minute

MOVED = 3  # changes of benchmarks named beside one of production


class Production:
    """The series of production with their changes, looked up once."""

    def __init__(self, presenter: Presenter) -> None:
        self.presenter = presenter
        material = presenter.material
        self.tags = {sha: label(tag, 40) for tag, sha in material.tags.items()}
        self.series: dict[str, list[Series]] = defaultdict(list)
        for one in sorted(material.production, key=lambda one: (one.key.machine, one.key.environment)):
            self.series[one.key.case.benchmark].append(one)
        self.names = sorted(self.series)
        self.seen: dict[SeriesKey, list[Seen]] = defaultdict(list)
        for each in material.seen:
            self.seen[each.change.key].append(each)
        self._by_key = {one.key: one for one in material.production}
        self._beside: Mapping[str, list[Change]] = beside(material.seen)
        self._views: dict[str, SeenView] = {}

    def newest_first(self) -> list[SeenView]:
        """Return all changes, those of the newest windows first, and of those the largest."""
        ordered = sorted(self.presenter.material.seen, key=lambda one: (-_start(one), -size(one.change.step.ratio)))
        return [self.view(one) for one in ordered]

    def of(self, series: Sequence[Series]) -> tuple[SeenView, ...]:
        """Return the changes of some series, newest first."""
        mine = [one for each in series for one in self.seen[each.key]]
        return tuple(self.view(one) for one in sorted(mine, key=lambda one: -_start(one)))

    def beside(self, changes: Iterable[Change]) -> tuple[SeenView, ...]:
        """Return the changes of production that changes of benchmarks are linked to, each once."""
        ids = {other.id for one in changes for other in self._beside.get(one.id, ())}
        return tuple(self.view(one) for one in self.presenter.material.seen if one.change.id in ids)

    def at(self, sha: str) -> tuple[SeenView, ...]:
        """Return the changes in whose range a commit lies."""
        revision = self.presenter.material.revisions.get(sha, -1)
        return tuple(self.view(one) for one in self.presenter.material.seen if revision in commits_of(one.change))

    def levels(self, series: Series) -> list[Level]:
        """Return the levels of a series between its changes."""
        return levels(series, [one.change for one in self.seen[series.key]])

    def sparkline(self, series: Series) -> str:
        """Return the newest RECENT windows of a series."""
        places = list(range(len(series.values)))
        span = (max(0, len(places) - RECENT), max(0, len(places) - 1))
        return sparkline(trace(places, series.values, self.levels(series), span))

    def row(self, series: Series) -> SeriesView:
        """Return a series with its newest number."""
        at = newest(series)
        changes = self.seen[series.key]
        return SeriesView(
            machine=label(series.key.machine, 60),
            environment=label(series.key.environment, 80),
            params="",
            page=page(series.key),
            value="no number yet" if at is None else amount(series.values[at], series.metric),
            margin="" if at is None else spread(series.values[at], series.low[at], series.high[at]),
            commit=None if at is None else self.presenter.commit(series.shas[at]),
            sparkline=self.sparkline(series),
            change=self._dated(changes[-1]) if changes else None,
        )

    def _dated(self, seen: Seen) -> ChangeView:
        """Return a change under the date of its window, where a benchmark's has that of its commit."""
        change, moment = self.view(seen).change, iso(_start(seen))
        return replace(change, commit=replace(change.commit, time=moment, date=moment[:10]))

    def view(self, seen: Seen) -> SeenView:
        """Return a change of production."""
        change = seen.change
        if change.id not in self._views:
            first, last = change.between or (0, 0)
            self._views[change.id] = SeenView(
                anchor=f"seen-{change.id}",
                change=self._change(change),
                where=_where(change),
                old=self.release(change.last_old),
                new=self.release(change.first_new),
                commits=change.candidates,
                first=minute(first),
                last=minute(last)[11 if minute(first)[:10] == minute(last)[:10] else 0 :],
                moved=tuple(self._moved(one) for one in seen.moved[:MOVED]),
                further=max(0, len(seen.moved) - MOVED),
            )
        return self._views[change.id]

    def release(self, sha: str) -> ReleaseView:
        """Return a release."""
        return ReleaseView(self.tags.get(sha, ""), self.presenter.commit(sha))

    def _moved(self, one: Moved) -> MovedView:
        return MovedView(self.presenter.commit(one.commit.sha), self.presenter.change(one.change))

    def _change(self, change: Change) -> ChangeView:
        """Return the numbers of a change; nothing can be bisected."""
        step, key = change.step, change.key
        return ChangeView(
            benchmark=label(key.case.benchmark),
            page=page(key),
            params="",
            machine=label(key.machine, 60),
            environment=label(key.environment, 80),
            worse=change.worse,
            up=step.after > step.before,
            change=percent(step.ratio),
            margin=margin(step.ratio, step.ratio_low, step.ratio_high),
            before=amount(step.before, change.metric),
            after=amount(step.after, change.metric),
            id=change.id,
            state=change.state,
            recovered_by=self.presenter.commit(change.recovered_by) if change.recovered_by else None,
            commit=self.presenter.commit(change.first_new),
            previous=self.presenter.commit(change.last_old),
            candidates=change.candidates,
            sparkline=self.sparkline(self._by_key[key]) if key in self._by_key else "",
            command="",
            size=size(step.ratio),
            warnings=tuple(label(one) for one in (*change.warnings, *step.warnings)),
        )


def page(key: SeriesKey) -> str:
    """Return the address of a series of production."""
    return f"b/{slug(key.case.benchmark)}.html#s={series_id(key)}"


def _start(seen: Seen) -> int:
    """Return when the first window of the new level starts."""
    return seen.change.between[1] if seen.change.between else 0


def _where(change: Change) -> str:
    """Return how a change lies to the releases."""
    if change.inside:
        return "inside"
    if change.last_old == change.first_new:
        return "with"
    return "back" if change.span is not None and change.span[0] > change.span[1] else "between"
