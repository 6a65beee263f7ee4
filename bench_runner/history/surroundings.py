"""What the runs of an environment on a machine were taken on: where that changed, and the pace of the canary."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from bench_runner.history.facts import RunFact
from bench_runner.history.likeness import differences
from bench_runner.history.series import History
from bench_runner.model.event import Kind
from bench_runner.model.run import Fingerprint

Cell = tuple[str, str]  # environment, machine

# A difference lasts when none of so many runs before it has the new value, and none after it the old one.
LASTING = 4
# Of what differs at more than this share of the runs, no change can be laid to any one difference.
RESTLESS = 0.1
# Two paces of a canary that differ by less are those of a host that is the same (the noise between two is 1 %).
STEADY = 0.02


@dataclass(frozen=True, slots=True)
class _Place:
    """A run's revision, fingerprint and canary."""

    revision: int
    fingerprint: Fingerprint
    canary_s: float


class Surroundings:
    """The fingerprints and canaries of each cell, oldest first; `project` is the measured distribution itself."""

    def __init__(self, runs: Iterable[RunFact], revisions: Mapping[str, int], project: str = "") -> None:
        self._project = project
        self._places: dict[Cell, list[_Place]] = defaultdict(list)
        for one in runs:
            if one.sha in revisions:
                place = _Place(revisions[one.sha], one.fingerprint, one.canary_s)
                self._places[one.environment, one.machine].append(place)
        self._known: dict[Cell, list[tuple[int, str]]] = {}

    @classmethod
    def of(cls, history: History, project: str = "") -> "Surroundings":
        """Return those of a history."""
        revisions = {one.sha: revision for revision, one in enumerate(history.commits)}
        return cls(history.runs, revisions, project)

    def differences(self, cell: Cell) -> list[tuple[int, str]]:
        """Return the revisions of the first runs on other things than before, and what differs, in words."""
        if cell not in self._known:
            self._known[cell] = self._differences(self._places.get(cell, []))
        return self._known[cell]

    def between(self, cell: Cell, old: int, new: int) -> tuple[int, str] | None:
        """Return the first difference after one revision and up to another."""
        return next((one for one in self.differences(cell) if old < one[0] <= new), None)

    @staticmethod
    def kind(said: str) -> Kind:
        """Return whose a difference is: CPU and kernel are the machine's, the rest is the environment's."""
        return "machine" if said.startswith(("CPU", "kernel")) else "environment"

    def canary(self, cell: Cell, revision: int) -> float:
        """Return how much longer the canary took from a revision on than before it (a ratio); NaN without one."""
        places = [one for one in self._places.get(cell, []) if one.canary_s > 0]
        before = [one.canary_s for one in places if one.revision < revision][-2 * LASTING :]
        after = [one.canary_s for one in places if one.revision >= revision][: 2 * LASTING]
        return median(after) / median(before) if min(len(before), len(after)) >= 3 else math.nan

    def _differences(self, places: Sequence[_Place]) -> list[tuple[int, str]]:
        """Return the lasting differences of a cell, without what differs all the time."""
        kept = _without_restless([one.fingerprint for one in places])
        found = []
        for k in range(1, len(places)):
            if kept[k - 1] != kept[k] and self._lasts(kept, k):
                said = differences(kept[k - 1], kept[k], self._project, kernel=True)
                found.append((places[k].revision, "; ".join(said)))
        return found

    def _lasts(self, prints: Sequence[Fingerprint], k: int) -> bool:
        """Whether the runs around a place are unlike all of those on the other side of it."""
        before, after = prints[max(0, k - LASTING) : k], prints[k : k + LASTING]
        return all(any(differences(old, new, self._project, kernel=True)) for old in before for new in after)


def _without_restless(prints: Sequence[Fingerprint]) -> list[Fingerprint]:
    """Return fingerprints without the fields that keep changing."""
    readers: dict[str, Callable[[Fingerprint], object]] = {
        "cpu": lambda one: one.cpu,
        "kernel": lambda one: one.kernel,
        "python": lambda one: one.python,
    }
    restless = {name: "" for name, read in readers.items() if _restless([read(one) for one in prints])}
    names = {name for one in prints for name in one.distributions}
    moving = {name for name in names if _restless([one.distributions.get(name) for one in prints])}
    return [
        replace(
            one,
            **restless,
            distributions={name: version for name, version in one.distributions.items() if name not in moving},
        )
        for one in prints
    ]


def _restless(values: Sequence[object]) -> bool:
    """Whether values change too often for a change to mean anything."""
    return sum(a != b for a, b in pairwise(values)) > max(2, RESTLESS * len(values))
