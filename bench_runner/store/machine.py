"""The facts of this host, and the name under which the user wants to see them."""

import os
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench_runner import host
from bench_runner.errors import StoreError, UsageError
from bench_runner.model.machine import Machine
from bench_runner.model.production import PREFIX, is_production
from bench_runner.store import jsonfile
from bench_runner.store.asv_format import read_machine
from bench_runner.store.fields import table, whole
from bench_runner.store.layout import machine_folder, usable

SCHEMA = 1  # hosts: host name -> the six fields
_FALLBACK = "machine"


def here(name: str | None = None) -> Machine:
    """Return this host as saved, else as asv knows it, else as found; `name` is used instead of the stored one.

    Raises UsageError for a name that cannot be a folder.
    """
    found = load() or _asv() or detect()
    chosen = replace(found, machine=name) if name is not None else found
    _check(chosen.machine)
    return chosen


def _check(name: str) -> None:
    """Refuse a name that cannot be a folder, or is that of a service in production."""
    machine_folder(Path(), name)
    if is_production(name):
        raise UsageError(f"machine name {name[:80]!r}: {PREFIX} begins the names of services in production")


def unnamed() -> bool:
    """Whether nobody has named this host, so that results carry its own name."""
    return usable(platform.node()) and load() is None and _asv() is None


def save(machine: Machine) -> Path:
    """Keep the machine as this user's name and facts for this host; return the file."""
    _check(machine.machine)
    path = settings()
    known = _hosts(path) if path.is_file() else {}
    known[platform.node()] = machine.fields()
    jsonfile.write(path, {"schema": SCHEMA, "hosts": known}, path.parent)
    return path


def load() -> Machine | None:
    """Return what was saved for this host, or None; StoreError when the file is damaged."""
    path = settings()
    if not path.is_file():
        return None
    fields = _hosts(path).get(platform.node())
    if fields is None:
        return None
    try:
        return read_machine(fields)
    except StoreError as error:
        raise StoreError(f"{path}: {error}: set it anew with `bench-runner machine --name NAME`") from error


def settings() -> Path:
    """Return the path of the user's machine file."""
    from platformdirs import user_config_path

    return user_config_path("bench-history", appauthor=False) / "machine.json"


def _hosts(path: Path) -> dict[str, Any]:
    """Return host name -> fields; several hosts may share a home folder."""
    data = jsonfile.read(path)
    if whole(data, "schema") > SCHEMA:
        raise StoreError(f"{path}: written by a newer program: update bench-history")
    hosts = table(data, "hosts")
    return {host: table(hosts, host) for host in hosts}


def _asv() -> Machine | None:
    """Return this host from asv's own file, as asv looks it up; a damaged one is asv's affair."""
    path = Path.home() / ".asv-machine.json"
    try:
        known = {name: fields for name, fields in jsonfile.read(path).items() if isinstance(fields, dict)}
        fields = known.get(platform.node()) or (next(iter(known.values())) if len(known) == 1 else None)
        return read_machine(fields) if fields else None
    except StoreError:
        return None


def detect() -> Machine:
    """Return this host's facts in asv's form; memory in bytes."""
    import psutil

    node = platform.node()
    return Machine(
        machine=node if usable(node) else _FALLBACK,
        os=host.kernel(),
        arch=platform.machine(),
        cpu=host.cpu(),
        num_cpu=str(os.cpu_count() or ""),
        ram=str(psutil.virtual_memory().total),
    )
