"""Holds budgets against the newest level of each series: an amount, or how much worse it is than at a commit."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench_runner.history.changes import Past
from bench_runner.history.policy import Policy
from bench_runner.history.references import Reference
from bench_runner.model.budget import BudgetVerdict, Estimate
from bench_runner.model.change import Change
from bench_runner.model.policy import Budget
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats import estimate

# A level is judged by so many points next to the place in question: enough to halve the noise of eight, and few enough
# that a slow drift moves within them by a small part of what it has moved in all.
WINDOW = 20
# The level at a commit is taken from points up to it; where a change lies so near before it that there are fewer than
# this, those that follow help out. From 8 points on the interval needs no assumption about the noise.
ENOUGH = 8


def judge(
    history: Past, policy: Policy, changes: Sequence[Change] = (), even: Sequence[Series] = ()
) -> list[BudgetVerdict]:
    """Return a verdict for each budget and each series that it speaks of, in the order of the file.

    Pure. `changes` say where levels end; a budget knows nothing of floors and accepted changes, and ignored series and
    metrics of which neither way is better have none. A series that is no longer measured is inconclusive. `even` are
    series without what machines did to them: where one is given, it is asked how much worse it has become; amounts are
    always those that were measured.
    """
    if not policy.entries.budgets:
        return []
    edges: dict[SeriesKey, set[int]] = defaultdict(set)
    for one in changes:
        edges[one.key].add(one.step.index)
    fresh = _fresh(history.series)
    ways = [one for one in history.series if one.metric.better != "neither"]
    judged = [one for one in ways if not policy.ignored(one.key, one.metric)]
    pairs = [(budget, one) for budget in policy.entries.budgets for one in applies(budget, judged)]
    levels_of = {key: _Levels.of(one, edges[key]) for key, one in {one.key: one for _, one in pairs}.items()}
    even_of = levels_of | {one.key: _Levels.of(one, edges[one.key]) for one in even if one.key in levels_of}
    return [
        _with_doubts(_verdict(budget, (even_of if budget.since else levels_of)[one.key], policy), one, fresh)
        for budget, one in pairs
    ]


def applies(budget: Budget, series: Iterable[Series]) -> list[Series]:
    """Return the series that a budget speaks of: of those that match, the ones that are measured in its unit.

    All that match where none is.
    """
    matching = [one for one in series if budget.scope.matches(one.key, one.metric)]
    fitting = [one for one in matching if fits(budget, one)]
    return fitting or matching


def fits(budget: Budget, series: Series) -> bool:
    """Return whether a series is measured in the unit of a budget."""
    return budget.limit is None or budget.limit.in_unit(series.metric.unit) is not None


@dataclass(frozen=True, slots=True)
class _Levels:
    """The points of a series that have values, by index, and the first indices of its levels."""

    series: Series
    points: list[int]
    starts: list[int]

    @classmethod
    def of(cls, series: Series, edges: Iterable[int]) -> "_Levels":
        import numpy as np

        points = np.flatnonzero(np.isfinite(np.asarray(series.values, float)))
        return cls(series, points.tolist(), sorted({0, *series.segments, *edges}))

    def around(self, index: int) -> list[int]:
        """Return the points of the level that a point belongs to."""
        after = bisect_right(self.starts, index)
        end = self.starts[after] if after < len(self.starts) else len(self.series.values)
        return self.points[bisect_left(self.points, self.starts[after - 1]) : bisect_left(self.points, end)]

    def upto(self, revision: int) -> int | None:
        """Return the last point at a revision or before it."""
        count = bisect_right(self.points, revision, key=lambda one: self.series.revisions[one])
        return self.points[count - 1] if count else None

    def segment(self, index: int) -> int:
        """Return the ordinal of the segment that a point belongs to."""
        return bisect_right(self.series.segments, index)

    def estimate(self, points: Sequence[int]) -> Estimate:
        """Return the level of some points."""
        values = [self.series.values[one] for one in points]
        return estimate.counted(values) if values and self.series.metric.exact else estimate.estimate(values)


def _verdict(budget: Budget, mine: _Levels, policy: Policy) -> BudgetVerdict:
    """Return what a budget comes to in one series."""
    series = mine.series
    blank = BudgetVerdict(budget, series.key, series.metric, "inconclusive", math.nan)
    if not mine.points:
        return replace(blank, reason="nothing was measured")
    if budget.limit is None:
        return _cumulative(blank, mine, policy.references[budget.since])
    limit = budget.limit.in_unit(series.metric.unit)
    if limit is None:
        reason = f"the limit is in {budget.limit.unit!r}, the benchmark in {series.metric.unit!r}"
        return replace(blank, reason=reason)
    now = mine.estimate(mine.around(mine.points[-1])[-WINDOW:])
    verdict = estimate.judge(now, limit) if budget.at_most else estimate.judge(estimate.turned(now), -limit)
    return replace(blank, verdict=verdict, limit=limit, level=now)


def _cumulative(blank: BudgetVerdict, mine: _Levels, since: Reference) -> BudgetVerdict:
    """Return how much worse the newest level is than the one at a commit; both are of points of their own."""
    budget, series, newest = blank.budget, mine.series, mine.points[-1]
    known = replace(blank, limit=budget.worse or 0.0, level=mine.estimate(mine.around(newest)[-WINDOW:]))
    at = mine.upto(since.revision)
    if at is None:
        return replace(known, reason=f"nothing was measured at {budget.since} or before it")
    known = replace(known, since_sha=series.shas[at], reason=_stand_in(budget.since, since, series, at))
    if mine.segment(at) != mine.segment(newest):
        reason = f"the benchmark, or how it is measured, has changed since {budget.since}: name a newer commit"
        return replace(known, reason=reason)
    old = _old(mine, at)
    level = mine.around(newest)
    after = level[max(bisect_right(level, old[-1]), len(level) - WINDOW) :]
    worse = estimate.worse_by(mine.estimate(old), mine.estimate(after), series.metric.better)
    verdict = estimate.judge(worse, known.limit)
    return replace(known, verdict=verdict, level=mine.estimate(after) if after else known.level, worse=worse)


def _old(mine: _Levels, at: int) -> list[int]:
    """Return the points that say what the level was at one of them: those up to it, later ones where these are few.

    At most half of the later ones are taken where the level lasts until today.
    """
    around = mine.around(at)
    here = bisect_right(around, at)
    later = len(around) - here
    spare = later // 2 if around[-1] == mine.points[-1] else later
    first = max(0, here - WINDOW)
    return around[first : here + min(spare, max(0, ENOUGH - (here - first)))]


def _stand_in(name: str, since: Reference, series: Series, at: int) -> str:
    """Return in words which commit stands for the one that was named, "" for itself."""
    return "" if series.shas[at] == since.sha else f"{name} was not measured: {series.shas[at][:8]} stands for it"


def _fresh(series: Sequence[Series]) -> Mapping[tuple[str, str], int]:
    """Return for each environment and machine the revision from which on its newest WINDOW measured commits lie."""
    seen: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in series:
        seen[one.key.environment, one.key.machine].update(one.revisions[-WINDOW:])
    return {place: sorted(revisions)[-WINDOW:][0] for place, revisions in seen.items()}


def _with_doubts(found: BudgetVerdict, series: Series, fresh: Mapping[tuple[str, str], int]) -> BudgetVerdict:
    """Return a verdict with the reason why nothing can be said, where that is so."""
    last = next((k for k in reversed(range(len(series.values))) if math.isfinite(series.values[k])), None)
    if last is not None and series.revisions[last] < fresh[series.key.environment, series.key.machine]:
        return replace(found, verdict="inconclusive", reason=f"not measured since {series.shas[last][:8]}")
    if found.verdict != "inconclusive" or (found.reason and math.isnan(found.worse.value)):
        return found
    few = found.worse.points if found.budget.limit is None else found.level.points
    why = f"only {few} points to judge by" if few < ENOUGH else "the limit lies within the noise"
    return replace(found, reason="; ".join(filter(None, (found.reason, why))))
