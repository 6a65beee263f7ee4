"""Gives a machine another name in everything below results/ that has it.

A copy of the machine's folder is made aside, with the new name in each file; it appears in one step, then baselines
and recorded changes follow and the old folder goes. A marker in the new folder says so long where it came from: after
a kill the same call goes on from there. Until then both folders may be seen, never a part of one.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench_runner.errors import StoreError, UsageError
from bench_runner.model.ledger import Proposal
from bench_runner.model.production import PREFIX, is_production
from bench_runner.store import gates, jsonfile, ledger, machine
from bench_runner.store.baselines import ENDING, list_
from bench_runner.store.files import Store
from bench_runner.store.layout import BASELINES, MACHINE, RESULT_FILE, machine_folder

_MARKER = ".renamed"  # in the new folder while the old one is still there, hidden from all who read results
_ASIDE = "rename"  # the copy on its way in
_LEAVING = "renamed"  # the old folder on its way out


@dataclass(frozen=True, slots=True)
class Renaming:
    """What a renaming changes: files, bytes, baselines, recorded changes, and (`here`) this host's own name."""

    old: str
    new: str
    files: int
    size: int
    baselines: tuple[str, ...]
    entries: tuple[Proposal, ...]
    here: bool


def plan(store: Store, old: str, new: str) -> Renaming:
    """Return what renaming would change.

    Raises UsageError for a name that is unknown, impossible or taken, StoreError when a baseline or a recorded change
    cannot be read.
    """
    folder, target = machine_folder(store.results, old), machine_folder(store.results, new)
    if is_production(old) != is_production(new):
        raise UsageError(f"{PREFIX} begins the names of services in production and no others: choose another name")
    if _under_way(target, old):
        _check_unchanged(folder, target)
        folder = target
    else:
        _check(store, folder, target)
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    entries = tuple(ledger.renamed(ledger.read(store), old, new))
    return Renaming(old, new, len(files), size, _baselines(store, old, new), entries, machine.here().machine == old)


def rename(store: Store, planned: Renaming) -> None:
    """Carry out a plan, or what a kill has left of it; raises StoreError when something cannot be written."""
    with store.writing() as scratch:
        planned = plan(store, planned.old, planned.new)  # once more, now that nobody else can write
        target = store.results / planned.new
        if not _under_way(target, planned.old):
            _bring_in(store, planned, scratch)
        for name in planned.baselines:
            _move(store.results / BASELINES / f"{name}{ENDING}", planned, scratch)
        for one in planned.entries:
            ledger.put(store, one, scratch)
        gates.rename(store, planned.old, planned.new, scratch)
        if planned.here:
            machine.save(replace(machine.here(), machine=planned.new))
        _take_out(store.results / planned.old, scratch / _LEAVING)
        (target / _MARKER).unlink()


def _check(store: Store, folder: Path, target: Path) -> None:
    """Refuse names that are not there, or taken already."""
    if not folder.is_dir():
        known = ", ".join(one.name for one in store.folders()) or "none"
        raise UsageError(f"no machine {folder.name!r} in {store.results}: known are {known}")
    if target.exists():
        raise UsageError(f"{target} is there already, and two machines' results are not mixed: choose another name")


def _check_unchanged(folder: Path, target: Path) -> None:
    """Refuse to end a renaming after which somebody has measured under the old name."""
    copied = (target / _MARKER).stat().st_mtime_ns
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.stat().st_mtime_ns > copied:
            raise UsageError(f"{path} was written since the renaming was interrupted: remove {target} and begin anew")


def _under_way(target: Path, old: str) -> bool:
    """Whether the folder under the new name is the copy that a renaming has made, whose end is still to come."""
    marker = target / _MARKER
    return marker.is_file() and jsonfile.read(marker).get("old") == old


def _baselines(store: Store, old: str, new: str) -> tuple[str, ...]:
    """Return the names of the baselines that hold values of a machine."""
    seen = len(store.damaged)
    found = list_(store)
    if bad := store.damaged[seen:]:
        raise StoreError(f"{bad[0].path}: {bad[0].reason}; until then it cannot be told whether it names the machine")
    machines = {one.name: [each.values.keys() for each in (one, *one.before)] for one in found}
    if both := [name for name, some in machines.items() if any({old, new} <= one for one in some)]:
        raise UsageError(f"baseline {both[0]!r} holds values of {old!r} and of {new!r}: choose another name")
    return tuple(name for name, some in machines.items() if any(old in one for one in some))


def _bring_in(store: Store, planned: Renaming, scratch: Path) -> None:
    """Make the folder under the new name appear, whole."""
    aside = scratch / _ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(store.results / planned.old, aside)
    except OSError as cause:
        raise StoreError(f"{aside}: cannot be written ({cause}): free disk space; nothing was changed") from cause
    for path, data in _renamed(aside, planned):
        jsonfile.write(path, data, scratch, compact=path.name != MACHINE)
    jsonfile.write(aside / _MARKER, {"old": planned.old}, scratch)
    aside.rename(store.results / planned.new)


def _renamed(folder: Path, planned: Renaming) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the files that name the machine, with its new name in them; damaged ones stay as they are."""
    for path in sorted(folder.iterdir()):
        if path.name == MACHINE or RESULT_FILE.fullmatch(path.name):
            try:
                data = jsonfile.read(path)
            except StoreError:
                continue
            if path.name == MACHINE and data.get("machine") == planned.old:
                yield path, {**data, "machine": planned.new}
            elif _machine_of(data) == planned.old:
                yield path, {**data, "params": {**data["params"], "machine": planned.new}}


def _machine_of(data: Mapping[str, Any]) -> object:
    """Return the machine that a result file names."""
    params = data.get("params")
    return params.get("machine") if isinstance(params, dict) else None


def _move(path: Path, planned: Renaming, scratch: Path) -> None:
    """Give the values that a baseline holds of the machine its new name."""
    jsonfile.write(path, _moved(jsonfile.read(path), planned), scratch)


def _moved(held: Mapping[str, Any], planned: Renaming) -> dict[str, Any]:
    """Return a baseline, and those that had its name before, with the new name of the machine."""
    moved = dict(held)
    for key in ("values", "taken"):
        if key in held:
            moved[key] = {planned.new if name == planned.old else name: found for name, found in held[key].items()}
    if "before" in held:
        moved["before"] = [_moved(one, planned) for one in held["before"]]
    return moved


def _take_out(old: Path, leaving: Path) -> None:
    """Make the folder under the old name disappear in one step."""
    shutil.rmtree(leaving, ignore_errors=True)
    if old.is_dir():
        old.rename(leaving)
        shutil.rmtree(leaving, ignore_errors=True)
