"""Baselines: the values of a commit held fast under a name, one file each below results/baselines/."""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

from bench_runner.errors import NothingMeasuredError, StoreError, UsageError
from bench_runner.model.baseline import Baseline, Taken
from bench_runner.model.run import Result, Run
from bench_runner.stats.summary import centres
from bench_runner.store import jsonfile
from bench_runner.store.fields import Json, array, number, numbers, strings, table, text, unicode, whole
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import RESTORE
from bench_runner.store.layout import BASELINES, RESULT_FILE, usable
from bench_runner.store.own import Conditions, read_conditions, write_conditions

SCHEMA = 2
CHANGES = {
    1: "the first: name, commit, set_ms, reason, values by machine, environment and case",
    2: "how and on what they were taken, by whom, allowances by metric, what the name stood for before",
}
ENDING = ".baseline"  # JSON inside; asv warns of every .json that is no result

Values = dict[str, dict[str, dict[str, tuple[float, ...]]]]


class Said(TypedDict, total=False):
    """What a person says of a baseline: why, who, and by how much metrics may get worse (name -> share)."""

    reason: str
    by: str
    allowance: Mapping[str, float]


def set_(
    store: Store, name: str, commit_sha: str, *, force: bool = False, set_ms: int | None = None, **said: Unpack[Said]
) -> Baseline:
    """Keep the values stored for a commit (full sha) under a name; `set_ms` is now unless given.

    With `force` it takes the place of the one of that name, which stays in its file. Raises UsageError for a name that
    is taken or impossible, NothingMeasuredError for a commit without numbers.
    """
    path = _path(store, name)
    if path.exists() and not force:
        raise UsageError(f"baseline {name!r} exists already: replace it with --force, or choose another name")
    moment = time.time_ns() // 1_000_000 if set_ms is None else set_ms
    baseline = replace(of_commit(store, name, commit_sha), set_ms=moment, **said)
    with store.writing() as scratch:
        if path.exists():
            old = show(store, name)
            baseline = replace(baseline, before=(replace(old, before=()), *old.before))
        jsonfile.write(path, _write(baseline), scratch)
    return baseline


def of_commit(store: Store, name: str, commit_sha: str) -> Baseline:
    """Return what a commit (full sha) would be as a baseline; NothingMeasuredError for one without numbers."""
    found = list(_stored(store, commit_sha))
    if not found:
        short = commit_sha[:8]
        raise NothingMeasuredError(f"commit {short} has no stored numbers: try `bench-runner run {short}^!`")
    values: Values = {}
    taken: dict[str, dict[str, Taken]] = {}
    for run, mine in found:
        machine, environment = run.machine.machine, run.environment.name
        values.setdefault(machine, {})[environment] = mine
        versions = {one.case.benchmark: one.version for one in run.results if one.case.id in mine}
        taken.setdefault(machine, {})[environment] = Taken(run.protocol, run.fingerprint, versions)
    return Baseline(name, commit_sha, 0, "", values, taken)


def remove(store: Store, name: str) -> None:
    """Delete a baseline; UsageError for an unknown one."""
    path = _path(store, name)
    if not path.is_file():
        raise _unknown(store, name)
    with store.writing():
        path.unlink(missing_ok=True)


def show(store: Store, name: str) -> Baseline:
    """Return a baseline; UsageError for an unknown one, StoreError for a damaged one."""
    path = _path(store, name)
    if not path.is_file():
        raise _unknown(store, name)
    data = jsonfile.read(path)
    schema = whole(data, "schema")
    if schema > SCHEMA:
        raise StoreError(f"{path}: has schema {schema}, this program reads up to {SCHEMA}: update bench-history")
    try:
        return _read(data)
    except StoreError as error:
        raise StoreError(f"{path}: {error}: {RESTORE}") from error


def _unknown(store: Store, name: str) -> UsageError:
    """Return the error for a name that no baseline has."""
    known = ", ".join(one.name for one in list_(store)) or "none"
    return UsageError(f"no baseline {name!r}: known are {known}; set it with `bench-runner baseline set {name}`")


def list_(store: Store) -> list[Baseline]:
    """Return all readable baselines by name; damaged ones are collected in the store's `damaged`."""
    found = []
    for path in sorted((store.results / BASELINES).glob(f"*{ENDING}")):
        try:
            found.append(show(store, path.name.removesuffix(ENDING)))
        except StoreError as error:
            store.damaged.append(jsonfile.Damage.of(path, error))
    return found


def _path(store: Store, name: str) -> Path:
    """Return the file of a baseline, or refuse the name."""
    if not usable(name):
        raise UsageError(f"baseline name {name[:80]!r} cannot be a file name: use letters, digits, '.', '-', '_'")
    return store.results / BASELINES / f"{name}{ENDING}"


def _stored(store: Store, commit_sha: str) -> Iterator[tuple[Run, dict[str, tuple[float, ...]]]]:
    """Yield the runs of a commit that have numbers, with the per-round centres of each case."""
    for path in store.paths():
        match = RESULT_FILE.fullmatch(path.name)
        if match is None or not commit_sha.startswith(match["sha"]):
            continue
        run = store.load(path)
        centres = {one.case.id: found for one in run.results if (found := round_centres(one))}
        if run.commit_sha == commit_sha and centres:
            yield run, centres


def round_centres(result: Result) -> tuple[float, ...]:
    """Return the median of each round in order; the centre alone where no samples were kept; () without a number."""
    if result.outcome != "ok":
        return ()
    found = tuple(centres(result.sample)) if result.sample else ()
    found = found or ((result.summary.centre,) if result.summary else ())
    return found if all(map(math.isfinite, found)) else ()


def _write(baseline: Baseline) -> dict[str, object]:
    """Return a baseline as JSON."""
    return {
        "schema": SCHEMA,
        "name": baseline.name,
        "commit": baseline.commit_sha,
        "set_ms": baseline.set_ms,
        "reason": baseline.reason,
        "by": baseline.by,
        "allowance": dict(baseline.allowance),
        "values": baseline.values,
        "taken": {
            machine: {environment: _write_taken(one) for environment, one in some.items()}
            for machine, some in baseline.taken.items()
        },
        "before": [_write(one) for one in baseline.before],
    }


def _write_taken(one: Taken) -> dict[str, object]:
    """Return how values were taken as JSON."""
    return {**write_conditions(Conditions(one.protocol, one.fingerprint)), "versions": dict(one.versions)}


def _read(data: Json) -> Baseline:
    """Return a baseline from JSON."""
    raw = table(data, "values")
    values: Values = {
        machine: {
            environment: {unicode(case, "case"): numbers(cases[case], case) for case in cases}
            for environment in by_environment
            for cases in (table(by_environment, environment),)
        }
        for machine in raw
        for by_environment in (table(raw, machine),)
    }
    raw = table(data, "taken")
    taken = {
        machine: {
            environment: _read_taken(table(some, environment))
            for some in (table(raw, machine),)
            for environment in some
        }
        for machine in raw
    }
    return Baseline(
        text(data, "name"),
        text(data, "commit"),
        whole(data, "set_ms"),
        text(data, "reason"),
        values,
        taken,
        text(data, "by"),
        {name: number(share, name) for name, share in table(data, "allowance").items()},
        tuple(_read(one) for one in array(data.get("before"), "before")),
    )


def _read_taken(data: Json) -> Taken:
    """Return how values were taken from JSON."""
    found = read_conditions(data)
    return Taken(found.protocol, found.fingerprint, strings(data, "versions"))
