"""Writes one script per commit with everything measured there: what comparing two commits needs, and no more."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from bench_runner.model.series import Series
from bench_runner.publish.material import Material
from bench_runner.publish.text import UNIT, digest, label, params, script_json, slug
from bench_runner.publish.views import Script


@dataclass(frozen=True, slots=True)
class _Cell:
    """One point of one series."""

    series: Series
    index: int

    @property
    def value(self) -> float:
        return self.series.values[self.index]

    @property
    def place(self) -> tuple[str, str]:
        return (self.series.key.machine, self.series.key.environment)

    def reach(self, end: float) -> int:
        """Return the distance of an end of the interval, in 1e-4 of the value; 0 where unknown."""
        relative = abs(end - self.value) / abs(self.value) if self.value else 0.0
        return round(relative * 1e4) if relative < 1e9 else 0


def row_scripts(material: Material) -> dict[str, tuple[Script, ...]]:
    """Return, by full sha, the row of each commit that has a number, followed by the tables that it refers to."""
    cells: dict[str, list[_Cell]] = defaultdict(list)
    for one in sorted(material.series, key=_order):
        for index, (sha, value) in enumerate(zip(one.shas, one.values, strict=True)):
            if math.isfinite(value):
                cells[sha].append(_Cell(one, index))
    tables = _Tables(material)
    return {sha: _row(sha, found, tables) for sha, found in cells.items()}


def _order(series: Series) -> tuple[str, str, str]:
    return (series.key.machine, series.key.environment, series.key.case.id)


def _row(sha: str, cells: Sequence[_Cell], tables: "_Tables") -> tuple[Script, ...]:
    """Return the row's script and its tables'."""
    runs, used = [], {}
    for (machine, environment), group in groupby(cells, key=lambda cell: cell.place):
        found = list(group)
        name = tables.name(found)
        used[name] = tables.scripts[name]
        runs.append(
            {
                "m": label(machine),
                "e": label(environment),
                "t": name,
                "v": [float(f"{cell.value:.5g}") for cell in found],
                "l": [cell.reach(cell.series.low[cell.index]) for cell in found],
                "h": [cell.reach(cell.series.high[cell.index]) for cell in found],
            }
        )
    text = f"bench.row({script_json({'s': sha[:12], 'runs': runs})});\n"
    return (Script(f"data/r/{sha[:12]}.js", text), *used.values())


class _Tables:
    """Tables of cases, each named by its content: commits measured with one suite share one."""

    def __init__(self, material: Material) -> None:
        self._benchmarks = material.benchmarks
        self._names: dict[tuple[int, ...], str] = {}
        self.scripts: dict[str, Script] = {}

    def name(self, cells: Sequence[_Cell]) -> str:
        """Return the name of the cells' table, writing it when it is new."""
        key = tuple(id(cell.series) for cell in cells)
        if key not in self._names:
            text = script_json(self._content([cell.series for cell in cells]))
            self._names[key] = name = digest(text, 12)
            self.scripts[name] = Script(f"data/t/{name}.js", f'bench.table("{name}",{text});\n')
        return self._names[key]

    def _content(self, series: Sequence[Series]) -> Mapping[str, object]:
        """Return {b: [[page, name, unit, better]], c: [[position in b, parameters]]}."""
        position: dict[str, int] = {}
        benchmarks: list[list[str]] = []
        cases: list[list[object]] = []
        for one in series:
            name = one.key.case.benchmark
            if name not in position:
                position[name] = len(benchmarks)
                benchmarks.append([slug(name), label(name), label(one.metric.unit, UNIT), one.metric.better])
            known = self._benchmarks.get(name)
            cases.append([position[name], params(known.param_names if known else (), one.key.case.params)])
        return {"b": benchmarks, "c": cases}
