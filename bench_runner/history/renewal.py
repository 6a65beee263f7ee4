"""Says what an entry of the ledger is to become, now that its change is seen again."""

from dataclasses import replace

from bench_runner.history.recorded import Branch, range_of, shas_of, size_of, span_of
from bench_runner.history.seats import Seat, seat
from bench_runner.model.change import Change, Step
from bench_runner.model.ledger import Entry, News, Proposal, Size


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
        new = replace(new, size=size_of(change.step))
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
    recorded, found = range_of(entry, branch), range_of(change, branch)
    span, seen = span_of(entry, branch), change.span or found
    elsewhere = _inside(seen, span) and (seen[1] < recorded[0] or recorded[1] < seen[0])
    if not _inside(found, recorded) and not elsewhere:
        return entry
    both = (max(span[0], seen[0]), min(span[1], seen[1]))
    if (found, both) == (recorded, span):
        return entry
    return replace(entry, last_old=change.last_old, first_new=change.first_new, span=shas_of(both, branch))


def _narrowed_in_time(entry: Entry, change: Change) -> Entry:
    """Return the same of a change in production, which lies between two windows."""
    recorded, found = entry.between, change.between
    if not recorded or not found or recorded == found or not _inside(found, recorded):
        return entry
    return replace(entry, last_old=change.last_old, first_new=change.first_new, between=found)


def _inside(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    """Whether a range lies in another."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _sharper(step: Step, size: Size) -> bool:
    """Whether a size is known twice as well as it was recorded, or turned out to be another one."""
    elsewhere = step.ratio_low > size.ratio_high or step.ratio_high < size.ratio_low
    return elsewhere or 2 * (step.ratio_high - step.ratio_low) < size.ratio_high - size.ratio_low
