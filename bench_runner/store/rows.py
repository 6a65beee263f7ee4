"""One benchmark's row in a result file: asv's columns, with our records beside them, to Results and back."""

import itertools
import math
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.run import Outcome, Result
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.store.fields import Json, array, loose, number, numbers, text, unicode, whole, wrong
from bench_runner.store.own import FOREIGN, Conditions, shorten
from bench_runner.store.records import read_case, read_spread, write_case

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
_LARGEST = 2**53  # beyond, floats are no exact counts
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

    def strange(self) -> dict[tuple[str, ...], Any]:
        """Return by parameters what stands in the result column but is no number."""
        cases = self.cases()
        found = zip(cases, self.column("result", len(cases)), strict=True)
        return {params: value for params, value in found if value is not None and told(value)[0] == "failed"}


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


def told(value: object) -> tuple[Outcome, str]:
    """Return how a case of asv's ended by the cell of its result, and for one that is no number what it is."""
    if value is None:
        return "failed", ""
    if isinstance(value, float):
        return ("skipped" if math.isnan(value) else "ok"), ""
    if math.isnan(loose(value)):
        return "failed", f"the benchmark returned {reprlib.repr(value)}, which is no number"
    return "ok", ""


def _results(row: Row, conditions: Finder) -> Iterator[Result]:
    """Yield the results of a row."""
    cases = row.cases()
    records = row.cells(len(cases))
    columns: dict[str, Sequence[Any]] = {name: row.column(name, len(cases)) for name in ("result", "samples")}
    for name in (*_INTERVAL, "stats_number"):
        values = row.column(name, len(cases))
        columns[name] = numbers(values, name) if row.records is not None else [loose(value) for value in values]
    for index, params in enumerate(cases):
        cell = {name: values[index] for name, values in columns.items()}
        case = Case(row.name, params)
        if row.records is None:
            yield _foreign(case, row, cell)
        elif records and (record := records[index]) is not None:
            plain = Result(case, row.version, "ok", _sample(cell), _summary(cell, record))
            yield read_case(record, plain, conditions)


def _foreign(case: Case, row: Row, cell: Mapping[str, Any]) -> Result:
    """Return what asv alone says of a case."""
    outcome, detail = told(cell["result"])
    duration = number(row.columns.get("duration"), "duration")
    return Result(
        case,
        row.version,
        outcome,
        _foreign_sample(cell) if outcome == "ok" else None,
        _summary(cell),
        detail,
        started_ms=whole(row.columns, "started_at"),
        duration_s=0.0 if math.isnan(duration) else duration / max(1, len(row.cases())),
        protocol=FOREIGN.protocol,
        fingerprint=FOREIGN.fingerprint,
    )


def _foreign_sample(cell: Mapping[str, Any]) -> Sample | None:
    """Return the samples asv kept, None where they are no numbers: the result stands without them."""
    try:
        return _sample(cell)
    except StoreError:
        return None


def _sample(cell: Mapping[str, Any]) -> Sample | None:
    """Return all samples of a case as one round, or None when they were not kept."""
    if cell["samples"] is None:
        return None
    calls = cell["stats_number"]
    return Sample((Round(numbers(cell["samples"], "samples"), int(calls) if math.isfinite(calls) else 1),))


def _summary(cell: Mapping[str, Any], record: Json | None = None) -> Summary | None:
    """Return the summary of a case, None when it has no value; our record tells what no statistics mean."""
    centre = loose(cell["result"])
    if math.isnan(centre):
        return None
    low, high, q25, q75 = (cell[name] for name in _INTERVAL)
    if record is not None and math.isnan(low):
        low, high = read_spread(record, centre)
        q25 = q75 = math.nan if math.isnan(low) else centre
    return Summary(centre, low, high, 1, q25, q75)


def write_row(
    benchmark: Benchmark,
    results: Sequence[Result],
    place: Callable[[Result], int],
    strange: Mapping[tuple[str, ...], Any] | None = None,
) -> Row:
    """Return the row of a benchmark; `place` tells the index of a result's conditions.

    `strange` are by parameters the cells that stay although they are no numbers. Raises StoreError for a case that the
    benchmark does not have.
    """
    by_params = {result.case.params: result for result in results}
    order = [by_params.pop(params, None) for params in product(benchmark.params)]
    if by_params:
        raise StoreError(f"{next(iter(by_params.values())).case.id[:80]!r} is no case of the benchmark as discovered")
    form = float if benchmark.kind == "time" else _plain
    values = [_value(result, form) for result in order]
    for index, params in enumerate(product(benchmark.params) if strange else ()):
        values[index] = (strange or {}).get(params, values[index])
    columns: dict[str, Any] = {
        "result": _none_if_empty(values),
        "samples": _none_if_empty([_samples(result, form) for result in order]),
    }
    statistics = [_statistics(result, benchmark.kind) for result in order]
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


def _plain(value: float) -> float:
    """Return a whole number as one: asv shows counts and bytes otherwise when they are floats."""
    return int(value) if abs(value) < _LARGEST and value == int(value) else value


def _samples(result: Result | None, form: Callable[[float], float]) -> list[float] | None:
    """Return asv's samples of a result."""
    if result is None or result.outcome != "ok" or result.sample is None:
        return None
    return [form(value) for value in result.sample.values]


def _value(result: Result | None, form: Callable[[float], float]) -> float | None:
    """Return the number asv shows for a result: NaN when skipped, None when failed or not measured."""
    if result is None or result.outcome not in {"ok", "skipped"}:
        return None
    if result.outcome == "skipped":
        return math.nan
    if result.summary is None or math.isnan(result.summary.centre):
        raise StoreError(f"{result.case.id[:80]!r} is ok but has no value: give it a summary before it is stored")
    return form(result.summary.centre)


def _statistics(result: Result | None, kind: str) -> dict[str, Any]:
    """Return asv's statistics of a result, all or none of them; none when it has no spread to speak of.

    Of a single value asv has them for times only.
    """
    summary = result and result.summary
    if not result or not summary or result.outcome != "ok":
        return {}
    if summary.low == summary.high or math.isnan(summary.low) or math.isnan(summary.high):
        return {}
    if kind != "time" and math.isinf(summary.low) and math.isinf(summary.high):
        return {}
    quartiles = [summary.centre if math.isnan(one) else one for one in (summary.q25, summary.q75)]
    # Rounding must not push an end that is the centre, or nearly so, beyond it.
    ends = min(shorten(summary.low), summary.centre), max(shorten(summary.high), summary.centre)
    return {
        **dict(zip(_INTERVAL, (*ends, *map(shorten, quartiles)), strict=True)),
        "stats_number": result.sample.number if result.sample else 1,
        "stats_repeat": len(result.sample.values) if result.sample else summary.n,
    }


def _none_if_empty(values: list[Any]) -> list[Any] | None:
    """Return None for a list of nothing but None, as asv does."""
    return None if all(value is None for value in values) else values
