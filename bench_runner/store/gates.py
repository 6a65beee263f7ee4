"""Gates: what was measured of two commits side by side, one file each below results/gates/MACHINE/."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast, get_args

from bench_runner.errors import StoreError, UsageError
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import SIDES, Cell, Fault, Gate, Shown, Side
from bench_runner.model.metric import Better, Metric
from bench_runner.model.run import Outcome
from bench_runner.private import hide
from bench_runner.stats.looks import LOOKS
from bench_runner.store import jsonfile
from bench_runner.store.fields import Json, array, flag, number, numbers, table, text, unicode, whole, wholes, wrong
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import RESTORE
from bench_runner.store.layout import GATES, machine_folder, run_file
from bench_runner.store.own import Conditions, read_conditions, words, write_conditions

SCHEMA = 1
CHANGES = {1: "the first: two commits, rounds by side and case, canaries, how and on what they were taken"}
OUTCOMES = (*get_args(Outcome), "missing", "unlike")
ENDING = ".gate"  # JSON inside; asv warns of every .json that is no result
LATEST_MS = 253_402_300_800_000


def keep(store: Store, gate: Gate) -> Path:
    """Write a gate, in place of what was kept of the same one before."""
    path = _path(store.results / GATES, gate)
    with store.writing() as scratch:
        jsonfile.write(path, _write(gate, store.root), scratch, compact=True)
    return path


def list_(store: Store, machine: str | None = None) -> list[Gate]:
    """Return all readable gates (of one machine), oldest first; damaged ones are collected in the store's `damaged`."""
    place, found = store.results / GATES, []
    folders = place.glob("*") if machine is None else [machine_folder(place, machine)]
    for path in sorted(path for folder in folders for path in folder.glob(f"*{ENDING}")):
        try:
            found.append(load(path))
        except StoreError as error:
            store.damaged.append(jsonfile.Damage.of(path, error))
    return sorted(found, key=lambda one: (one.began_ms, one.machine, one.environment))


def rename(store: Store, old: str, new: str, scratch: Path) -> None:
    """Keep the gates of a machine under a new name, while nobody else can write; unreadable ones stay as they are."""
    place = store.results / GATES
    for gate in list_(store, old):
        renamed = replace(gate, machine=new)
        jsonfile.write(_path(place, renamed), _write(renamed, store.root), scratch, compact=True)
        _path(place, gate).unlink(missing_ok=True)


def load(path: Path) -> Gate:
    """Return the gate in a file; StoreError for a damaged one."""
    data = jsonfile.read(path)
    try:
        schema = whole(data, "schema")
        if schema <= SCHEMA:
            return _in_place(_read(data), path)
    except (StoreError, UsageError) as error:
        raise StoreError(f"{path}: {error}: {RESTORE}") from error
    raise StoreError(f"{path}: has schema {schema}, this program reads up to {SCHEMA}: update bench-history")


def _in_place(gate: Gate, path: Path) -> Gate:
    """Return a gate that would be kept in this file; StoreError for one that belongs elsewhere, or nowhere."""
    if path != _path(path.parent.parent, gate):
        raise StoreError("is not named as its content")
    return gate


def _path(place: Path, gate: Gate) -> Path:
    """Return the file of a gate; StoreError or UsageError where what it names could leave the folder."""
    began = datetime.fromtimestamp(gate.began_ms / 1000, UTC).strftime("%Y%m%dT%H%M%S")
    base, head = (Path(run_file(sha, gate.environment)).stem for sha in (gate.base, gate.head))
    return machine_folder(place, gate.machine) / f"{began}-{base[:8]}-{head}{ENDING}"


def _write(gate: Gate, root: Path | None = None) -> dict[str, Any]:
    """Return a gate as JSON, fit to be published; `root` is the project's folder."""
    return {
        "schema": SCHEMA,
        "base": gate.base,
        "head": gate.head,
        "environment": gate.environment,
        "machine": gate.machine,
        "began_ms": gate.began_ms,
        "seed": gate.seed,
        "looks": list(gate.looks),
        "canary": {side: list(values) for side, values in gate.canary.items()},
        "spent_s": gate.spent_s,
        "whole": gate.whole,
        "shown": asdict(gate.shown) if gate.shown else None,
        "cells": [_write_cell(one, root) for one in gate.cells],
        **write_conditions(Conditions(gate.protocol, gate.fingerprint)),
    }


