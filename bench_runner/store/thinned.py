"""A result file with no more than one number per round: what of it no statistic uses is gone.

Single samples give way to the median of their round, costs and vitals of rounds to their median over the rounds; where
a round was disturbed the vitals that say so stay. The summaries beside them stay too, so no summary, comparison,
baseline or change differs afterwards. asv's `samples` column then holds one value per round instead of null, because
that is where the rounds' centres are read from; asv's own compare, which wants six samples a side for ranks, then falls
back to the intervals. To us all samples of a file that asv wrote are one round, so one value stays of them.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from statistics import median
from typing import Any

from bench_runner.store.asv_format import Document
from bench_runner.store.fields import Json, table, wholes
from bench_runner.store.own import KEY, MARK, SCHEMA
from bench_runner.store.records import level
from bench_runner.store.rows import Row


def thinned(found: Document) -> dict[str, Any]:
    """Return the file thin, {} when it is already; StoreError where reading its results would raise one too."""
    data = found.head
    rows, records = dict(data["results"]), {}
    for name, row in found.rows.items():
        samples, cases = _row(row)
        if samples:
            place = list(data["result_columns"]).index("samples")
            rows[name] = [*rows[name][:place], samples, *rows[name][place + 1 :]]
        if cases is not None:
            records[name] = {"cases": cases}
    kept = found.own.get("benchmarks", {})
    if rows == data["results"] and all(kept[name] == one for name, one in records.items()):
        return {}
    thin = {**data, "results": rows}
    if records:
        thin[KEY] = {**found.own, "schema": SCHEMA, "benchmarks": {**kept, **records}}
        thin["durations"] = {**table(data, "durations"), MARK: SCHEMA}
    return thin


def _row(row: Row) -> tuple[list[Any], list[Any] | None]:
    """Return the samples column of a row ([] when there is none) and its records (None for another tool's row)."""
    size = len(row.cases()) if row.columns.get("samples") else 0
    samples = list(row.column("samples", size))
    records = None if row.records is None else list(row.cells(size) if size else row.records)
    for index, values in enumerate(samples):
        record = records[index] if records else None
        sizes = _sizes(values, record, ours=records is not None)
        if _are_rounds(values, sizes):
            samples[index] = [_median(values[start:end]) for start, end in _edges(sizes) if end > start]
            if records and record:
                records[index] = {**level(record), "sizes": [min(size, 1) for size in sizes]}
    return samples, records


def _sizes(values: Any, record: Json | None, *, ours: bool) -> list[int]:
    """Return how many samples each round of a case has."""
    if ours:
        return wholes(record.get("sizes"), "sizes") if record else []
    return [len(values)] if isinstance(values, list) else []


def _edges(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Return where each round begins and ends."""
    return pairwise(accumulate(sizes, initial=0))


def _are_rounds(values: Any, sizes: Sequence[int]) -> bool:
    """Whether all samples are numbers that belong to a round."""
    if not isinstance(values, list) or sum(sizes) != len(values):
        return False
    return all(isinstance(value, int | float) and math.isfinite(value) for value in values)


def _median(values: Sequence[float]) -> float:
    """Return the median as reading it would find it: that of floats."""
    return values[0] if len(values) == 1 else median(map(float, values))
