"""Maps runs to asv's result files (api_version 2) and back, ours and those of asv itself."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.run import Build, Result, Run
from bench_runner.store import own as ours
from bench_runner.store.fields import Json, array, number, strings, table, text, unicode, whole, wrong
from bench_runner.store.own import FOREIGN, KEY, MARK, Conditions
from bench_runner.store.rows import COLUMNS, Row, read_row, write_row

API_VERSION = 2
_BUILD = "<build>"
_SETUP_CACHE = re.compile(r"<setup_cache (?P<key>.*)>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """A result file taken apart: what stands at its top, its rows, and how the rows of ours were measured."""

    head: Json
    rows: Mapping[str, Row]
    own: Json = field(default_factory=dict)
    conditions: Sequence[Conditions] = ()
    latest: int = -1

    @classmethod
    def of(cls, data: Json) -> "Document":
        """Take a file apart; StoreError says what is wrong with it (without naming the file)."""
        check_version(data)
        own = table(data, KEY)
        if not own:
            return cls(data, dict(_rows(data, {})))
        conditions = [ours.read_conditions(one) for one in _objects(own.get("conditions"), "conditions")]
        latest = whole(own, "latest")
        if not 0 <= latest < len(conditions):
            raise wrong("latest", f"below {len(conditions)}", latest)
        return cls(data, dict(_rows(data, table(own, "benchmarks"))), own, conditions, latest)

    @property
    def marked(self) -> bool:
        """Whether our key stood in this file once, even when another tool has dropped it."""
        return MARK in table(self.head, "durations")

    def run(self) -> Run:
        """Return the run that the file holds."""
        return replace(self.heading(), results=tuple(one for row in self.rows.values() for one in self.results(row)))

    def heading(self) -> Run:
        """Return the run without its results."""
        found = self.conditions[self.latest] if self.conditions else FOREIGN
        durations = {key: number(value, key) for key, value in table(self.head, "durations").items()}
        return Run(
            commit_sha=_required(self.head, "commit_hash"),
            commit_time_ms=whole(self.head, "date"),
            environment=_environment(self.head, table(self.own, "environment")),
            machine=read_machine(table(self.head, "params")),
            build=self._build(durations),
            protocol=found.protocol,
            fingerprint=found.fingerprint,
            setup_cache_s={match["key"]: s for key, s in durations.items() if (match := _SETUP_CACHE.fullmatch(key))},
        )

    def results(self, row: Row, *, explicit: bool = False) -> Iterable[Result]:
        """Yield the results of a row; with `explicit` those of the newest measurement name their conditions too."""
        return read_row(row, lambda index: self._conditions(index, explicit=explicit))

    def _build(self, durations: Mapping[str, float]) -> Build:
        """Return how the commit was built; asv keeps no more than the time of a build that went well."""
        if self.own:
            return ours.read_build(table(self.own, "build"))
        return Build(ok=True, duration_s=durations.get(_BUILD, 0.0))

    def taken(self, index: int) -> Conditions:
        """Return conditions by index."""
        if not 0 <= index < len(self.conditions):
            raise wrong("conditions", f"below {len(self.conditions)}", index)
        return self.conditions[index]

    def _conditions(self, index: int, *, explicit: bool) -> Conditions | None:
        """Return conditions by index, None for the newest."""
        found = self.taken(index)
        return None if index == self.latest and not explicit else found


def check_version(data: Json) -> None:
    """Refuse files of asv's old format, and of programs newer than this one."""
    version = whole(data, "version")
    if version > API_VERSION:
        raise StoreError(f"has asv format {version}, this program reads {API_VERSION}: update bench-history")
    if version < API_VERSION:
        raise StoreError(f"has asv format {version or 'unknown'}, this program reads {API_VERSION}: run `asv update`")
    if KEY in data:
        ours.check_schema(table(data, KEY))


def _rows(data: Json, own: Json) -> Iterable[tuple[str, Row]]:
    """Yield the rows of a file, with our records where we have some."""
    columns = [unicode(one, "result_columns") for one in array(data.get("result_columns"), "result_columns")]
    if "result" not in columns:
        raise wrong("result_columns", "a list with 'result' in it", columns)
    for name, values in table(data, "results").items():
        if not isinstance(values, list) or len(values) > len(columns):
            raise wrong(name[:80], f"a list of at most {len(columns)} columns", values)
        records = list(array(table(own, name).get("cases"), "cases")) if name in own else None
        yield name, Row(unicode(name, "results"), dict(zip(columns, values, strict=False)), records)


def _objects(value: object, what: str) -> list[dict[str, Any]]:
    """Return a list of objects."""
    found = array(value, what)
    if not all(isinstance(one, dict) for one in found):
        raise wrong(what, "a list of objects", value)
    return list(found)


def _required(data: Json, key: str) -> str:
    """Return a string that must be there."""
    found = text(data, key)
    if not found:
        raise StoreError(f"{key!r} is missing")
    return found


def read_machine(data: Json) -> Machine:
    """Return the machine of `params`, or of a machine.json."""
    fields = {key: text({key: str(value)}, key) for key, value in data.items() if key in Machine.__dataclass_fields__}
    return Machine(**{**fields, "machine": _required(data, "machine")})


def _environment(head: Json, own: Json) -> Environment:
    """Return the environment of a file; its name is the file's even where our rules would give another."""
    name = _required(head, "env_name")
    built = [unicode(one, "build_variables") for one in array(own.get("build_variables"), "build_variables")]
    variables = strings(head, "env_vars")
    tool = text(own, "tool") or name.partition("-py")[0]
    found = Environment(
        tool=tool,
        python=text(head, "python"),
        requirements=tuple(strings(head, "requirements").items()),
        build_variables=tuple(pair for pair in variables.items() if pair[0] in built),
        run_variables=tuple(pair for pair in variables.items() if pair[0] not in built),
        backend=text(own, "backend") or tool,
        unnamed=tuple(strings(own, "unnamed").items()),
    )
    return found if found.name == name else replace(found, label=name)


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
        kept = list(_kept(old, benchmarks[name], {one.case.params for one in results}))
        rows[name] = write_row(benchmarks[name], [*kept, *results], lambda one: _place(conditions, _of(one, run)))
    if not run.build.ok:
        rows = {name: Row(name, _unbuilt(benchmark), []) for name, benchmark in benchmarks.items()} | rows
    return _file(run, rows, conditions, latest, old)


def _grouped(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return results by benchmark."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.case.benchmark, []).append(result)
    return found


def _kept(old: Document | None, benchmark: Benchmark, measured: set[tuple[str, ...]]) -> Iterable[Result]:
    """Yield the old results of a benchmark that stay: same version, a case it still has, not measured again."""
    row = old and old.rows.get(benchmark.name)
    if not old or not row or row.version != benchmark.version:
        return
    known = {case.params for case in benchmark.cases()} - measured
    for result in old.results(row, explicit=True):
        asked = row.records is not None or result.outcome != "failed"
        if result.case.params in known and asked:
            yield result


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
        KEY: _own(run, rows, conditions, latest),
    }


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
        kept[_BUILD] = ours.shorten(run.build.duration_s)
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
