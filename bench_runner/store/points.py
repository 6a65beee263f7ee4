"""The numbers of one result file as columns: as `read_row` has them, without an object for each of them."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.store.asv_format import Document
from bench_runner.store.fields import array, loose, numbers, text, unicode, whole
from bench_runner.store.own import FOREIGN
from bench_runner.store.records import read_outcome, read_spread
from bench_runner.store.rows import Row, product, told


@dataclass(slots=True)
class Points:
    """One entry per case that was measured or tried; `params` is a JSON list, `protocol` the key of the protocol.

    `doubts` are the warnings of a summary in one line.
    """

    benchmark: list[str] = field(default_factory=list)
    version: list[str] = field(default_factory=list)
    params: list[str] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    outcome: list[str] = field(default_factory=list)
    protocol: list[str] = field(default_factory=list)
    centre: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    n: list[int] = field(default_factory=list)
    started_ms: list[int] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    detail: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)

    def columns(self) -> tuple[list[Any], ...]:
        """Return all columns in the order of the fields."""
        return tuple(getattr(self, name) for name in self.__slots__)


def read_points(document: Document) -> Points:
    """Return the points of a file; StoreError names the row that is wrong."""
    points = Points()
    for row in document.rows.values():
        try:
            if row.records is None:
                _foreign(row, points)
            elif not row.unbuilt:
                _own(row, document, points)
        except StoreError as error:
            raise StoreError(f"row {row.name[:80]!r}: {error}") from error
    return points


def _foreign(row: Row, points: Points) -> None:
    """Add the points of a row that asv wrote."""
    params = _params(row)
    size = len(params)
    values = row.column("result", size)
    ends = [told(value) for value in values]
    points.benchmark += [row.name] * size
    points.version += [row.version] * size
    points.params += params
    points.position += range(size)
    points.outcome += [outcome for outcome, _ in ends]
    points.protocol += [FOREIGN.protocol.key] * size
    points.centre += map(loose, values)
    points.low += map(loose, row.column("stats_ci_99_a", size))
    points.high += map(loose, row.column("stats_ci_99_b", size))
    points.n += [1] * size
    points.started_ms += [whole(row.columns, "started_at")] * size
    points.doubts += [""] * size
    points.detail += [detail for _, detail in ends]
    points.output += [""] * size


def _own(row: Row, document: Document, points: Points) -> None:
    """Add the points of a row of ours."""
    for found in _cases(row, document):
        for column, value in zip(points.columns(), found, strict=True):
            column.append(value)


def _cases(row: Row, document: Document) -> Iterator[tuple[Any, ...]]:
    """Yield the points of a row of ours, each with its values in the order of the columns."""
    params = _params(row)
    values = [loose(value) for value in row.column("result", len(params))]
    lows, highs = (numbers(row.column(name, len(params)), name) for name in ("stats_ci_99_a", "stats_ci_99_b"))
    for index, record in enumerate(row.cells(len(params))):
        if record is None:
            continue
        centre = values[index]
        outcome = read_outcome(record, has_value=not math.isnan(centre))
        low, high = read_spread(record, centre) if math.isnan(lows[index]) else (lows[index], highs[index])
        yield (
            row.name,
            row.version,
            params[index],
            index,
            outcome,
            document.taken(whole(record, "conditions")).protocol.key,
            centre,
            low,
            high,
            whole(record, "n", 1),
            whole(record, "started_ms"),
            unicode("; ".join(map(str, array(record.get("warnings"), "warnings"))), "warnings"),
            text(record, "detail"),
            text(record, "output"),
        )


def _params(row: Row) -> list[str]:
    """Return the parameters of each case of a row as JSON lists."""
    return _written(row.params)


@lru_cache(maxsize=256)
def _written(params: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return all combinations of parameters as JSON lists; the caller must not change the list."""
    return [json.dumps(one) for one in product(params)]