def _write_cell(cell: Cell, root: Path | None) -> dict[str, Any]:
    """Return a cell as JSON."""
    return {
        "benchmark": cell.case.benchmark,
        "params": list(cell.case.params),
        "kind": cell.kind,
        "version": cell.version,
        "metric": {
            "name": cell.metric.name,
            "unit": cell.metric.unit,
            "better": cell.metric.better,
            "exact": cell.metric.exact,
        },
        "rounds": {side: list(values) for side, values in cell.rounds.items()},
        "fresh": {side: list(values) for side, values in cell.fresh.items()},
        "cpu": {side: list(values) for side, values in cell.cpu.items()},
        "fresh_cpu": {side: list(values) for side, values in cell.fresh_cpu.items()},
        "faults": {
            side: {"outcome": one.outcome, **words(hide(one.detail, root), hide(one.output, root))}
            for side, one in cell.faults.items()
        },
    }


def _read(data: Json) -> Gate:
    """Return a gate from JSON."""
    found = read_conditions(data)
    return Gate(
        base=text(data, "base"),
        head=text(data, "head"),
        environment=text(data, "environment"),
        machine=text(data, "machine"),
        began_ms=_moment(data, "began_ms"),
        seed=whole(data, "seed"),
        protocol=found.protocol,
        fingerprint=found.fingerprint,
        cells=tuple(_read_cell(one) for one in array(data.get("cells"), "cells")),
        looks=_looks(data, "looks"),
        canary=_sides(data, "canary"),
        spent_s=number(data.get("spent_s"), "spent_s"),
        whole=flag(data, "whole", default=False),
        shown=_shown(table(data, "shown")),
    )


def _shown(data: Json) -> Shown | None:
    """Return what a gate shows of its machine, None for one of which it was not kept."""
    if not data:
        return None
    floor, effect, seen = (number(data.get(name), name) for name in ("floor", "effect", "detectable"))
    return Shown(floor, effect, whole(data, "tried"), whole(data, "red"), seen)


def _read_cell(data: Any) -> Cell:
    """Return a cell from JSON."""
    if not isinstance(data, dict):
        raise wrong("cells", "a list of objects", data)
    metric = table(data, "metric")
    better = text(metric, "better", "lower")
    if better not in get_args(Better):
        raise wrong("better", f"one of {', '.join(get_args(Better))}", better)
    return Cell(
        case=Case(
            text(data, "benchmark"), tuple(unicode(one, "params") for one in array(data.get("params"), "params"))
        ),
        kind=text(data, "kind"),
        version=text(data, "version"),
        metric=Metric(
            text(metric, "name"), text(metric, "unit"), cast("Better", better), flag(metric, "exact", default=False)
        ),
        rounds=_rounds(data, "rounds"),
        fresh=_rounds(data, "fresh"),
        cpu=_rounds(data, "cpu"),
        fresh_cpu=_rounds(data, "fresh_cpu"),
        faults={side: _read_fault(table(data["faults"], side)) for side in SIDES if side in table(data, "faults")},
    )


def _read_fault(data: Json) -> Fault:
    """Return why a side has no numbers."""
    outcome = text(data, "outcome")
    if outcome not in OUTCOMES:
        raise wrong("outcome", f"one of {', '.join(OUTCOMES)}", outcome)
    return Fault(cast("Any", outcome), text(data, "detail"), text(data, "output"))


def _moment(data: Json, key: str) -> int:
    """Return milliseconds since 1970 that lie before the year 10000."""
    found = whole(data, key)
    if not 0 <= found < LATEST_MS:
        raise wrong(key, "a moment in milliseconds", found)
    return found


def _looks(data: Json, key: str) -> tuple[int, ...]:
    """Return after how many rounds all was looked at, which is not often, nor after very many."""
    found = wholes(data.get(key), key)
    if found != sorted(set(found) - {0}) or len(found) > len(LOOKS) or max(found, default=0) > LOOKS[-1]:
        raise wrong(key, "a few numbers of rounds that rise", found)
    return tuple(found)


def _rounds(data: Json, key: str) -> Mapping[Side, tuple[float, ...]]:
    """Return the numbers of rounds, which are as many on all sides."""
    found = _sides(data, key)
    if found and (len(found) < len(SIDES) or len(set(map(len, found.values()))) > 1):
        raise wrong(key, "as many rounds on all sides", table(data, key))
    return found


def _sides(data: Json, key: str) -> Mapping[Side, tuple[float, ...]]:
    """Return the numbers of each side that has any."""
    found = table(data, key)
    return {side: numbers(found[side], key) for side in SIDES if side in found}
