"""Places the steps of every series in the git history, and follows what became of them."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from bench_runner.history.policy import Policy
from bench_runner.model.change import Change, State, Step
from bench_runner.model.commit import Commit
from bench_runner.model.series import Series
from bench_runner.stats.detector import Detector

# A new level is pending until it has so many points.
SETTLED = 3
# A level is back when it is this near to the old one, or nearer than the noise of both steps.
BACK = 0.02


class Past(Protocol):
    """What changes are found in: commits oldest first (index = revision), and series in that order."""

    @property
    def commits(self) -> Sequence[Commit]:
        """All commits of the branch, measured or not."""
        ...

    @property
    def series(self) -> Sequence[Series]:
        """All series."""
        ...


def find(history: Past, detector: Detector, policy: Policy | None = None) -> list[Change]:
    """Return the changes that the policy keeps, each segment by itself, in the order of the series and of git.

    A metric of which neither way is better has no changes: its numbers say what was asked of the program.
    """
    rules = policy or Policy()
    return [
        change
        for series in history.series
        if series.metric.better != "neither" and rules.judged(series.key, series.metric)
        for part in series.stretches()
        for change in _find(series, part, detector)
        if rules.keeps(change)
    ]


def _find(series: Series, part: slice, detector: Detector) -> Iterator[Change]:
    """Yield the changes of one segment."""
    values = series.values[part]
    exact = series.metric.exact
    steps = detector.steps(values, low=series.low[part], high=series.high[part], exact=exact)
    edges = [*(step.index for step in steps), len(values)]
    for k, step in enumerate(steps):
        settled = sum(map(math.isfinite, values[step.index : edges[k + 1]])) >= SETTLED
        back = _recovered(step, steps[k + 1 :], exact=exact)
        state: State = "recovered" if back else "confirmed" if settled else "pending"
        sha = series.shas[part.start + back.index] if back else ""
        yield _placed(series, part.start, step, state, sha)


def _placed(series: Series, start: int, step: Step, state: State, recovered_by: str) -> Change:
    """Return a step of a segment that starts at `start` as a change in a commit range."""
    new = start + step.index
    old = _measured_before(series, new)
    earliest = new if step.earliest is None else start + step.earliest
    latest = new if step.latest is None else start + step.latest
    return Change(
        key=series.key,
        metric=series.metric,
        step=replace(step, index=new, earliest=earliest, latest=latest),
        last_old=series.shas[old],
        first_new=series.shas[new],
        revision=series.revisions[new],
        candidates=_commits_between(series, old, new),
        state=state,
        recovered_by=recovered_by,
        span=_revisions_of(series, _measured_before(series, earliest), latest),
        posterior=tuple(_chances(series, earliest, latest, step.chances)),
        between=(series.times[old], series.times[new]) if series.times else None,
    )


def moved(change: Change, series: Series, revision: int, span: tuple[int, int]) -> Change:
    """Return a change of a series as one that a revision made, or another one of a span of revisions."""
    new, earliest, latest = (_measured_from(series, one) for one in (revision, *span))
    old = _measured_before(series, new)
    return replace(
        change,
        step=replace(change.step, index=new, earliest=earliest, latest=latest, chances=()),
        last_old=series.shas[old],
        first_new=series.shas[new],
        revision=series.revisions[new],
        candidates=_commits_between(series, old, new),
        span=span,
    )


def _commits_between(series: Series, old: int, new: int) -> int:
    """Return how many commits lie between two points: 0 where one of them is not on the branch."""
    first, last = series.revisions[old], series.revisions[new]
    return 0 if min(first, last) < 0 else abs(last - first)


def _revisions_of(series: Series, before: int, latest: int) -> tuple[int, int] | None:
    """Return the revisions after one point and up to another; None where a point is not on the branch."""
    first, last = series.revisions[before], series.revisions[latest]
    return None if min(first, last) < 0 else (first + 1, last)


def _chances(series: Series, earliest: int, latest: int, chances: Sequence[float]) -> Iterator[tuple[int, int, float]]:
    """Yield the revisions after one measured point and up to the next with the probability that the step is theirs."""
    places = [at for at in range(earliest, latest + 1) if math.isfinite(series.values[at])]
    for at, chance in zip(places, chances, strict=False):  # without chances there is nothing to say
        commits = _revisions_of(series, _measured_before(series, at), at)
        if commits is not None and commits[0] <= commits[1]:
            yield *commits, chance


def _measured_before(series: Series, index: int) -> int:
    """Return the index of the last point with a value before another one."""
    return next(k for k in range(index - 1, -1, -1) if math.isfinite(series.values[k]))


def _measured_from(series: Series, revision: int) -> int:
    """Return the index of the first point with a value at a revision or after it."""
    start = bisect_left(series.revisions, revision)
    return next(k for k in range(start, len(series.values)) if math.isfinite(series.values[k]))


def _recovered(step: Step, later: Sequence[Step], *, exact: bool) -> Step | None:
    """Return the first later step that brings the level back to where it was, or beyond."""
    up = step.after > step.before
    for other in later:
        slack = 0.0 if exact else max(BACK, _blur(step), _blur(other)) * abs(step.before)
        gap = other.after - step.before if up else step.before - other.after
        if gap <= slack:
            return other
    return None


def _blur(step: Step) -> float:
    """Return half the width of a step's interval, relative; 0 where it is not known."""
    half = (step.ratio_high - step.ratio_low) / 2
    return half if math.isfinite(half) else 0.0
