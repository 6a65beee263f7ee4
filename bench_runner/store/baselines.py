"""Baselines: the values of a commit held fast under a name, one file each below results/baselines/."""

import math
import time
from pathlib import Path

from bench_runner.errors import NothingMeasuredError, StoreError, UsageError
from bench_runner.model.baseline import Baseline
from bench_runner.model.run import Result
from bench_runner.stats.summary import centres
from bench_runner.store import jsonfile
from bench_runner.store.fields import Json, numbers, table, text, unicode, whole
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import RESTORE
from bench_runner.store.layout import BASELINES, RESULT_FILE, usable

SCHEMA = 1
CHANGES = {1: "the first: name, commit, set_ms, reason, values by machine, environment and case"}
ENDING = ".baseline"  # JSON inside; asv warns of every .json that is no result

Values = dict[str, dict[str, dict[str, tuple[float, ...]]]]


def set_(
    store: Store, name: str, commit_sha: str, *, reason: str = "", force: bool = False, set_ms: int | None = None
) -> Baseline:
    """Keep the values stored for a commit (full sha) under a name; `set_ms` is now unless given.

    Raises UsageError for a name that is taken (unless `force`) or impossible, NothingMeasuredError for a commit without
    numbers.
    """
    path = _path(store, name)
    if path.exists() and not force:
        raise UsageError(f"baseline {name!r} exists already: replace it with --force, or choose another name")
    values = _values(store, commit_sha)
    if not values:
        short = commit_sha[:8]
        raise NothingMeasuredError(f"commit {short} has no stored numbers: try `bench-runner run {short}^!`")
    moment = time.time_ns() // 1_000_000 if set_ms is None else set_ms
    baseline = Baseline(name, commit_sha, moment, reason, values)
    with store.writing() as scratch:
        jsonfile.write(path, _write(baseline), scratch)
    return baseline


def show(store: Store, name: str) -> Baseline:
    """Return a baseline; UsageError for an unknown one, StoreError for a damaged one."""
    path = _path(store, name)
    if not path.is_file():
        known = ", ".join(one.name for one in list_(store)) or "none"
        raise UsageError(f"no baseline {name!r}: known are {known}; set it with `bench-runner baseline set {name}`")
    data = jsonfile.read(path)
    schema = whole(data, "schema")
    if schema > SCHEMA:
        raise StoreError(f"{path}: has schema {schema}, this program reads up to {SCHEMA}: update bench-history")
    try:
        return _read(data)
    except StoreError as error:
        raise StoreError(f"{path}: {error}: {RESTORE}") from error


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


def _values(store: Store, commit_sha: str) -> Values:
    """Return the per-round centres of everything stored for a commit, by machine, environment, case."""
    values: Values = {}
    for path in store.paths():
        match = RESULT_FILE.fullmatch(path.name)
        if match is None or not commit_sha.startswith(match["sha"]):
            continue
        run = store.load(path)
        centres = {one.case.id: found for one in run.results if (found := round_centres(one))}
        if run.commit_sha == commit_sha and centres:
            values.setdefault(run.machine.machine, {})[run.environment.name] = centres
    return values


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
        "values": baseline.values,
    }


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
    return Baseline(text(data, "name"), text(data, "commit"), whole(data, "set_ms"), text(data, "reason"), values)
