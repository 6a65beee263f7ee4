"""Takes asv's result files (api_version 2) apart, ours and those of asv itself."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.run import Build, Result, Run
from bench_runner.store import own as ours
from bench_runner.store.fields import Json, array, number, strings, table, text, unicode, whole, wrong
from bench_runner.store.own import FOREIGN, KEY, MARK, Conditions
from bench_runner.store.rows import Row, read_row
from bench_runner.store.windows import read_windows
from bench_runner.store.work import read_work

API_VERSION = 2
BUILD = "<build>"
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
        results = tuple(one for row in self.rows.values() for one in self.results(row))
        return replace(self.heading(), results=results, windows=tuple(read_windows(self.own)))

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
            work=read_work(self.own),
        )

    def results(self, row: Row, *, explicit: bool = False) -> Iterable[Result]:
        """Yield the results of a row; with `explicit` those of the newest measurement name their conditions too."""
        return read_row(row, lambda index: self._conditions(index, explicit=explicit))

    def _build(self, durations: Mapping[str, float]) -> Build:
        """Return how the commit was built; asv keeps no more than the time of a build that went well."""
        if self.own:
            return ours.read_build(table(self.own, "build"))
        return Build(ok=True, duration_s=durations.get(BUILD, 0.0))

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
