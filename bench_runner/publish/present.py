"""Turns values of the model into what pages print."""

import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from bench_runner import units
from bench_runner.history.facts import Elsewhere, Failure, Number
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.course import Course
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.data import series_id
from bench_runner.publish.levels import WIDE, Level, by_series, levels, narrow, newest, short
from bench_runner.publish.material import Material
from bench_runner.publish.svg import sparkline, trace
from bench_runner.publish.text import amount, excerpt, iso, label, params, slug
from bench_runner.publish.views import (
    ChangeView,
    CommitView,
    CourseView,
    ElsewhereView,
    FailureView,
    NumberView,
    SeriesView,
)
from bench_runner.report.courses import told

RECENT = 200  # measured commits in a sparkline
_WEB = re.compile(r"https?://", re.IGNORECASE)
_UNTYPABLE = re.compile(r"\\?[^\x20-\x7e]")  # what cannot be typed is matched loosely


def web_url(url: str) -> str:
    """Return `url` when it is one of the web, else ""."""
    return url if _WEB.match(url) else ""


class Presenter:
    """Looks things up in the material once, and says them the same way on every page."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self._commits: dict[str, CommitView] = {}

    @cached_property
    def series(self) -> Mapping[SeriesKey, Series]:
        """The series by key."""
        return {one.key: one for one in self.material.series}

    @cached_property
    def changes(self) -> Mapping[object, list[Change]]:
        """The changes of each series key, oldest first."""
        return by_series(self.material.changes)

    @cached_property
    def pages(self) -> frozenset[str]:
        """Full shas of the commits that have a page: those measured or failed, and releases that ran in production."""
        seen = (revision for one in self.material.production for revision in one.revisions if revision >= 0)
        found = {self.material.commits[revision].sha for revision in {*self.material.measured, *seen}}
        return frozenset(found | {one.sha for one in self.material.failures if one.sha in self.material.revisions})

    @cached_property
    def span(self) -> tuple[int, int]:
        """The first and last revision of a sparkline."""
        recent = self.material.measured[-RECENT:] or (0,)
        return recent[0], recent[-1]

    @cached_property
    def machines(self) -> int:
        """How many machines numbers are of."""
        return len({one.machine for one in self.series} | {one.run.machine for one in self.material.elsewhere})

    @cached_property
    def environments(self) -> int:
        """How many environments numbers are of."""
        return len({one.environment for one in self.series} | {one.run.environment for one in self.material.elsewhere})

    def short(self, series: Iterable[Series]) -> int:
        """Return how many series are too short to judge."""
        return sum(one.key not in self.changes and short(one) for one in series)

    @cached_property
    def _others(self) -> Mapping[str, Commit]:
        """The commits that are not on the branch, by full sha."""
        return {one.sha: one.commit for one in self.material.elsewhere} | dict(self.material.releases)

    def commit(self, sha: str) -> CommitView:
        """Return a commit, also one that is not on the branch."""
        if sha not in self._commits:
            revision = self.material.revisions.get(sha)
            other = self._others.get(sha) or Commit(sha, (), 0, "")
            known = other if revision is None else self.material.commits[revision]
            unsaid = "no subject" if revision is not None else "" if sha in self._others else "not on this branch"
            self._commits[sha] = self._commit(known, unsaid)
        return self._commits[sha]

    def _commit(self, commit: Commit, unsaid: str) -> CommitView:
        time = iso(commit.time_ms) if commit.time_ms or commit.sha in self.material.revisions else ""
        base = web_url(self.material.commit_url)
        return CommitView(
            sha=label(commit.sha, 64),
            short=label(commit.short),
            subject=label(commit.subject) or unsaid,
            author=label(commit.author, 60),
            time=time,
            date=time[:10],
            page=f"c/{commit.sha[:12]}.html" if commit.sha in self.pages else "",
            url=base + commit.sha if base else "",
        )

    def levels(self, series: Series) -> list[Level]:
        """Return the levels between the changes that were found."""
        return levels(series, self.changes.get(series.key, ()))

    def sparkline(self, key: SeriesKey) -> str:
        """Return the newest RECENT commits of a series; "" without a number there."""
        one = self.series.get(key)
        return sparkline(trace(one.revisions, one.values, self.levels(one), self.span)) if one else ""

    def params(self, case: Case) -> str:
        """Return a case's parameters with their names."""
        known = self.material.benchmarks.get(case.benchmark)
        return params(known.param_names if known else (), case.params)

    @staticmethod
    def page(key: SeriesKey) -> str:
        """Return the address of a series: its benchmark's page with it in view."""
        return f"b/{slug(key.case.benchmark)}.html#s={series_id(key)}"

    def course(self, one: Course) -> CourseView:
        """Return what a series does by itself."""
        return CourseView(
            page=self.page(one.key),
            benchmark=label(one.key.case.benchmark),
            params=self.params(one.key.case),
            machine=label(one.key.machine, 60),
            environment=label(one.key.environment, 80),
            told=label(told(one), 300),
            worse=one.worse,
        )

    def change(self, change: Change) -> ChangeView:
        """Return a change."""
        step, key = change.step, change.key
        previous, _, candidates = self.reach(change)
        return ChangeView(
            benchmark=label(key.case.benchmark),
            page=self.page(key),
            params=self.params(key.case),
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
            recovered_by=self.commit(change.recovered_by) if change.recovered_by else None,
            commit=self.commit(change.first_new),
            previous=self.commit(previous) if previous else None,
            candidates=candidates,
            sparkline=self.sparkline(key),
            command=self.bisect_command(change),
            size=size(step.ratio),
            warnings=tuple(label(one) for one in (*change.warnings, *step.warnings)),
            accepted=label(change.acceptance.words, 400) if change.acceptance else "",
        )

    def reach(self, change: Change) -> tuple[str, str, int]:
        """Return between which commits a change surely lies ("" before the first), and how many it may be."""
        commits = self.material.commits
        first, last = change.span or (change.revision - change.candidates + 1, change.revision)
        before = commits[first - 1].sha if first > 0 else ""
        return before, commits[min(last, len(commits) - 1)].sha, last - first + 1

    def bisect_command(self, change: Change) -> str:
        """Return the command that narrows a change down, for a shell; -b takes a regular expression, -E a name."""
        case = change.key.case.id
        pattern = "^" + _UNTYPABLE.sub(_any, re.escape(case[:400])) + ("$" if len(case) <= 400 else "")
        before, last, _ = self.reach(change)
        command = f"bench-runner bisect {before[:12]}..{last[:12]} -b {shlex.quote(pattern)}"
        environment = change.key.environment
        return command if _UNTYPABLE.search(environment) else f"{command} -E {shlex.quote(environment)}"

    def newest(self, series: Series) -> SeriesView:
        """Return a series with its newest number."""
        at = newest(series)
        changes = self.changes.get(series.key)
        return SeriesView(
            machine=label(series.key.machine, 60),
            environment=label(series.key.environment, 80),
            params=self.params(series.key.case),
            page=self.page(series.key),
            value="no number yet" if at is None else amount(series.values[at], series.metric),
            margin="" if at is None else spread(series.values[at], series.low[at], series.high[at]),
            commit=None if at is None else self.commit(series.shas[at]),
            sparkline=self.sparkline(series.key),
            change=self.change(changes[-1]) if changes else None,
            doubt=label(series.doubts[at], 200) if at is not None and series.doubts else "",
        )

    def failure(self, failure: Failure) -> FailureView:
        """Return a failure with the end of its output."""
        case = failure.case
        return FailureView(
            commit=self.commit(failure.sha),
            benchmark=label(case.benchmark) if case else "",
            page=f"b/{slug(case.benchmark)}.html" if case and case.benchmark in self.material.benchmarks else "",
            params=self.params(case) if case else "",
            machine=label(failure.machine, 60),
            environment=label(failure.environment, 80),
            outcome=failure.outcome,
            detail=label(failure.detail, 400),
            output=excerpt(failure.output),
        )

    def elsewhere(self, one: Elsewhere) -> ElsewhereView:
        """Return a run of a commit that is not on the branch."""
        run = one.run
        return ElsewhereView(
            commit=self.commit(one.sha),
            where=label(one.where, 120),
            machine=label(run.machine, 60),
            environment=label(run.environment, 80),
            measured_at=iso(run.finished_ms) if run.finished_ms else "",
            measured=run.measured,
            failed=run.failed,
            built=run.built,
        )

    def number(self, one: Elsewhere, number: Number) -> NumberView:
        """Return a number of such a run."""
        return NumberView(
            commit=self.commit(one.sha),
            where=label(one.where, 120),
            machine=label(number.key.machine, 60),
            environment=label(number.key.environment, 80),
            params=self.params(number.key.case),
            value=amount(number.value, number.metric),
            margin=spread(number.value, number.low, number.high),
        )

    def newest_first(self, failures: Sequence[Failure]) -> list[Failure]:
        """Return failures, those of the newest commit first; equal ones in a fixed order."""
        revisions = self.material.revisions

        def place(one: Failure) -> tuple[int, str, str, str]:
            return (-revisions.get(one.sha, -1), one.case.id if one.case else "", one.machine, one.environment)

        return sorted(failures, key=place)


