"""Puts a run into asv's result file, beside what the file already holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.run import Result, Run
from bench_runner.store import own as ours
from bench_runner.store.asv_format import API_VERSION, BUILD, Document
from bench_runner.store.fields import table
from bench_runner.store.own import KEY, MARK, Conditions
from bench_runner.store.rows import COLUMNS, Row, write_row
from bench_runner.store.windows import KEY as WINDOWS
from bench_runner.store.windows import write_window
from bench_runner.store.work import KEY as WORK
from bench_runner.store.work import write_work


def update(old: Document | None, run: Run, benchmarks: Mapping[str, Benchmark]) -> dict[str, Any]:
    """Return the file of `run`, with what `old` (the same commit, environment, machine) has beyond it.

    A case measured again replaces the old one; a benchmark whose version changed loses its old cases, because a file
    has one version per benchmark. A commit that does not build gets a row of nulls for each benchmark it lacks.
    """
    conditions = list(old.conditions) if old else []
    latest = _place(conditions, Conditions(run.protocol, run.fingerprint))
    rows = {name: row for name, row in old.rows.items() if not (row.unbuilt and run.build.ok)} if old else {}
    for name, results in _grouped(run.results).items():
        if name not in benchmarks:
            raise StoreError(f"results of {name[:80]!r} without its benchmark: hand it to the store as well")
        kept, strange = _kept(old, benchmarks[name], {one.case.params for one in results})
        every = [*kept, *results]
        rows[name] = write_row(benchmarks[name], every, lambda one: _place(conditions, _of(one, run)), strange)
    if not run.build.ok:
        rows = {name: Row(name, _unbuilt(benchmark), []) for name, benchmark in benchmarks.items()} | rows
    return _file(run, rows, conditions, latest, old)


def _grouped(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return results by benchmark."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.case.benchmark, []).append(result)
    return found


def _kept(
    old: Document | None, benchmark: Benchmark, measured: set[tuple[str, ...]]
) -> tuple[list[Result], dict[tuple[str, ...], Any]]:
    """Return the old results of a benchmark that stay: same version, a case it still has, not measured again.

    Beside them by parameters those cells that are no numbers.
    """
    row = old and old.rows.get(benchmark.name)
    if not old or not row or row.version != benchmark.version:
        return [], {}
    known = {case.params for case in benchmark.cases()} - measured
    strange = {params: cell for params, cell in row.strange().items() if params in known}
    results = [result for result in old.results(row, explicit=True) if result.case.params in known]
    if row.records is None:  # asv's null may also mean that nobody asked
        results = [result for result in results if result.outcome != "failed" or result.case.params in strange]
    return results, strange


def _of(result: Result, run: Run) -> Conditions:
    """Return how and on what a result was measured."""
    return Conditions(result.protocol or run.protocol, result.fingerprint or run.fingerprint)


def _place(conditions: list[Conditions], one: Conditions) -> int:
    """Return the index of conditions, entering new ones."""
    if one not in conditions:
        conditions.append(one)
    return conditions.index(one)


def _unbuilt(benchmark: Benchmark) -> dict[str, Any]:
    """Return the columns asv writes for a benchmark of a commit that does not build."""
    return {"result": None, "params": [list(one) for one in benchmark.params], "version": benchmark.version}


def _file(
    run: Run, rows: Mapping[str, Row], conditions: Sequence[Conditions], latest: int, old: Document | None
) -> dict[str, Any]:
    """Return the JSON of a result file; the commit comes first, so that it is found without reading on."""
    environment = run.environment
    variables = dict(environment.variables)
    columns = list(dict.fromkeys([*COLUMNS, *(name for row in rows.values() for name in row.columns)]))
    return {
        "commit_hash": run.commit_sha,
        "env_name": environment.name,
        "date": run.commit_time_ms,
        "params": {**dict(environment.requirements), **run.machine.fields(), "python": environment.python},
        "python": environment.python,
        "requirements": dict(environment.requirements),
        "env_vars": variables,
        "result_columns": columns,
        "results": {name: _cells(rows[name], columns) for name in sorted(rows)},
        "durations": _durations(run, old),
        "version": API_VERSION,
        KEY: _own(run, rows, conditions, latest) | _windows(run, old) | _work(run, old),
    }


def _windows(run: Run, old: Document | None) -> dict[str, Any]:
    """Return the windows of production, those of the file where the run has none."""
    if run.windows:
        return {WINDOWS: [write_window(one) for one in run.windows]}
    return {WINDOWS: old.own[WINDOWS]} if old and WINDOWS in old.own else {}


def _work(run: Run, old: Document | None) -> dict[str, Any]:
    """Return what the run took, or what the file says where that is not known."""
    if run.work.steps:
        return {WORK: write_work(run.work)}
    return {WORK: old.own[WORK]} if old and WORK in old.own else {}


def _cells(row: Row, columns: Sequence[str]) -> list[Any]:
    """Return a row as asv writes it, trailing nulls cut."""
    cells = [row.columns.get(name) for name in columns]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _durations(run: Run, old: Document | None) -> dict[str, float]:
    """Return asv's durations of other things than benchmarks, and our mark among them."""
    kept = dict(table(old.head, "durations")) if old else {}
    kept |= {f"<setup_cache {key}>": ours.shorten(seconds) for key, seconds in run.setup_cache_s.items()}
    if run.build.duration_s:
        kept[BUILD] = ours.shorten(run.build.duration_s)
    return {**kept, MARK: ours.SCHEMA}


def _own(run: Run, rows: Mapping[str, Row], conditions: Sequence[Conditions], latest: int) -> dict[str, Any]:
    """Return what goes under our key."""
    environment = run.environment
    own = {
        "schema": ours.SCHEMA,
        "build": ours.write_build(run.build),
        "environment": {
            "tool": environment.tool,
            "backend": environment.backend,
            "build_variables": [name for name, _ in environment.build_variables],
            "unnamed": dict(environment.unnamed),
        },
        "benchmarks": {name: {"cases": row.records} for name, row in sorted(rows.items()) if row.records is not None},
    }
    return ours.used(own, [ours.write_conditions(one) for one in conditions], latest)
