"""Sets what a detector sees against what the ledger holds: known changes stay as recorded, the rest is proposed."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bench_runner.history.changes import Past
from bench_runner.history.recorded import Branch, as_recorded, change_of, entry_of
from bench_runner.history.renewal import moved, renewed
from bench_runner.history.seats import Seat, Way, matched, place, same, seat
from bench_runner.model.change import UNSEEN, Change
from bench_runner.model.ledger import Entry, Proposal
from bench_runner.model.series import SeriesKey

Ledger = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The changes that were found, in their order, as the ledger knows them; what it holds beside; what is new.

    `kept` are recorded changes that the detector does not see any more, sorted.
    """

    changes: tuple[Change, ...]
    kept: tuple[Change, ...] = ()
    proposals: tuple[Proposal, ...] = ()


def as_recorded_name(key: SeriesKey) -> SeriesKey:
    """Return a series by the name that it was recorded under: nothing was renamed."""
    return key


def reconcile(
    changes: Sequence[Change],
    ledger: Ledger,
    past: Past,
    *,
    today: Callable[[SeriesKey], SeriesKey] = as_recorded_name,
    unsure: Collection[Change] = (),
) -> Reconciled:
    """Return what is found as the ledger knows it, and the news; the order of both does not matter.

    `today` turns the name of a recorded series into the one it has now. Changes among them that are `unsure` keep a
    recorded one alive, and are not proposed to be recorded. Pure: equal results and an equal ledger give equal changes,
    and what was written as proposed is no news the next time.
    """
    branch = Branch(past.commits)
    seats, lost = _seats(ledger, past, branch, today)
    known = matched(changes, seats)
    fresh = _fresh([one for number, one in enumerate(changes) if number not in known], ledger)
    news = {number: renewed(changes[number], one, branch) for number, one in known.items()}
    seen = [
        as_recorded(one, moved(known[number], news[number].entry, branch), branch) if number in known else fresh[one]
        for number, one in enumerate(changes)
    ]
    left, twice = _left(seats, known)
    sure = (new for old, new in fresh.items() if old not in unsure and old.state != "pending")
    told = [
        *(Proposal(("new",), None, entry_of(one, branch)) for one in sure),
        *(one for one in news.values() if one.news),
        *(Proposal(("no longer seen",), one.entry, one.entry) for one in left if one.entry.state != "dismissed"),
        *(Proposal(("twice",), one.entry, None) for one in twice),
        *(Proposal(("lost",), one, one) for one in lost),
    ]
    return Reconciled(
        changes=tuple(seen),
        kept=tuple(sorted((_kept(one, branch) for one in left), key=place)),
        proposals=tuple(sorted(told, key=lambda one: one.id)),
    )


def dismissed(change: Change, ledger: Ledger, past: Past, reason: str) -> Proposal:
    """Return what a person's word makes of a change, recorded or not."""
    old = ledger.get(change.id)
    return Proposal((), old, replace(old or entry_of(change, Branch(past.commits)), state="dismissed", reason=reason))


def _seats(
    ledger: Ledger, past: Past, branch: Branch, today: Callable[[SeriesKey], SeriesKey]
) -> tuple[list[Seat], list[Entry]]:
    """Return where the entries lie, and those that have no place in today's history."""
    series = {one.key: one for one in past.series}
    seats, lost = [], []
    for entry in sorted(ledger.values(), key=lambda one: one.id):
        mine = series.get(today(entry.key))
        found = seat(entry, mine, branch.revisions) if mine else None
        if found:
            seats.append(found)
        else:
            lost.append(entry)
    return seats, lost


def _fresh(changes: Sequence[Change], ledger: Ledger) -> dict[Change, Change]:
    """Return changes that are not recorded with ids that no entry has; one that narrowed has kept its old id."""
    taken = set(ledger)
    found = {}
    for one in sorted(changes, key=place):
        name = one.id
        while name in taken:
            name = hashlib.sha256(f"{name} is taken".encode()).hexdigest()[:8]
        taken.add(name)
        found[one] = one if name == one.id else replace(one, known_as=name)
    return found


def _left(seats: Sequence[Seat], known: Mapping[int, Seat]) -> tuple[list[Seat], list[Seat]]:
    """Return the entries that no change is, and those that are another entry once more."""
    taken = {one.entry.id for one in known.values()}
    anchors: dict[Way, list[Seat]] = {}
    for one in known.values():
        anchors.setdefault(one.way, []).append(one)
    left, twice = [], []
    for one in sorted(seats, key=lambda one: (one.entry.state != "dismissed", one.entry.id)):
        if one.entry.id in taken:
            continue
        others = anchors.setdefault(one.way, [])
        if same(one, others):
            twice.append(one)
        else:
            left.append(one)
            others.append(one)
    return left, twice


def _kept(one: Seat, branch: Branch) -> Change:
    """Return an entry that is no longer seen as a change."""
    change = change_of(one, branch)
    return change if change.state == "dismissed" else replace(change, warnings=(UNSEEN,))
