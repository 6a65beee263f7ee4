"""Places the changes of one case where its environments and machines together say that they are."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench_runner.history.changes import Past, moved
from bench_runner.history.grouping import FAINT, span
from bench_runner.model.change import Change
from bench_runner.stats.locate import credible
from bench_runner.stats.noise import Array

if TYPE_CHECKING:
    from bench_runner.model.benchmark import Case


def pooled(changes: Sequence[Change], history: Past) -> list[Change]:
    """Return changes, those of one case that may be one change at the place that is likeliest for all, in their order.

    The noise of machines is independent: the product of what each says of the place says most. What a series says
    itself counts for 90 %, so that none that is wrong can rule out what all others say.
    """
    series = {one.key: one for one in history.series}
    found = {id(change): change for change in changes}
    for lot in _lots(changes):
        first, weights = _together(lot)
        likeliest = first + len(weights) - 1 - int(weights[::-1].argmax())
        begin, end = (first + one for one in credible(weights))
        inside = (min(begin, likeliest), max(end, likeliest))
        posterior = tuple((revision, revision, round(float(weights[revision - first]), 6)) for revision in _all(inside))
        for change in lot:
            found[id(change)] = replace(moved(change, series[change.key], likeliest, inside), posterior=posterior)
    return list(found.values())


def _all(span: tuple[int, int]) -> range:
    """Return the revisions of a span."""
    return range(span[0], span[1] + 1)


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


def _together(lot: Sequence[Change]) -> tuple[int, Array]:
    """Return the first revision that all of them may be at, and from there on with what probability they are."""
    first, last = max(span(one)[0] for one in lot), min(span(one)[1] for one in lot)
    logs = np.zeros(last - first + 1)
    for one in lot:
        mine = np.zeros(last - first + 1)
        for begin, end, chance in one.posterior:
            mine[max(begin - first, 0) : max(end + 1 - first, 0)] += (1 - FAINT) * chance / (end - begin + 1)
        logs += np.log(mine + FAINT / (span(one)[1] - span(one)[0] + 1))
    weights = np.exp(logs - logs.max())
    shares: Array = weights / weights.sum()
    return first, shares
