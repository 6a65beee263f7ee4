"""Places the steps of every series in the git history, follows what became of them, and lays them to commits."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
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


@dataclass(frozen=True, slots=True)
class Group:
    """The changes that one commit most likely made: `agree` of the `asked` series measured on both sides of it."""

    commit: Commit
    changes: tuple[Change, ...]
    agree: int
    asked: int

    @property
    def standing(self) -> bool:
        """Whether a regression among them is still there."""
        return any(one.worse and one.state != "recovered" for one in self.changes)

    @property
    def weight(self) -> float:
        """How much changed: logarithms of the ratios, added up, each at most a factor of two."""
        return sum(_size(one.step.ratio) for one in self.changes)


def find(history: Past, detector: Detector, policy: Policy | None = None) -> list[Change]:
    """Return the changes that the policy keeps, each segment by itself, in the order of the series and of git.

    A metric of which neither way is better has no changes: its numbers say what was asked of the program.
    """
    rules = policy or Policy()
    return [
        change
        for series in history.series
        if series.metric.better != "neither" and rules.judged(series.key.case)
        for part in series.stretches()
        for change in _find(series, part, detector)
        if rules.keeps(change)
    ]


def group(changes: Sequence[Change], history: Past) -> list[Group]:
    """Unite changes whose places overlap by the commit that explains most of them; standing regressions first."""
    known = [_known(series) for series in history.series]
    groups = []
    for revision, mine in _causes(changes):
        agree = len({one.key for one in mine})
        asked = sum(first < revision <= last for first, last in known)
        groups.append(Group(history.commits[revision], tuple(sorted(mine, key=_rank)), agree, max(agree, asked)))
    return sorted(groups, key=lambda one: (not one.standing, -one.weight, one.commit.sha))


def _causes(changes: Sequence[Change]) -> Iterator[tuple[int, list[Change]]]:
    """Yield revisions with the changes laid to them, each change once."""
    for lot in _neighbours(changes):
        left = lot
        while left:
            revision = _likeliest(left)
            yield revision, [one for one in left if _holds(one, revision)]
            left = [one for one in left if not _holds(one, revision)]


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
        between=(series.times[old], series.times[new]) if series.times else None,
    )


def _commits_between(series: Series, old: int, new: int) -> int:
    """Return how many commits lie between two points: 0 where one of them is not on the branch."""
    first, last = series.revisions[old], series.revisions[new]
    return 0 if min(first, last) < 0 else abs(last - first)


def _revisions_of(series: Series, before: int, latest: int) -> tuple[int, int] | None:
    """Return the revisions after one point and up to another; None where a point is not on the branch."""
    first, last = series.revisions[before], series.revisions[latest]
    return None if min(first, last) < 0 else (first + 1, last)


def _measured_before(series: Series, index: int) -> int:
    """Return the index of the last point with a value before another one."""
    return next(k for k in range(index - 1, -1, -1) if math.isfinite(series.values[k]))


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


def _neighbours(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield the changes in lots such that no change of one lot overlaps one of another."""
    lot: list[Change] = []
    end = -1
    for one in sorted(changes, key=_span):
        first, last = _span(one)
        if lot and first > end:
            yield lot
            lot = []
        lot.append(one)
        end = max(end, last)
    if lot:
        yield lot


def _likeliest(changes: Sequence[Change]) -> int:
    """Return the revision that the changes point at most, the later one of equals.

    Each has one vote, split over the commits between its last old and first new point; commits that only its noise
    allows get a tenth of it.
    """
    gains: dict[int, float] = {}
    for one in changes:
        first, last = _span(one)
        faint = 0.1 / (last - first + 1)
        _add(gains, first, last, faint)
        _add(gains, one.revision - one.candidates + 1, one.revision, 1 / one.candidates - faint)
    edges = sorted(gains)
    votes, best, likeliest = 0.0, 0.0, edges[0]
    for edge, beyond in pairwise(edges):
        votes += gains[edge]
        if votes >= best - 1e-9:
            best, likeliest = votes, beyond - 1
    return likeliest


def _add(gains: dict[int, float], first: int, last: int, share: float) -> None:
    """Let a share of a vote begin at one revision and end after another."""
    gains[first] = gains.get(first, 0.0) + share
    gains[last + 1] = gains.get(last + 1, 0.0) - share


def _span(change: Change) -> tuple[int, int]:
    """Return the revisions that may have made a change, noise considered."""
    return change.span or (change.revision - change.candidates + 1, change.revision)


def _holds(change: Change, revision: int) -> bool:
    """Whether a revision may have made a change."""
    first, last = _span(change)
    return first <= revision <= last


def _known(series: Series) -> tuple[int, int]:
    """Return the first and last revision of a series with a value; (0, -1) without any."""
    found = [revision for revision, value in zip(series.revisions, series.values, strict=True) if math.isfinite(value)]
    return (found[0], found[-1]) if found else (0, -1)


def _rank(change: Change) -> tuple[bool, bool, float]:
    """Sort standing regressions first, then by size."""
    return (not change.worse, change.state == "recovered", -_size(change.step.ratio))


def _size(ratio: float) -> float:
    """Return how much a ratio is: the size of its logarithm, at most that of a factor of two (also what has none)."""
    most = math.log(2)
    return min(most, abs(math.log(ratio))) if 0 < ratio < math.inf else most
