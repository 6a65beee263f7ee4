"""One benchmark's row in a result file: asv's columns, with our records beside them, to Results and back."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.run import Result
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.store.fields import array, number, numbers, text, unicode, whole, wrong
from bench_runner.store.own import FOREIGN, Conditions, shorten
from bench_runner.store.records import read_case, write_case

COLUMNS = (
    "result",
    "params",
    "version",
    "started_at",
    "duration",
    "stats_ci_99_a",
    "stats_ci_99_b",
    "stats_q_25",
    "stats_q_75",
    "stats_number",
    "stats_repeat",
    "samples",
    "profile",
)
_INTERVAL = ("stats_ci_99_a", "stats_ci_99_b", "stats_q_25", "stats_q_75")
_MOST_CASES = 1_000_000  # a few short lists of parameters multiply to more than memory holds

Finder = Callable[[int], Conditions | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One benchmark in a file: asv's columns by name (trailing ones may be missing), our records (None: not ours)."""

    name: str
    columns: Mapping[str, Any]
    records: Sequence[Any] | None = None

    @property
    def unbuilt(self) -> bool:
        """Whether this row only says that the commit did not build."""
        return self.records is not None and not self.records

    @property
    def complete(self) -> bool:
        """Whether every case was measured or failed; another tool's row is taken for complete."""
        return self.records is None or None not in self.records

    @property
    def version(self) -> str:
        """The benchmark version that was measured, "" in files of old asv."""
        return text(self.columns, "version")

    @property
    def params(self) -> tuple[tuple[str, ...], ...]:
        """The values of each parameter, as repr."""
        lists = array(self.columns.get("params"), "params")
        return tuple(tuple(unicode(value, "params") for value in array(values, "params")) for values in lists)

    def cases(self) -> list[tuple[str, ...]]:
        """Return the parameters of all cases in asv's order."""
        return product(self.params)

    def cells(self, size: int) -> Sequence[Mapping[str, Any] | None]:
        """Return our records, one per case or none at all; None for a case that was not measured."""
        records = self.records or []
        if len(records) not in {0, size}:
            raise StoreError(f"{len(records)} records for {size} cases")
        if not all(record is None or isinstance(record, dict) for record in records):
            raise wrong("cases", "a list of objects", records)
        return records

    def column(self, name: str, size: int) -> Sequence[Any]:
        """Return a column with one entry per case; null and short ones are filled with None."""
        values = array(self.columns.get(name), name)
        if len(values) > size:
            raise StoreError(f"{len(values)} values of {name} for {size} cases")
        return [*values, *[None] * (size - len(values))]


