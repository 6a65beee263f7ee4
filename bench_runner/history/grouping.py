"""Lays changes to the commits that most likely made them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bench_runner.history.changes import Past
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.series import Series

# So much of its vote a change has for any commit of its range.
FAINT = 0.1


@dataclass(frozen=True, slots=True)
class Group:
    """The changes that one commit most likely made: `agree` of the `asked` series measured on both sides of it.

    `q` is the share of luck among all groups that are at least as surprising.
    """

    commit: Commit
    changes: tuple[Change, ...]
    agree: int
    asked: int
    q: float = 0.0

    @property
    def standing(self) -> bool:
        """Whether a regression among them is still there."""
        return any(one.standing for one in self.changes)

    @property
    def weight(self) -> float:
        """How much changed: logarithms of the ratios, added up, each at most a factor of two."""
        return sum(_size(one.step.ratio) for one in self.changes)


def group(changes: Sequence[Change], history: Past) -> list[Group]:
    """Unite changes whose places overlap by the commit that explains most of them; standing regressions first."""
    known = [_known(series) for series in history.series]
    groups = []
    for revision, mine in _causes(changes):
        agree = len({one.key for one in mine})
        asked = sum(first < revision <= last for first, last in known)
        groups.append(Group(history.commits[revision], tuple(sorted(mine, key=_rank)), agree, max(agree, asked)))
    return ranked(groups)


def ranked(groups: Iterable[Group]) -> list[Group]:
    """Return groups with standing regressions first, then the larger ones."""
    return sorted(groups, key=lambda one: (not one.standing, -one.weight, one.commit.sha))


def widened(one: Group, changes: Sequence[Change]) -> Group:
    """Return a group with further changes."""
    mine = tuple(sorted((*one.changes, *changes), key=_rank))
    agree = len({change.key for change in mine})
    return replace(one, changes=mine, agree=agree, asked=max(agree, one.asked))


def united(groups: Iterable[Group]) -> list[Group]:
    """Return those of one commit as one group, as sure as the surest of them."""
    found: dict[str, Group] = {}
    for one in sorted(groups, key=lambda one: one.q):
        known = found.get(one.commit.sha)
        found[one.commit.sha] = widened(known, one.changes) if known else one
    return list(found.values())


def _causes(changes: Sequence[Change]) -> Iterator[tuple[int, list[Change]]]:
    """Yield revisions with the changes laid to them, each change once."""
    for lot in _neighbours(changes):
        left = lot
        while left:
            revision = _likeliest(left)
            yield revision, [one for one in left if holds(one, revision)]
            left = [one for one in left if not holds(one, revision)]


def _neighbours(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield the changes in lots such that no change of one lot overlaps one of another."""
    lot: list[Change] = []
    end = -1
    for one in sorted(changes, key=span):
        first, last = span(one)
        if lot and first > end:
            yield lot
            lot = []
        lot.append(one)
        end = max(end, last)
    if lot:
        yield lot


def _likeliest(changes: Sequence[Change]) -> int:
    """Return the revision that the changes point at most, the later one of equals.

    Each has one vote, split over the commits as its posterior says; what noise allows beside it gets a tenth of it.
    """
    gains: dict[int, float] = {}
    for one in changes:
        first, last = span(one)
        _add(gains, first, last, FAINT / (last - first + 1))
        for begin, end, chance in one.posterior or ((one.revision - one.candidates + 1, one.revision, 1.0),):
            _add(gains, begin, end, (1 - FAINT) * chance / (end - begin + 1))
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


def span(change: Change) -> tuple[int, int]:
    """Return the revisions that may have made a change, noise considered."""
    return change.span or (change.revision - change.candidates + 1, change.revision)


def overlap(one: Change, other: Change) -> bool:
    """Whether two changes may be at the same commit."""
    (a, b), (c, d) = span(one), span(other)
    return a <= d and c <= b


def holds(change: Change, revision: int) -> bool:
    """Whether a revision may have made a change."""
    first, last = span(change)
    return first <= revision <= last


def _known(series: Series) -> tuple[int, int]:
    """Return the first and last revision of a series with a value; (0, -1) without any."""
    at = range(len(series.values))
    first = next((k for k in at if math.isfinite(series.values[k])), None)
    if first is None:
        return 0, -1
    last = next(k for k in reversed(at) if math.isfinite(series.values[k]))
    return series.revisions[first], series.revisions[last]


def _rank(change: Change) -> tuple[bool, bool, float]:
    """Sort standing regressions first, then by size."""
    return (not change.worse, not change.standing, -_size(change.step.ratio))


def _size(ratio: float) -> float:
    """Return how much a ratio is: the size of its logarithm, at most that of a factor of two (also what has none)."""
    most = math.log(2)
    return min(most, abs(math.log(ratio))) if 0 < ratio < math.inf else most
