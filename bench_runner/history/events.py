"""Tells what happened to machines and environments from what commits did."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench_runner.history.blame import Blame, blame
from bench_runner.history.changes import Past
from bench_runner.history.grouping import overlap, span
from bench_runner.history.noises import Noises
from bench_runner.history.shifts import NEAR, Shift, Shifts
from bench_runner.history.surroundings import Cell, Surroundings
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.event import Event
from bench_runner.model.metric import Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.detector import Detector

# A series that moved by so little more or less than the others (a share of it) moved with them.
NEARLY = 0.1

Find = Callable[[Past], list[Change]]


@dataclass(frozen=True, slots=True)
class Split:
    """What is left for commits, and what happened otherwise; in `series` shared steps of machines are taken out."""

    commits: Sequence[Commit]
    series: Sequence[Series]
    changes: Sequence[Change]
    events: Sequence[Event] = ()


def split(history: Past, changes: Sequence[Change], detector: Detector, on: Surroundings, find: Find) -> Split:
    """Return a history without the steps that machines and environments made; `find` looks for changes anew in it."""
    shifts = Shifts(history, Noises(history, changes), detector)
    blamed = [(_placed(one, changes), blame(one, shifts.beside(one), on)) for one in shifts.found()]
    taken = [(one, fault) for one, fault in blamed if fault.kind]
    doubted = [_doubted(change, blamed) for change in changes]
    kept, series, laid = _without([one for one, _ in taken], history, doubted, find)
    events = [_event(one, fault, laid[k], history.commits) for k, (one, fault) in enumerate(taken)]
    rest, further = _on_differences(kept, on, history.commits)
    return Split(history.commits, series, rest, _merged([*events, *further]))


def _placed(shift: Shift, changes: Sequence[Change]) -> Shift:
    """Return a shared step at the run where most series have it: each of them says more than their middle."""
    votes = Counter(one.revision for one in changes if _part(one, shift))
    most = max(votes, key=lambda revision: (votes[revision], revision), default=shift.revision)
    first, last = shift.span
    return replace(shift, revision=most, span=(min(first, most), max(last, most)))


def _doubted(change: Change, blamed: Sequence[tuple[Shift, Blame]]) -> Change:
    """Return a change with the doubts of the shared steps that it is part of."""
    doubts = tuple(fault.doubt for shift, fault in blamed if fault.doubt and _part(change, shift))
    return replace(change, warnings=(*change.warnings, *doubts)) if doubts else change


def _part(change: Change, shift: Shift) -> bool:
    """Whether a change may be part of a shared step."""
    first, last = span(change)
    here = first <= shift.span[1] + NEAR and last >= shift.span[0] - NEAR
    return here and _takes(shift, change.key, change.metric)


def _without(
    shifts: Sequence[Shift], history: Past, changes: Sequence[Change], find: Find
) -> tuple[list[Change], list[Series], list[list[Change]]]:
    """Return changes and series without shared steps, and for each step the changes that it explains."""
    mine: dict[SeriesKey, list[Change]] = defaultdict(list)
    for change in changes:
        mine[change.key].append(change)
    series = [_corrected(one, [each for each in shifts if _takes(each, one.key, one.metric)]) for one in history.series]
    pairs = zip(series, history.series, strict=True)
    again = [new for new, old in pairs if new is not old and not all(_explained(one, shifts) for one in mine[new.key])]
    kept: dict[SeriesKey, list[Change]] = {one.key: [] for one in again}
    for change in find(_Part(history.commits, again)) if again else ():
        kept[change.key].append(change)
    for key, some in mine.items():
        kept.setdefault(key, [one for one in some if not _explained(one, shifts)])
    gone = [one for one in changes if not any(overlap(one, other) for other in kept[one.key])]
    laid = [[one for one in gone if _part(one, shift)] for shift in shifts]
    return [change for one in series for change in kept.get(one.key, ())], series, laid


@dataclass(frozen=True, slots=True)
class _Part:
    """Some series of a history."""

    commits: Sequence[Commit]
    series: Sequence[Series]


def _takes(shift: Shift, key: SeriesKey, metric: Metric) -> bool:
    """Whether a series takes part in a shared step, as far as it can tell."""
    judged = metric.better != "neither" and not metric.exact and metric.unit == shift.unit
    return judged and (key.environment, key.machine) == shift.cell and key not in shift.still


def _corrected(series: Series, shifts: Sequence[Shift]) -> Series:
    """Return a series as it would be without shared steps."""
    if not shifts:
        return series
    factors = np.ones(len(series.values))
    for shift in shifts:
        factors[np.asarray(series.revisions) >= shift.revision] *= math.exp(-shift.size)
    values, low, high = ((np.asarray(one) * factors).tolist() for one in (series.values, series.low, series.high))
    return replace(series, values=values, low=low, high=high)


def _explained(change: Change, shifts: Sequence[Shift]) -> bool:
    """Whether a change is no more than a shared step, within its own interval."""
    step = change.step
    low, high = (math.log(one) if 0 < one < math.inf else math.nan for one in (step.ratio_low, step.ratio_high))
    mine = [shift for shift in shifts if _part(change, shift)]
    return any(low - NEARLY * abs(one.size) <= one.size <= high + NEARLY * abs(one.size) for one in mine)


def _event(shift: Shift, fault: Blame, changes: Sequence[Change], commits: Sequence[Commit]) -> Event:
    """Return a shared step as an event."""
    environment, machine = shift.cell
    return Event(
        kind=fault.kind or "machine",
        machine="" if fault.kind == "environment" and fault.everywhere else machine,
        environment="" if fault.kind == "machine" and fault.everywhere else environment,
        last_old=commits[shift.span[0] - 1].sha,
        first_new=commits[shift.revision].sha,
        revision=shift.revision,
        reason=fault.reason,
        ratio=math.exp(shift.size),
        agree=shift.agree,
        asked=shift.told,
        changes=tuple(changes),
    )


def _on_differences(
    changes: Sequence[Change], on: Surroundings, commits: Sequence[Commit]
) -> tuple[list[Change], list[Event]]:
    """Return the changes that do not lie on a difference of what was measured on, and events of those that do."""
    places = {one.id: on.between(_cell(one), one.revision - one.candidates, one.revision) for one in changes}
    found: dict[tuple[Cell, int, str], list[Change]] = defaultdict(list)
    for one in changes:
        there = places[one.id]
        if there and not any(_confirms(other, one) and not places[other.id] for other in changes):
            found[_cell(one), *there].append(one)
    gone = {one.id for some in found.values() for one in some}
    events = [
        Event(
            kind=on.kind(said),
            machine=cell[1],
            environment=cell[0],
            last_old=commits[revision - 1].sha,
            first_new=commits[revision].sha,
            revision=revision,
            reason=said,
            agree=len({one.key for one in some}),
            asked=len({one.key for one in some}),
            changes=tuple(some),
        )
        for (cell, revision, said), some in found.items()
    ]
    return [one for one in changes if one.id not in gone], events


def _cell(change: Change) -> Cell:
    """Return the environment and the machine of a change."""
    return change.key.environment, change.key.machine


def _confirms(other: Change, one: Change) -> bool:
    """Whether a change is seen elsewhere too."""
    same = other.key.case == one.key.case and _cell(other) != _cell(one)
    return same and other.worse == one.worse and overlap(other, one)


def _merged(events: Iterable[Event]) -> list[Event]:
    """Return events in the order of the commits, those of one name and place as one."""
    found: dict[tuple[str, int], Event] = {}
    for one in events:
        known = found.get((one.name, one.revision))
        found[one.name, one.revision] = one if known is None else _both(known, one)
    return sorted(found.values(), key=lambda one: (one.revision, one.name))


def _both(one: Event, other: Event) -> Event:
    """Return two reports of an event as one."""
    asked, agree = one.asked + other.asked, one.agree + other.agree
    return replace(one, agree=agree, asked=asked, changes=(*one.changes, *other.changes))
