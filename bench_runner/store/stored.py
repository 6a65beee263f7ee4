"""What a plan has to know of the runs that are stored, taken from the column cache without reading their files."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bench_runner.model.benchmark import Case
from bench_runner.model.run import Run
from bench_runner.store.arrow import plain
from bench_runner.store.columns import Columns

if TYPE_CHECKING:
    import numpy as np

_WORDS = ("benchmark", "params", "version", "outcome")

# A case, the version of its benchmark and how it ended.
Told = tuple[Case, str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """What one file says: was the commit built, what is said of that, seconds it all took, how each case ended."""

    built: bool
    detail: str
    duration_s: float
    results: frozenset[Told]

    @classmethod
    def of(cls, run: Run) -> "Stored":
        """Return the same of a run in hand."""
        seconds = run.build.duration_s + sum(one.duration_s for one in run.results)
        told = frozenset((one.case, one.version, one.outcome) for one in run.results)
        return cls(run.build.ok, run.build.detail, seconds, told)


def stored(found: Columns, machine: str, environments: Collection[str]) -> dict[tuple[str, str], Stored]:
    """Return what one machine has stored of some environments (names), by (sha, environment name)."""
    results = _results(found.table)
    return {
        (one.sha, one.environment): Stored(one.built, one.build_detail, one.duration_s, results(index))
        for index, one in enumerate(found.entries)
        if not one.damage and one.machine == machine and one.environment in environments
    }


def _results(table: Any) -> Callable[[int], frozenset[Told]]:
    """Return the function from the index of a run to its results; runs that say the same share one object."""
    import numpy as np

    rows, words = _coded(table)
    kinds, codes = np.unique(rows, return_inverse=True)
    runs = plain(table.column("run").combine_chunks())
    order = np.lexsort((codes, runs))
    codes, runs = codes[order], runs[order]
    made: dict[bytes, frozenset[Told]] = {}
    told = cache(lambda code: _told(int(kinds[code]), words))

    def results(run: int) -> frozenset[Told]:
        mine = codes[slice(*np.searchsorted(runs, (run, run + 1)))]
        key = mine.tobytes()
        if key not in made:
            made[key] = frozenset(map(told, mine.tolist()))
        return made[key]

    return results


def _coded(table: Any) -> "tuple[np.ndarray[Any, Any], Mapping[str, list[str]]]":
    """Return one number per row for all its words together, and the words of each column."""
    import numpy as np

    rows, words = np.zeros(table.num_rows, np.int64), {}
    for name in _WORDS:
        column = table.column(name).combine_chunks()
        words[name] = column.dictionary.to_pylist()
        rows = rows * len(words[name]) + plain(column.indices)
    return rows, words


def _told(row: int, words: Mapping[str, list[str]]) -> Told:
    """Return what the number of a row stands for."""
    said = {}
    for name in reversed(_WORDS):
        row, place = divmod(row, len(words[name]))
        said[name] = words[name][place]
    return Case(said["benchmark"], tuple(json.loads(said["params"]))), said["version"], said["outcome"]
