"""Lets what was measured of a renamed benchmark go on under its newest name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench_runner.model.benchmark import Benchmark
from bench_runner.model.policy import Rename, renamed, trail
from bench_runner.model.run import Run
from bench_runner.store.columns import Columns

NAMED = "named"  # column: the name under which a point was measured
AGE = "age"  # column: how many renames ago that was


def points(found: Columns, renames: Sequence[Rename]) -> Columns:
    """Return points with the newest names of their benchmarks, and in two more columns what they were called."""
    if not renames:
        return found
    import numpy as np

    column = found.table["benchmark"].combine_chunks()
    names, codes = column.dictionary.to_pylist(), column.indices.to_numpy()
    trails = [trail(name, renames) for name in names]
    known = list(dict.fromkeys(one[-1] for one in trails))
    place = {name: number for number, name in enumerate(known)}
    now = np.array([place[one[-1]] for one in trails], np.int32)[codes] if len(codes) else codes
    ages = np.array([len(one) - 1 for one in trails], np.int32)[codes] if len(codes) else codes
    at = found.table.schema.get_field_index("benchmark")
    table = found.table.set_column(at, "benchmark", _coded(now, known))
    return replace(found, table=table.append_column(NAMED, column).append_column(AGE, [ages]))


def benchmarks(known: Mapping[str, Benchmark], renames: Sequence[Rename]) -> dict[str, Benchmark]:
    """Return benchmarks by their newest names; a description under the newest name goes before older ones."""
    moved = {renamed(name, renames): replace(one, name=renamed(name, renames)) for name, one in known.items()}
    return moved | {name: one for name, one in known.items() if renamed(name, renames) == name}


def run(found: Run, renames: Sequence[Rename]) -> Run:
    """Return a run with the newest names of its benchmarks; what was measured under that name goes first.

    A rename is another version of the benchmark by itself: none is told for those that were renamed.
    """
    now = {one.case: renamed(one.case.benchmark, renames) for one in found.results}
    kept = {one.case: one for one in found.results if now[one.case] == one.case.benchmark}
    for one in found.results:
        case = replace(one.case, benchmark=now[one.case])
        kept.setdefault(case, replace(one, case=case, version=""))
    return replace(found, results=tuple(kept.values())) if kept.keys() != now.keys() else found


def held(values: Mapping[str, Sequence[float]], renames: Sequence[Rename]) -> dict[str, Sequence[float]]:
    """Return values by case (its id) with the newest names of their benchmarks."""
    moved = {}
    for case, numbers in values.items():
        name, paren, params = case.partition("(")
        moved[renamed(name, renames) + paren + params] = numbers
    return moved | {case: numbers for case, numbers in values.items() if case in moved}


def _coded(codes: Any, names: Sequence[str]) -> Any:
    """Return a column of names."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names, pa.string()))
