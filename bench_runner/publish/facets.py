"""Finds what the series of one benchmark differ in."""

from collections.abc import Sequence

from bench_runner.model.benchmark import Benchmark
from bench_runner.model.series import Series
from bench_runner.publish.text import label


class Facets:
    """What the series of a benchmark differ in: machine, environment, and each parameter."""

    def __init__(self, known: Benchmark, series: Sequence[Series]) -> None:
        width = max((len(one.key.case.params) for one in series), default=0)
        self._names = ["Machine", "Environment", *(self._param_name(known, at) for at in range(width))]
        self._rows = {one.key: self._row(one, width) for one in series}
        self._values = [self._ordered(known, at) for at in range(len(self._names))]

    @staticmethod
    def _param_name(known: Benchmark, at: int) -> str:
        return known.param_names[at] if at < len(known.param_names) else f"param{at + 1}"

    @staticmethod
    def _row(series: Series, width: int) -> tuple[str, ...]:
        values = series.key.case.params
        return (series.key.machine, series.key.environment, *values, *("",) * (width - len(values)))

    def _ordered(self, known: Benchmark, at: int) -> list[str]:
        """Return a facet's values, parameters as the suite orders them."""
        there = {row[at] for row in self._rows.values()}
        written = known.params[at - 2] if 2 <= at < len(known.params) + 2 else ()
        first = [value for value in dict.fromkeys(written) if value in there]
        return [*first, *sorted(there - set(first))]

    def of(self, series: Series) -> list[int]:
        """Return the position of a series' value in each facet."""
        return [values.index(mine) for values, mine in zip(self._values, self._rows[series.key], strict=True)]

    def described(self) -> list[dict[str, object]]:
        """Return name, kind and values of each facet."""
        kinds = ["machine", "environment", *("param",) * (len(self._names) - 2)]
        return [
            {"name": label(name, 60), "kind": kind, "values": [label(value, 100) for value in values]}
            for name, kind, values in zip(self._names, kinds, self._values, strict=True)
        ]
