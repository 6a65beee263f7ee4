"""Turns changes into entries of the ledger and back, and says what an entry is to become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bench_runner.history.seats import Seat, seat
from bench_runner.model.change import Change, Step
from bench_runner.model.commit import Commit
from bench_runner.model.ledger import Entry, Held, News, Proposal, Size


@dataclass(frozen=True)
class Branch:
    """The commits of a branch, oldest first, measured or not."""

    commits: Sequence[Commit]

    @cached_property
    def revisions(self) -> Mapping[str, int]:
        """Full sha -> revision."""
        return {commit.sha: revision for revision, commit in enumerate(self.commits)}


def entry_of(change: Change, branch: Branch) -> Entry:
    """Return a change as it is recorded."""
    held: Held = "recovered" if change.state == "recovered" else "confirmed"
    return Entry(
        id=change.id,
        key=change.key,
        metric=change.metric,
        size=_size(change.step),
        last_old=change.last_old,
        first_new=change.first_new,
        span=None if change.production or change.span is None else _shas(change.span, branch),
        between=change.between,
        state=held,
        recovered_by=change.recovered_by,
    )


def as_recorded(change: Change, one: Seat, branch: Branch) -> Change:
    """Return a change that the detector sees as it stands in the ledger; its doubts are today's."""
    recorded = change_of(one, branch)
    return replace(
        recorded,
        step=replace(recorded.step, warnings=change.step.warnings),
        warnings=change.warnings,
        span=change.span if change.production and change.between == recorded.between else recorded.span,
    )


def change_of(one: Seat, branch: Branch) -> Change:
    """Return the change that an entry records."""
    entry, size = one.entry, one.entry.size
    old, new = (branch.revisions.get(sha, -1) for sha in (entry.last_old, entry.first_new))
    placed = min(old, new) >= 0
    return Change(
        key=one.series.key,
        metric=one.series.metric,
        step=Step(
            index=one.index,
            before=size.before,
            after=size.after,
            ratio=size.ratio,
            ratio_low=size.ratio_low,
            ratio_high=size.ratio_high,
            p=size.p,
            earliest=one.earliest,
            latest=one.latest,
        ),
        last_old=entry.last_old,
        first_new=entry.first_new,
        revision=new,
        candidates=abs(new - old) if placed else 0,
        state=entry.state,
        recovered_by=entry.recovered_by,
        span=_span(entry, branch) if placed else None,
        between=entry.between,
        known_as=entry.id,
        reason=entry.reason,
    )


def renewed(change: Change, one: Seat, branch: Branch) -> Proposal:
    """Return what becomes of an entry that the detector sees; what a person has dismissed stays as it is.

    The place and the interval of the size may only narrow, so that new points do not make an old change wander; the
    size is taken anew when its interval is half as wide, or when it lies outside.
    """
    old = one.entry
    if old.state == "dismissed":
        return Proposal((), old, old)
    news: list[News] = []
    new = _narrowed(old, change, branch)
    if new is not old:
        news.append("narrowed")
    if _sharper(change.step, old.size):
        news.append("sharpened")
        new = replace(new, size=_size(change.step))
    if (change.state == "recovered") != (old.state == "recovered"):
        back = change.state == "recovered"
        news.append("recovered" if back else "stands again")
        new = replace(new, state="recovered" if back else "confirmed", recovered_by=change.recovered_by)
    return Proposal(tuple(news), old, new)


def moved(one: Seat, entry: Entry, branch: Branch) -> Seat:
    """Return the seat of what an entry has become."""
    return one if entry is one.entry else seat(entry, one.series, branch.revisions) or replace(one, entry=entry)


def _narrowed(entry: Entry, change: Change, branch: Branch) -> Entry:
    """Return an entry in the range where it is seen now, if that lies inside the recorded one and is narrower.

    Where noise had misplaced it, points in the middle may exclude the recorded range and point to another part of the
    recorded span: then it goes there. It never leaves the span, which only narrows.
    """
    if entry.between or change.between:
        return _narrowed_in_time(entry, change)
    recorded, found = _range(entry, branch), _range(change, branch)
    span, seen = _span(entry, branch), change.span or found
    elsewhere = _inside(seen, span) and (seen[1] < recorded[0] or recorded[1] < seen[0])
    if not _inside(found, recorded) and not elsewhere:
        return entry
    both = (max(span[0], seen[0]), min(span[1], seen[1]))
    if (found, both) == (recorded, span):
        return entry
    return replace(entry, last_old=change.last_old, first_new=change.first_new, span=_shas(both, branch))


def _narrowed_in_time(entry: Entry, change: Change) -> Entry:
    """Return the same of a change in production, which lies between two windows."""
    recorded, found = entry.between, change.between
    if not recorded or not found or recorded == found or not _inside(found, recorded):
        return entry
    return replace(entry, last_old=change.last_old, first_new=change.first_new, between=found)


def _inside(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    """Whether a range lies in another."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _range(one: Entry | Change, branch: Branch) -> tuple[int, int]:
    """Return the revisions that may have made a change, noise aside."""
    return branch.revisions[one.last_old] + 1, branch.revisions[one.first_new]


def _span(entry: Entry, branch: Branch) -> tuple[int, int]:
    """Return the revisions that may have made a recorded change, noise considered."""
    first, last = _range(entry, branch)
    begin, end = (branch.revisions.get(sha) for sha in entry.span or ("", ""))
    return first if begin is None else begin, last if end is None else end


def _shas(span: tuple[int, int], branch: Branch) -> tuple[str, str]:
    """Return revisions as commits."""
    return branch.commits[span[0]].sha, branch.commits[span[1]].sha


def _size(step: Step) -> Size:
    """Return how large a step is."""
    return Size(step.before, step.after, step.ratio, step.ratio_low, step.ratio_high, step.p)


def _sharper(step: Step, size: Size) -> bool:
    """Whether a size is known twice as well as it was recorded, or turned out to be another one."""
    elsewhere = step.ratio_low > size.ratio_high or step.ratio_high < size.ratio_low
    return elsewhere or 2 * (step.ratio_high - step.ratio_low) < size.ratio_high - size.ratio_low
