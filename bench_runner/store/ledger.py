"""The ledger of confirmed changes: one file each below results/changes/.

A file for each change, and not one for all: what two branches record meets in git without a conflict, unless both say
something else of the very same change; `git log` of a file is the life of its change, and `git blame` names who
dismissed it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from bench_runner.errors import StoreError
from bench_runner.model.ledger import Entry, Proposal
from bench_runner.store import jsonfile
from bench_runner.store.files import Store
from bench_runner.store.layout import LEDGER
from bench_runner.store.ledger_entry import ID, MEND, encode, parse

ENDING = ".change"  # JSON inside; asv warns of every .json that is no result


def paths(store: Store) -> list[Path]:
    """Return the files of all entries, sorted."""
    return sorted((store.results / LEDGER).glob(f"*{ENDING}"))


def read(store: Store) -> dict[str, Entry]:
    """Return all entries by id, sorted; StoreError names the first damaged file, with the line.

    Nothing is left out of a damaged ledger: a change that somebody has dismissed would be reported again.
    """
    found = (load(path) for path in paths(store))
    return {one.id: one for one in found}


def load(path: Path) -> Entry:
    """Return the entry in a file; StoreError as from `read`."""
    entry = parse(jsonfile.read_bytes(path), path)
    if entry.id != path.stem:
        raise StoreError(f"{path}: is not named as the id in it, {entry.id[:64]!r}: {MEND}")
    return entry


def write(store: Store, proposals: Iterable[Proposal]) -> int:
    """Write what is proposed, each change in one step, and return how many; the same call ends what a kill has left.

    Raises StoreError, and changes nothing, where an entry is no longer what it was when this was proposed.
    """
    planned = sorted((one for one in proposals if one.writes), key=lambda one: one.id)
    if planned:
        with store.writing() as scratch:
            _check(store, planned)
            for one in planned:
                put(store, one, scratch)
    return len(planned)


def _check(store: Store, planned: Iterable[Proposal]) -> None:
    """Refuse to write over what somebody else wrote; what is written already as proposed may stand there."""
    now = read(store)
    for one in planned:
        stands = _content(now.get(one.id))
        if stands not in {_content(one.old), _content(one.new)}:
            raise StoreError(f"{_path(store, one.id)}: was changed by somebody else meanwhile: run it once more")


def put(store: Store, one: Proposal, scratch: Path) -> None:
    """Write one proposal, by way of the folder that `store.writing` yields."""
    path = _path(store, one.id)
    if one.new is not None:
        jsonfile.write(path, encode(one.new), scratch)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as cause:
        raise StoreError(f"{path}: cannot be removed ({cause.strerror}): make it writable") from cause


def _path(store: Store, name: str) -> Path:
    """Return the file of an entry."""
    if not ID.fullmatch(name):
        raise StoreError(f"{name[:64]!r} is no id of a change")
    return store.results / LEDGER / f"{name}{ENDING}"


def _content(entry: Entry | None) -> str:
    """Return what tells entries apart; unlike == it takes NaN for NaN."""
    return json.dumps(None if entry is None else encode(entry), sort_keys=True)


def renamed(entries: Mapping[str, Entry], old: str, new: str) -> list[Proposal]:
    """Return what a machine's new name changes in a ledger; ids stay."""
    return [
        Proposal((), one, replace(one, key=replace(one.key, machine=new)))
        for one in entries.values()
        if one.key.machine == old
    ]
