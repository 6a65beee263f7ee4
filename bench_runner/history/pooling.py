"""Places the changes of one case where its environments, machines and exact metrics together say that they are."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench_runner.history.changes import Past, moved
from bench_runner.history.grouping import FAINT, overlap, span
from bench_runner.model.change import Change
from bench_runner.stats.locate import credible

if TYPE_CHECKING:
    from bench_runner.model.benchmark import Case
    from bench_runner.model.series import Series, SeriesKey

# An exact metric tells where a change is that is at most so many times as large (logarithms): a call that makes one
# call more in a thousand is not what made it twice as slow.
AS_LARGE = 4.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where several changes that may be one are: the likeliest revision, the range, and the chances in it."""

    revision: int
    span: tuple[int, int]
    posterior: tuple[tuple[int, int, float], ...]

    @classmethod
    def of(cls, lot: Sequence[Change]) -> "_Place":
        """Return the place where all of them may be."""
        first, last = max(span(one)[0] for one in lot), min(span(one)[1] for one in lot)
        logs = np.zeros(last - first + 1)
        for one in lot:
            mine = np.zeros(last - first + 1)
            for begin, end, chance in one.posterior:
                mine[max(begin - first, 0) : max(end + 1 - first, 0)] += (1 - FAINT) * chance / (end - begin + 1)
            logs += np.log(mine + FAINT / (span(one)[1] - span(one)[0] + 1))
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        likeliest = first + len(weights) - 1 - int(weights[::-1].argmax())
        begin, end = (first + one for one in credible(weights))
        inside = (min(begin, likeliest), max(end, likeliest))
        revisions = range(inside[0], inside[1] + 1)
        return cls(likeliest, inside, tuple((one, one, round(float(weights[one - first]), 6)) for one in revisions))

    def put(self, change: Change, series: "Series") -> Change:
        """Return a change of a series at this place."""
        return replace(moved(change, series, self.revision, self.span), posterior=self.posterior)


def pooled(changes: Sequence[Change], history: Past) -> list[Change]:
    """Return changes, those of one case that may be one change at the place that is likeliest for all, in their order.

    The noise of machines is independent: the product of what each says of the place says most. What a series says
    itself counts for 90 %, so that none that is wrong can rule out what all others say. Where an exact metric of the
    same call moved too, that is the place: it has no noise.
    """
    series = {one.key: one for one in history.series}
    found = {id(change): change for change in changes}
    for lot in _lots(changes):
        place = _Place.of(lot)
        for change in lot:
            found[id(change)] = place.put(change, series[change.key])
    return _at_counts(list(found.values()), series)


def _at_counts(changes: Sequence[Change], series: Mapping["SeriesKey", "Series"]) -> list[Change]:
    """Return changes where the exact metrics of their calls say that they are, as far as these moved in their ranges.

    No two changes of a series get the same place.
    """
    counted: dict[tuple[Case, bool], list[Change]] = defaultdict(list)
    for one in sorted(changes, key=_far, reverse=True):
        if one.metric.exact:
            counted[one.way].append(one)
    taken = {(one.key, one.revision) for one in changes}
    told = []
    for one in changes:
        exact = _witness(one, counted[one.way])
        placed = _Place.of([one, exact]).put(one, series[one.key]) if exact else one
        seat = (placed.key, placed.revision)
        told.append(one if placed.revision != one.revision and seat in taken else placed)
        taken.add(seat)
    return told


def _witness(change: Change, counted: Sequence[Change]) -> Change | None:
    """Return the first of the changes of exact metrics that may be a noisy one, and is large enough to be."""
    near = (one for one in counted if overlap(one, change) and AS_LARGE * _far(one) >= _far(change))
    return None if change.metric.exact else next(near, None)


def _far(change: Change) -> float:
    """Return how large a change is: the size of its logarithm, infinite where it is from nothing or to nothing."""
    return abs(math.log(change.step.ratio)) if 0 < change.step.ratio < math.inf else math.inf


def _lots(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield two or more changes of one case in one direction that share places, of each series one."""
    ways: dict[tuple[Case, bool], list[Change]] = defaultdict(list)
    for one in changes:
        if one.posterior:
            ways[one.key.case, one.step.after > one.step.before].append(one)
    for mine in ways.values():
        lot: list[Change] = []
        for one in sorted(mine, key=lambda one: (span(one), str(one.key))):
            if lot and (span(one)[0] > min(span(each)[1] for each in lot) or one.key in {each.key for each in lot}):
                if len(lot) > 1:
                    yield lot
                lot = []
            lot.append(one)
        if len(lot) > 1:
            yield lot
