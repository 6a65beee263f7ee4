"""Where recorded changes lie among the points of today's series, and which of today's changes they are."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench_runner.model.change import Change
from bench_runner.model.ledger import Entry
from bench_runner.model.series import Series, SeriesKey

# Levels have at least 3 points (an exact counter's 1): what moves a series the same way nearer than that is one change.
NEAR = 3


# A series, and whether its number grew: only changes of one way can be the same.
Way = tuple[SeriesKey, bool]


@dataclass(frozen=True, slots=True)
class Seat:
    """An entry among the points of a series: the new level begins from `first` to `index`, as far as it was measured.

    Noise considered it begins from `earliest` to `latest`.
    """

    entry: Entry
    series: Series
    first: int
    index: int
    earliest: int
    latest: int

    @property
    def way(self) -> Way:
        """The series, and whether its number grew."""
        return self.series.key, self.entry.up

    @property
    def near(self) -> int:
        """How many points apart two changes must be to be two."""
        return 1 if self.series.metric.exact else NEAR


def seat(entry: Entry, series: Series, revisions: Mapping[str, int]) -> Seat | None:
    """Return where an entry lies in a series; None where its commits are not on the branch, or all after it is gone."""
    marks = series.times if entry.between else series.revisions
    old, new = entry.between or (revisions.get(entry.last_old), revisions.get(entry.first_new))
    if old is None or new is None or (entry.between and not series.times):
        return None
    first, index = bisect_right(marks, old), bisect_left(marks, new)
    if index >= len(marks):
        return None
    begin, end = (revisions.get(sha) for sha in entry.span or ("", ""))
    earliest = first if begin is None else min(first, bisect_left(marks, begin))
    latest = index if end is None else max(index, bisect_left(marks, end))
    return Seat(entry, series, min(first, index), index, min(earliest, index), min(latest, len(marks) - 1))


def matched(changes: Sequence[Change], seats: Iterable[Seat]) -> dict[int, Seat]:
    """Return by number of a change the entry that it is: of the same series and direction, the nearest pairs first.

    Of entries that overlap a change, one that a person has dismissed wins: merging two ledgers brings nothing back.
    """
    ways: dict[Way, list[Seat]] = {}
    for one in seats:
        ways.setdefault(one.way, []).append(one)
    pairs = [
        (_distance(change, one), place(change), one.entry.id, number, one)
        for number, change in enumerate(changes)
        for one in ways.get((change.key, up(change)), ())
        if _gap(change, one) < one.near
    ]
    found: dict[int, Seat] = {}
    taken: set[str] = set()
    for _, _, name, number, one in sorted(pairs, key=lambda pair: pair[:3]):
        if number not in found and name not in taken:
            found[number] = one
            taken.add(name)
    return found


def up(change: Change) -> bool:
    """Whether the number grew."""
    return change.step.after > change.step.before


def place(change: Change) -> tuple[str, str, str, int]:
    """Return what orders changes, whatever order they came in."""
    key = change.key
    return key.case.id, key.environment, key.machine, change.step.index


def _distance(change: Change, one: Seat) -> tuple[int, bool, int]:
    """Return what orders the entries that a change may be, the nearest first."""
    return _gap(change, one), one.entry.state != "dismissed", abs(change.step.index - one.index)


def _gap(change: Change, one: Seat) -> int:
    """Return how many points lie between a change and an entry, 0 where they overlap."""
    index = change.step.index
    earliest = index if change.step.earliest is None else change.step.earliest
    latest = index if change.step.latest is None else change.step.latest
    return max(0, one.earliest - latest, earliest - one.latest)


def same(one: Seat, others: Iterable[Seat]) -> bool:
    """Whether an entry is another of the same way once more: two branches may have recorded it under two ids."""
    return any(max(one.first - other.index, other.first - one.index) < one.near for other in others)
