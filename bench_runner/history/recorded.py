"""Turns changes into entries of the ledger and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bench_runner.history.seats import Seat
from bench_runner.model.change import Change, Step
from bench_runner.model.commit import Commit
from bench_runner.model.ledger import Entry, Held, Size


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
        size=size_of(change.step),
        last_old=change.last_old,
        first_new=change.first_new,
        span=None if change.production or change.span is None else shas_of(change.span, branch),
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
        posterior=change.posterior if change.span == recorded.span else (),
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
        span=span_of(entry, branch) if placed else None,
        between=entry.between,
        known_as=entry.id,
        reason=entry.reason,
    )


def range_of(one: Entry | Change, branch: Branch) -> tuple[int, int]:
    """Return the revisions that may have made a change, noise aside."""
    return branch.revisions[one.last_old] + 1, branch.revisions[one.first_new]


def span_of(entry: Entry, branch: Branch) -> tuple[int, int]:
    """Return the revisions that may have made a recorded change, noise considered."""
    first, last = range_of(entry, branch)
    begin, end = (branch.revisions.get(sha) for sha in entry.span or ("", ""))
    return first if begin is None else begin, last if end is None else end


def shas_of(span: tuple[int, int], branch: Branch) -> tuple[str, str]:
    """Return revisions as commits."""
    return branch.commits[span[0]].sha, branch.commits[span[1]].sha


def size_of(step: Step) -> Size:
    """Return how large a step is."""
    return Size(step.before, step.after, step.ratio, step.ratio_low, step.ratio_high, step.p)