def _any(untypable: re.Match[str]) -> str:
    """Return the expression for one character that cannot be typed."""
    return r"\s" if untypable[0][-1].isspace() else "."


def size(ratio: float) -> float:
    """Return how large a step is, for ordering: |log ratio|, at most 1e9."""
    return min(abs(math.log(ratio)), 1e9) if ratio > 0 and math.isfinite(ratio) else 1e9


def percent(ratio: float) -> str:
    """Return a ratio as a change; a ratio to nothing has no number."""
    return units.percent(ratio).replace("-", "\u2212") if math.isfinite(ratio) else "new level"


def margin(ratio: float, low: float, high: float) -> str:
    """Return half the interval of a ratio in percent points, "" where it is not known or nil."""
    half = 50 * (high - low)
    if not math.isfinite(half) or not math.isfinite(ratio) or half < 0.005:
        return ""
    return (
        f"±{units.significant(half, 2)}" if half <= 100 * WIDE or narrow(ratio, low, high) else f"±> {100 * WIDE:.0f}"
    )


def spread(value: float, low: float, high: float) -> str:
    """Return half an interval relative to its value, "" where it is not known or nil."""
    half = (high - low) / 2 / abs(value) if value else math.nan
    if not math.isfinite(half) or half < 5e-5:
        return ""
    return f"±{units.significant(100 * half, 2)} %" if narrow(value, low, high) else f"±> {100 * WIDE:.0f} %"
