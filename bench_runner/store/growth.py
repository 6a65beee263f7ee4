"""How much room the results take, and how fast they grow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench_runner.store import jsonfile
from bench_runner.store.asv_format import Document
from bench_runner.store.thinned import thinned

_YEAR_MS = 365 * 86_400_000
_SHORTEST_MS = 7 * 86_400_000  # a rate that rests on less says nothing about a year
_NEWEST = 4  # one in so many files counts as new


@dataclass(frozen=True, slots=True)
class Weight:
    """What one result file weighs, in bytes: all of it, the samples in it, and what thinning it would save."""

    machine: str
    commit_time_ms: int
    size: int
    samples: int = 0
    saving: int = 0


def weigh(path: Path, size: int, found: Document) -> Weight:
    """Return the weight of a file of `size` bytes."""
    samples = [row.columns["samples"] for row in found.rows.values() if row.columns.get("samples")]
    weight = len(jsonfile.encoded({"": samples}, compact=True)) - len(b'{"":[]}\n') if samples else 0
    small = thinned(found) if samples else {}
    saving = size - len(jsonfile.encoded(small, compact=True)) if small else 0
    return Weight(path.parent.name, int(found.head.get("date") or 0), size, weight, saving)


@dataclass(frozen=True, slots=True)
class Growth:
    """The weights of many files, and what they add up to; `now_ms` is the date of the newest commit of all."""

    weights: tuple[Weight, ...] = ()
    now_ms: int = 0

    @classmethod
    def of(cls, weights: Sequence[Weight]) -> "Growth":
        """Return the growth of all files."""
        return cls(tuple(weights), max((one.commit_time_ms for one in weights), default=0))

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(one.size for one in self.weights)

    @property
    def samples(self) -> int:
        """Bytes of samples."""
        return sum(one.samples for one in self.weights)

    @property
    def saving(self) -> int:
        """Bytes that thinning all of it would save."""
        return sum(one.saving for one in self.weights)

    @property
    def typical(self) -> float:
        """The median bytes of a run."""
        return _middle(self.weights)

    @property
    def newest(self) -> float:
        """The median bytes of the quarter of the runs whose commits are the newest."""
        return _middle(self._in_order()[len(self.weights) - self._quarter :])

    @property
    def older(self) -> float:
        """The median bytes of the other runs."""
        return _middle(self._in_order()[: len(self.weights) - self._quarter])

    @property
    def per_year(self) -> float | None:
        """Bytes of the runs of the last year of commits; what less than a year brings is drawn out to one.

        None where commits span less than a week. Commits are counted by their own dates, not by when they were
        measured: a long history measured in one night does not come again the next night.
        """
        first = min((one.commit_time_ms for one in self.weights), default=self.now_ms)
        span = min(self.now_ms - first, _YEAR_MS)
        if span < _SHORTEST_MS:
            return None
        return sum(one.size for one in self.weights if one.commit_time_ms >= self.now_ms - span) * _YEAR_MS / span

    def by_machine(self) -> "dict[str, Growth]":
        """Return the same of each machine, by name."""
        names = sorted({one.machine for one in self.weights})
        return {name: self._on(name) for name in names}

    def _on(self, machine: str) -> "Growth":
        return Growth(tuple(one for one in self.weights if one.machine == machine), self.now_ms)

    @property
    def _quarter(self) -> int:
        return -(-len(self.weights) // _NEWEST) if len(self.weights) > 1 else 0

    def _in_order(self) -> list[Weight]:
        return sorted(self.weights, key=lambda one: one.commit_time_ms)


def _middle(weights: Sequence[Weight]) -> float:
    """Return the median size, 0 of nothing."""
    return float(median([one.size for one in weights])) if weights else 0.0
