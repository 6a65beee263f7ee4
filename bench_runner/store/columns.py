"""The points of all runs as one table, from a cache that may be thrown away at any moment."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.store import arrow
from bench_runner.store import cache as kept
from bench_runner.store.circumstances import canary_of, fingerprint_of, write_fingerprint
from bench_runner.store.documents import document, run_of
from bench_runner.store.fields import Json, number
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import Damage, read_bytes
from bench_runner.store.points import Points, read_points
from bench_runner.store.work import write_work

FORMAT = 6  # to be raised whenever a file would be read differently
_HEAD = f"columns {FORMAT}"
_DIGEST = 32
_NUMBERS = {
    "run": "int32",
    "position": "int32",
    "centre": "float64",
    "low": "float64",
    "high": "float64",
    "n": "int64",
    "started_ms": "int64",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A result file as last read: its place below results/, its stamp and content, and what it says of the whole run.

    `damage` is the reason why it could not be read, else ""; `fingerprint` and `canary_s` are told by `circumstances`.
    """

    place: str
    stamp: tuple[int, int, int]
    digest: str
    damage: str = ""
    sha: str = ""
    environment: str = ""
    machine: str = ""
    commit_time_ms: int = 0
    duration_s: float = 0.0  # building and measuring
    built: bool = True
    build_detail: str = ""
    build_output: str = ""
    work: Json = field(default_factory=dict)  # as in the file
    fingerprint: str = ""
    canary_s: float = 0.0


@dataclass(frozen=True)
class Columns:
    """All points (a pyarrow table; "run" is an index into `entries`), and the files they come from, sorted by place."""

    entries: tuple[Entry, ...]
    table: Any = field(repr=False)


def load(store: Store, cache: Path | None = None) -> Columns:
    """Return the points of all readable files; only files that changed since the last time are read.

    `cache` is a folder; the user's own when None. Damaged files are collected in the store's `damaged`.
    """
    place = kept.place(store, cache, "columns", "arrow")
    old = _read(place)
    new = _refresh(store, old)
    if new is not old:
        _write(place, new)
    store.damaged += [Damage(store.results / one.place, one.damage) for one in new.entries if one.damage]
    return new


def _refresh(store: Store, old: Columns) -> Columns:
    """Return columns that agree with the files; the same object when nothing changed."""
    known = {one.place: (index, one) for index, one in enumerate(old.entries)}
    entries: list[Entry] = []
    sources: list[int] = []  # the old index of each entry that stays, -1 for one that was read
    fresh: list[Any] = []
    for path in store.paths():
        index, before = known.get(path.relative_to(store.results).as_posix(), (-1, None))
        entry, points = _look(path, store, before)
        sources.append(-1 if points else index)
        if points:
            fresh.append(_table(points, len(entries)))
        entries.append(entry)
    if tuple(entries) == old.entries:
        return old
    return Columns(tuple(entries), _joined(_moved(old.table, sources), fresh))


def _look(path: Path, store: Store, before: Entry | None) -> tuple[Entry, Points | None]:
    """Return the entry of a file, and its points unless they are those of `before`."""
    place = path.relative_to(store.results).as_posix()
    try:
        found = path.stat()
        # A file of the same name that was written anew has another inode, even within one tick of the clock.
        stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
        if before and before.stamp == stamp:
            return before, None
        content = read_bytes(path)
    except (OSError, StoreError) as error:
        return Entry(place, (0, 0, 0), "", damage=str(error)), Points()
    digest = hashlib.blake2b(content, digest_size=_DIGEST).hexdigest()
    if before and before.digest == digest:
        return replace(before, stamp=stamp), None
    return _parse(content, path, Entry(place, stamp, digest))


def _parse(content: bytes, path: Path, entry: Entry) -> tuple[Entry, Points]:
    """Return an entry filled from the content of its file, with the points."""
    try:
        found = document(content, path)
        run = run_of(path, found, results=False)
        points = read_points(found)
        canary = canary_of(found)
        spent = [number(row.columns.get("duration"), "duration") for row in found.rows.values()]
    except StoreError as error:
        return replace(entry, damage=Damage.of(path, error).reason), Points()
    entry = replace(
        entry,
        sha=run.commit_sha,
        environment=run.environment.name,
        machine=run.machine.machine,
        commit_time_ms=run.commit_time_ms,
        duration_s=run.build.duration_s + sum(one for one in spent if not math.isnan(one)),
        built=run.build.ok,
        build_detail=run.build.detail,
        build_output=run.build.output,
        work=write_work(run.work) if run.work.steps else {},
        fingerprint=write_fingerprint(fingerprint_of(run)),
        canary_s=canary,
    )
    return entry, points


def _table(points: Points, index: int) -> Any:
    """Return the points of one file as a table; words that repeat are stored once."""
    import pyarrow as pa

    names: Sequence[str] = ["run", *Points.__slots__]
    columns = [[index] * len(points.benchmark), *points.columns()]
    made = [
        arrow.numbers(column, _NUMBERS[name]) if name in _NUMBERS else arrow.words(column)
        for name, column in zip(names, columns, strict=True)
    ]
    return pa.table(made, names=names)


def _moved(table: Any, sources: Sequence[int]) -> Any:
    """Return the rows of entries that stay, "run" being their new index."""
    import numpy as np
    import pyarrow as pa

    runs = arrow.plain(table.column("run").combine_chunks())
    places = np.full(max(int(runs.max(initial=-1)), *sources, -1) + 1, -1, np.int32)
    for new, old in enumerate(sources):
        if old >= 0:
            places[old] = new
    moved = places[runs]
    numbered = table.set_column(0, "run", arrow.numbers(moved, _NUMBERS["run"]))
    # The rows of a run stand together: a few slices do what a filter, a library of its own, would.
    ends = [0, *(np.flatnonzero(np.diff(moved >= 0)) + 1).tolist(), len(moved)]
    kept = [numbered.slice(start, end - start) for start, end in pairwise(ends) if end > start and moved[start] >= 0]
    return pa.concat_tables([numbered.slice(0, 0), *kept])


def _joined(old: Any, fresh: Sequence[Any]) -> Any:
    """Return tables one below the other, with one dictionary per column."""
    import pyarrow as pa

    return pa.concat_tables([old, *fresh]).unify_dictionaries().combine_chunks()


def _read(place: Path) -> Columns:
    """Return what the cache holds; nothing when it is missing, of another format, or damaged in any way."""
    import pyarrow as pa

    body = kept.read(place, _HEAD)
    if body is None:
        return _empty()
    table = pa.ipc.open_file(pa.BufferReader(body)).read_all()
    raw = json.loads(table.schema.metadata[b"entries"])
    prints = json.loads(table.schema.metadata[b"fingerprints"])
    entries = tuple(
        Entry(**{**one, "stamp": tuple(one["stamp"]), "fingerprint": prints[one["fingerprint"]]}) for one in raw
    )
    return Columns(entries, table.replace_schema_metadata())


def _empty() -> Columns:
    """Return columns of nothing."""
    return Columns((), _table(Points(), 0))


def _write(place: Path, columns: Columns) -> None:
    """Keep columns for the next time, if that is possible."""
    import pyarrow as pa

    prints = list(dict.fromkeys(one.fingerprint for one in columns.entries))  # few differ, and each is long
    places = {one: place for place, one in enumerate(prints)}
    entries = [{**asdict(one), "fingerprint": places[one.fingerprint]} for one in columns.entries]
    metadata = {"entries": json.dumps(entries), "fingerprints": json.dumps(prints)}
    table = columns.table.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    kept.write(place, _HEAD, memoryview(sink.getvalue()))
