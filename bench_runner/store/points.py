"""The numbers of one result file as columns: as `read_row` has them, without an object for each of them."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.store.asv_format import Document
from bench_runner.store.fields import numbers, text, whole
from bench_runner.store.own import FOREIGN
from bench_runner.store.records import read_outcome
from bench_runner.store.rows import Row, product


@dataclass(slots=True)
class Points:
    """One entry per case that was measured or tried; `params` is a JSON list, `protocol` the key of the protocol."""

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
    centres = numbers(values, "result")
    points.benchmark += [row.name] * size
    points.version += [row.version] * size
    points.params += params
    points.position += range(size)
    points.outcome += [
        "failed" if value is None else "skipped" if math.isnan(centre) else "ok"
        for value, centre in zip(values, centres, strict=True)
    ]
    points.protocol += [FOREIGN.protocol.key] * size
    points.centre += centres
    points.low += numbers(row.column("stats_ci_99_a", size), "stats_ci_99_a")
    points.high += numbers(row.column("stats_ci_99_b", size), "stats_ci_99_b")
    points.n += [1] * size
    points.started_ms += [whole(row.columns, "started_at")] * size
    points.detail += [""] * size
    points.output += [""] * size


def _own(row: Row, document: Document, points: Points) -> None:
    """Add the points of a row of ours."""
    for found in _cases(row, document):
        for column, value in zip(points.columns(), found, strict=True):
            column.append(value)


def _cases(row: Row, document: Document) -> Iterator[tuple[Any, ...]]:
    """Yield the points of a row of ours, each with its values in the order of the columns."""
    params = _params(row)
    names = ("result", "stats_ci_99_a", "stats_ci_99_b")
    values, lows, highs = (numbers(row.column(name, len(params)), name) for name in names)
    for index, record in enumerate(row.cells(len(params))):
        if record is None:
            continue
        centre = values[index]
        outcome = read_outcome(record, has_value=not math.isnan(centre))
        plain = "spread" not in record and math.isnan(lows[index])
        yield (
            row.name,
            row.version,
            params[index],
            index,
            outcome,
            document.taken(whole(record, "conditions")).protocol.key,
            centre,
            centre if plain else lows[index],
            centre if plain else highs[index],
            whole(record, "n", 1),
            whole(record, "started_ms"),
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
