"""How sure groups are: the evidence of all their series put together, beside what chance makes in the whole project."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench_runner.history.changes import Past
from bench_runner.history.grouping import Group, group, holds, ranked, span, united, widened
from bench_runner.history.noises import Noises
from bench_runner.model.change import Change
from bench_runner.model.event import Event
from bench_runner.model.series import SeriesKey
from bench_runner.stats.discovery import FALSE_SHARE, agreeing, expected, joint, shares
from bench_runner.stats.luck import JUMP, Lots, wandering
from bench_runner.stats.noise import Array

if TYPE_CHECKING:
    from bench_runner.model.benchmark import Case

# Likeness is read off so many series of a group at most.
READ = 50
# What noise does in every 20th series says nothing for any commit.
FAINT = 0.05
# In fewer runs a correlation is mostly chance.
ENOUGH = 20
# In fewer points a step cannot be told from noise that remembers, and every step would be laid to that: there the
# detector's own p speaks, which takes the noise to remember as much as the levels leave of it.
TELLING = 60
# What one series says at a place that others found counts for at most this many sd.
SURE = 8.0


@dataclass(frozen=True, slots=True)
class _Moved:
    """What one case of a group says: p of its series together, and how many commits its clearest change may be."""

    p: float
    width: float


def judged(changes: Sequence[Change], history: Past, events: Sequence[Event] = ()) -> list[Group]:
    """Return changes grouped by commit, each group with its q; `events` are known steps of the series too.

    Clear changes name the commits. What noise makes now and then must not join any commit that its wide range holds:
    it has to be clear enough for this one place.
    """
    court = _Court(history, [*changes, *(change for one in events for change in one.changes)])
    clear = [one for one in changes if court.surprise(one) <= 1]
    cores = [_core(one, court) for one in group(clear, history)]
    certain = {id(change) for one in cores for change in one.changes}
    groups, rest = _joined(cores, [one for one in changes if id(one) not in certain], court)
    groups += group([one for one in rest if court.chance(one) <= FAINT], history)
    hopeless = group([one for one in rest if court.chance(one) > FAINT], history)
    qs = shares([court.expected(one) for one in groups])
    weighed = [replace(one, q=q) for one, q in zip(groups, qs, strict=True)]
    sure, unsure = ([one for one in weighed if (one.q <= FALSE_SHARE) is sure] for sure in (True, False))
    return ranked([*united(sure), *united([*unsure, *(replace(one, q=1.0) for one in hopeless)])])


def _core(one: Group, court: "_Court") -> Group:
    """Return a group of its clearest change and those that are clear enough to belong to it."""
    lead = min(one.changes, key=court.chance)
    alone = replace(one, changes=(lead,), agree=1)
    return widened(alone, court.fitting(alone, [change for change in one.changes if change is not lead]))


def _joined(groups: Sequence[Group], faint: Sequence[Change], court: "_Court") -> tuple[list[Group], list[Change]]:
    """Return groups with the faint changes that belong to them, and those that belong to none."""
    rest = list(faint)
    full = []
    for one in groups:
        near = [change for change in rest if holds(change, court.revisions[one.commit.sha])]
        mine = court.fitting(one, near)
        taken = {id(change) for change in mine}
        rest = [change for change in rest if id(change) not in taken]
        full.append(widened(one, mine) if mine else one)
    return full, rest


class _Court:
    """Weighs the groups of a history."""

    def __init__(self, history: Past, changes: Sequence[Change]) -> None:
        self._noises = Noises(history, changes)
        self._lots = Lots()
        self._chances: dict[tuple[SeriesKey, int], float] = {}
        self._places = len(history.commits)
        self.revisions = {one.sha: revision for revision, one in enumerate(history.commits)}
        self._siblings: dict[Case, list[SeriesKey]] = defaultdict(list)
        for series in history.series:
            if series.metric.better != "neither":
                self._siblings[series.key.case].append(series.key)

    def surprise(self, change: Change) -> float:
        """Return how many changes as clear as this one a project without any has."""
        return self.chance(change) * len(self._noises.series)

    def fitting(self, group: Group, faint: Sequence[Change]) -> list[Change]:
        """Return those changes that are clear enough to belong to a group: of all its members 5 % may be luck.

        What another metric or machine confirms of the same call belongs to it anyway.
        """
        ways = {one.way for one in group.changes}
        others = sorted((one for one in faint if one.way not in ways), key=self._here)
        lucky = [self._here(one) / (len(group.changes) + k) for k, one in enumerate(others, start=1)]
        last = max((k for k, share in enumerate(lucky, start=1) if share <= FALSE_SHARE), default=0)
        ways |= {one.way for one in others[:last]}
        return [one for one in faint if one.way in ways]

    def _here(self, change: Change) -> float:
        """Return how many changes as clear have any one commit in their range in a project without changes."""
        first, last = span(change)
        return self.surprise(change) * (last - first + 1) / self._places

    def expected(self, group: Group) -> float:
        """Return how many groups as surprising as this one a project without any change has."""
        cases: dict[Case, list[Change]] = defaultdict(list)
        for change in group.changes:
            cases[change.key.case].append(change)
        moved = [self._moved(some, self.revisions[group.commit.sha]) for some in cases.values()]
        ps, widths = [one.p for one in moved], [one.width for one in moved]
        likeness = self._likeness([some[0] for some in cases.values()])
        return expected(ps, widths, len(self._siblings), self._places, likeness)

    def _moved(self, changes: Sequence[Change], revision: int) -> _Moved:
        """Return what the series of one case say, those that did not move too."""
        ps = [self.chance(one) for one in changes]
        lead = min(range(len(ps)), key=lambda k: ps[k])
        sign = 1.0 if changes[lead].step.after > changes[lead].step.before else -1.0
        places = {one.key: one.step.index for one in changes}
        siblings = self._siblings[changes[lead].key.case]
        looks = [self._look(key, places.get(key), revision) for key in siblings if key != changes[lead].key]
        others = [sign * one for one in looks if one is not None]
        first, last = span(changes[lead])
        return _Moved(joint(ps[lead], len(siblings), agreeing(others)), last - first + 1)

    def chance(self, change: Change) -> float:
        """Return the chance that noise makes a change so clear anywhere in its series; 0 for an exact counter's."""
        key = (change.key, change.step.index)
        if key not in self._chances:
            self._chances[key] = self._reckoned(change)
        return self._chances[key]

    def _reckoned(self, change: Change) -> float:
        """Return the same, reckoned."""
        if change.metric.exact and change.step.p == 0:
            return 0.0
        stretch = self._noises.stretch(change.key, change.step.index)
        if stretch is None or len(stretch.values) < TELLING:
            return change.step.p
        place = int(np.searchsorted(stretch.at, change.step.index))
        p = self._lots.chance(stretch.clarity(place), stretch.sizes(place), stretch.noise, stretch.left)
        if stretch.noise.sd > 0 and min(stretch.sizes(place)) >= JUMP:
            p = 2 * min(p, wandering(stretch.jump(place), stretch.noise, len(stretch.values)))
        return min(1.0, p * len(self._noises.series[change.key].segments))

    def _look(self, key: SeriesKey, index: int | None, revision: int) -> float | None:
        """Return how clearly a series moved at a revision (or at its own change there); None if it cannot say."""
        series = self._noises.series[key]
        at = index if index is not None else int(np.searchsorted(series.revisions, revision))
        stretch = self._noises.stretch(key, at) if 0 < at < len(series.values) else None
        place = int(np.searchsorted(stretch.at, at)) if stretch else 0
        if stretch is None or not 0 < place < len(stretch.values):
            return None
        return max(-SURE, min(SURE, stretch.clarity(place)))

    def _likeness(self, changes: Sequence[Change]) -> float:
        """Return the mean correlation of the noise of some series, at least 0."""
        table = np.array([*self._rows(changes[:READ])])
        counts = np.isfinite(table).sum(axis=0)
        known = counts >= 2
        if known.sum() < ENOUGH:
            return 0.0
        # Independent values make the mean of `count` vary by 1 / count; what it varies more is what they share.
        means = np.nanmean(table[:, known], axis=0)
        extra = float(np.mean(means**2 * counts[known])) - 1
        return max(0.0, min(1.0, extra / (float(counts[known].mean()) - 1)))

    def _rows(self, changes: Sequence[Change]) -> Iterator[Array]:
        """Yield the standardised noise of each series by revision."""
        for one in changes:
            stretch = self._noises.stretch(one.key, one.step.index)
            sd = float(stretch.left.std()) if stretch else 0.0
            row = np.full(self._places, np.nan)
            if stretch and sd > 0:
                row[stretch.revisions] = stretch.left / sd
            yield row