@lru_cache(maxsize=256)
def product(params: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    """Return all combinations in asv's order; the caller must not change the list."""
    if math.prod(map(len, params)) > _MOST_CASES:
        raise StoreError(f"more than {_MOST_CASES} combinations of parameters")
    return list(itertools.product(*params))


def read_row(row: Row, conditions: Finder) -> Iterator[Result]:
    """Yield the results of a row in case order; StoreError says what is wrong with it.

    A row that is not ours has no rounds, and its nulls count as failed, though asv also writes null for what was not
    asked for.
    """
    try:
        yield from _results(row, conditions)
    except StoreError as error:
        raise StoreError(f"row {row.name[:80]!r}: {error}") from error


def _results(row: Row, conditions: Finder) -> Iterator[Result]:
    """Yield the results of a row."""
    cases = row.cases()
    records = row.cells(len(cases))
    columns: dict[str, Sequence[Any]] = {name: row.column(name, len(cases)) for name in ("result", "samples")}
    columns |= {name: numbers(row.column(name, len(cases)), name) for name in (*_INTERVAL, "stats_number")}
    for index, params in enumerate(cases):
        cell = {name: values[index] for name, values in columns.items()}
        case = Case(row.name, params)
        if row.records is None:
            yield _foreign(case, row, cell)
        elif records and (record := records[index]) is not None:
            plain = Result(case, row.version, "ok", _sample(cell), _summary(cell, exact="spread" not in record))
            yield read_case(record, plain, conditions)


def _foreign(case: Case, row: Row, cell: Mapping[str, Any]) -> Result:
    """Return what asv alone says of a case."""
    value = cell["result"]
    duration = number(row.columns.get("duration"), "duration")
    return Result(
        case,
        row.version,
        "failed" if value is None else "skipped" if math.isnan(number(value, "result")) else "ok",
        _sample(cell),
        _summary(cell),
        started_ms=whole(row.columns, "started_at"),
        duration_s=0.0 if math.isnan(duration) else duration / max(1, len(row.cases())),
        protocol=FOREIGN.protocol,
        fingerprint=FOREIGN.fingerprint,
    )


def _sample(cell: Mapping[str, Any]) -> Sample | None:
    """Return all samples of a case as one round, or None when they were not kept."""
    if cell["samples"] is None:
        return None
    calls = cell["stats_number"]
    return Sample((Round(numbers(cell["samples"], "samples"), int(calls) if math.isfinite(calls) else 1),))


def _summary(cell: Mapping[str, Any], *, exact: bool = False) -> Summary | None:
    """Return the summary of a case, None when it has no value; `exact`: no statistics means no spread."""
    centre = number(cell["result"], "result")
    if math.isnan(centre):
        return None
    if exact and math.isnan(cell["stats_ci_99_a"]):
        return Summary(centre, centre, centre, 1, centre, centre)
    low, high, q25, q75 = (cell[name] for name in _INTERVAL)
    return Summary(centre, low, high, 1, q25, q75)


def write_row(benchmark: Benchmark, results: Sequence[Result], place: Callable[[Result], int]) -> Row:
    """Return the row of a benchmark; `place` tells the index of a result's conditions.

    Raises StoreError for a case that the benchmark does not have.
    """
    by_params = {result.case.params: result for result in results}
    order = [by_params.pop(params, None) for params in product(benchmark.params)]
    if by_params:
        raise StoreError(f"{next(iter(by_params.values())).case.id[:80]!r} is no case of the benchmark as discovered")
    columns: dict[str, Any] = {name: _none_if_empty(_column(name, order)) for name in ("result", "samples")}
    statistics = [_statistics(result) for result in order]
    for name in (*_INTERVAL, "stats_number", "stats_repeat"):
        columns[name] = _none_if_empty([one.get(name) for one in statistics])
    started = [result.started_ms for result in results if result.started_ms]
    columns |= {
        "params": [list(values) for values in benchmark.params],
        "version": benchmark.version,
        "started_at": min(started, default=None),
        "duration": shorten(sum(result.duration_s for result in results)),
    }
    return Row(benchmark.name, columns, [result and write_case(result, place(result)) for result in order])


def _column(name: str, order: Sequence[Result | None]) -> list[Any]:
    """Return asv's result column (NaN skipped, null failed or not measured) or its samples."""
    if name == "result":
        return [_value(result) for result in order]
    kept = [result.sample if result and result.outcome == "ok" else None for result in order]
    return [list(sample.values) if sample else None for sample in kept]


def _value(result: Result | None) -> float | None:
    """Return the number asv shows for a result."""
    if result is None or result.outcome not in {"ok", "skipped"}:
        return None
    if result.outcome == "skipped":
        return math.nan
    if result.summary is None or math.isnan(result.summary.centre):
        raise StoreError(f"{result.case.id[:80]!r} is ok but has no value: give it a summary before it is stored")
    return result.summary.centre


def _statistics(result: Result | None) -> dict[str, Any]:
    """Return asv's statistics of a result, all or none of them; none when it has no spread to speak of."""
    summary = result and result.summary
    if not result or not summary or result.outcome != "ok":
        return {}
    if summary.low == summary.high or math.isnan(summary.low) or math.isnan(summary.high):
        return {}
    quartiles = [summary.centre if math.isnan(one) else one for one in (summary.q25, summary.q75)]
    return {
        **dict(zip(_INTERVAL, map(shorten, (summary.low, summary.high, *quartiles)), strict=True)),
        "stats_number": result.sample.number if result.sample else 1,
        "stats_repeat": len(result.sample.values) if result.sample else summary.n,
    }


def _none_if_empty(values: list[Any]) -> list[Any] | None:
    """Return None for a list of nothing but None, as asv does."""
    return None if all(value is None for value in values) else values
