"""Thins old runs: which ones, and one file after the other, so that a kill loses nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_runner.config.keep import Keep
from bench_runner.errors import StoreError
from bench_runner.store import columns, jsonfile
from bench_runner.store.baselines import list_
from bench_runner.store.columns import Columns, Entry
from bench_runner.store.documents import document
from bench_runner.store.files import Store
from bench_runner.store.jsonfile import Damage
from bench_runner.store.thinned import thinned

_DAY_MS = 86_400_000


@dataclass(slots=True)
class Tally:
    """What thinning came to: runs made smaller by how many bytes; runs spared for a baseline; runs thin before."""

    runs: int = 0
    saved: int = 0
    spared: int = 0
    thin: int = 0


def thin(
    store: Store, keep: Keep, cache: Path | None = None, *, dry_run: bool = False, now_ms: int | None = None
) -> Tally:
    """Thin every run that is older than `keep` says, file by file; `now_ms` is when the newest was measured, if None.

    A kill loses nothing, and the same call goes on from there. Files that cannot be read are left, and collected in
    the store's `damaged`; StoreError when a baseline cannot be read, or a file not be written.
    """
    held = _held(store)
    tally = Tally()
    for entry in old(columns.load(store, cache), keep, now_ms):
        if entry.sha in held:
            tally.spared += 1
        elif not entry.damage:
            _count(tally, _shrink(store, store.results / entry.place, dry_run=dry_run))
    return tally


def _held(store: Store) -> set[str]:
    """Return the commits that baselines refer to."""
    damaged = len(store.damaged)
    held = {each.commit_sha for one in list_(store) for each in (one, *one.before)}
    if bad := store.damaged[damaged:]:
        raise StoreError(f"{bad[0].path}: {bad[0].reason}; until then nobody knows which runs it refers to")
    return held


def _count(tally: Tally, saved: int) -> None:
    """Enter what was saved of one run."""
    tally.runs += saved > 0
    tally.thin += not saved
    tally.saved += saved


def old(found: Columns, keep: Keep, now_ms: int | None = None) -> Iterator[Entry]:
    """Yield the files that are older than `keep` says."""
    measured = _measured(found)
    newest = max(measured, default=0) if now_ms is None else now_ms
    dates = {one.sha: one.commit_time_ms for one in found.entries}
    ranks = {sha: rank for rank, sha in enumerate(sorted(dates, key=lambda sha: (dates[sha], sha), reverse=True))}
    for entry, moment in zip(found.entries, measured, strict=True):
        late = keep.days is not None and moment < newest - keep.days * _DAY_MS
        if late or (keep.commits is not None and ranks[entry.sha] >= keep.commits):
            yield entry


def _measured(found: Columns) -> list[int]:
    """Return when each file was last measured, ms; its commit's date where nobody knows."""
    moments = [one.commit_time_ms for one in found.entries]
    latest = found.table.group_by("run").aggregate([("started_ms", "max")])
    for run, moment in zip(latest["run"].to_pylist(), latest["started_ms_max"].to_pylist(), strict=True):
        moments[run] = moment or moments[run]
    return moments


def _shrink(store: Store, path: Path, *, dry_run: bool) -> int:
    """Return by how many bytes a file gets smaller, and make it so unless this is a dry run."""
    if dry_run:
        return _smaller(store, path)[1]
    with store.writing() as scratch:
        content, saved = _smaller(store, path)
        if content:
            jsonfile.write(path, content, scratch, compact=True)
    return saved


def _smaller(store: Store, path: Path) -> tuple[dict[str, Any], int]:
    """Return a file thinned, and the bytes that saves; ({}, 0) when there is nothing to do, or it cannot be read."""
    try:
        content = jsonfile.read_bytes(path)
        found = thinned(document(content, path))
    except StoreError as error:
        store.damaged.append(Damage.of(path, error))
        return {}, 0
    return (found, len(content) - len(jsonfile.encoded(found, compact=True))) if found else ({}, 0)
