"""What the tests of sheets share: summaries, commits, runs, and the reading of a sheet's rows."""

import csv
import io

from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import Metric
from bench_runner.model.run import Build, Fingerprint, Protocol, Result, Run
from bench_runner.model.sample import Summary
from bench_runner.report.sheet import Sheet, render

PEAK = Metric("peak", "bytes")
OLD = Commit("a" * 40, (), 1000, "before it")
NEW = Commit("b" * 40, (), 2000, "make it pretty")
BACK = Commit("c" * 40, (), 3000, "mend it")


def summary(centre: float, spread: float = 0.02, n: int = 5) -> Summary:
    return Summary(centre, centre * (1 - spread), centre * (1 + spread), n)


def run(*results: Result, build: Build | None = None, sha: str = NEW.sha) -> Run:
    return Run(
        sha,
        1000,
        Environment("uv", "3.11"),
        Machine("lab"),
        build or Build(ok=True),
        Protocol("0.1", "asv_runner", 5, "fork"),
        Fingerprint(),
        results,
    )


def row(sheet: Sheet, name: str) -> dict[str, str]:
    cells = next(cells for cells in sheet.cells if name in cells)
    return dict(zip(sheet.columns, cells, strict=True))


def data(sheet: Sheet) -> list[dict[str, str]]:
    """Return the rows of the CSV."""
    return list(csv.DictReader(io.StringIO(render(sheet, "csv"))))
