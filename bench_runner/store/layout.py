"""Where things lie below results/, and which names are refused there."""

import hashlib
import re
from pathlib import Path

from bench_runner.errors import StoreError, UsageError
from bench_runner.model.production import PREFIX

BENCHMARKS = "benchmarks.json"
MACHINE = "machine.json"
BASELINES = "baselines"
LEDGER = "changes"
GATES = "gates"
RESERVED = (BASELINES, LEDGER, GATES)  # folders that are no machines
PRIVATE = ".bench_runner"  # lock and unfinished files; ignores itself in git
ASIDE = ".damaged"  # ending of an unreadable file that had to make room
RESULT_FILE = re.compile(r"(?P<sha>[0-9a-f]{8,64})-(?P<environment>.+)\.json")

_SHA = re.compile(r"[0-9a-f]{8,64}")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_LONG_NAME = 128  # from here on asv writes a hash instead
_LONGEST_FOLDER = 200  # bytes; file systems take 255


def machine_folder(results: Path, name: str) -> Path:
    """Return the folder of a machine, which may be a service in production; UsageError for a name that is none.

    asv looks for the results of a machine in the folder of its whole name.
    """
    if not usable(name.removeprefix(PREFIX)) or name.lower() in RESERVED:
        raise UsageError(f"machine name {name[:80]!r} cannot be a folder: use letters, digits, '.', '-', '_'")
    return results / name


def usable(name: str) -> bool:
    """Whether `name` can be a file name everywhere and is no path, option or hidden file."""
    if not name or name[0] in ".-" or name != name.strip() or _FORBIDDEN.search(name):
        return False
    return len(name.encode(errors="replace")) <= _LONGEST_FOLDER


def run_file(sha: str, environment_name: str, digits: int = 8) -> str:
    """Return asv's name for the file of a run; StoreError when sha or name could leave the folder."""
    if not _SHA.fullmatch(sha):
        raise StoreError(f"commit {sha[:80]!r} is no full hexadecimal sha: give the one that git prints")
    if not environment_name or _FORBIDDEN.search(environment_name):
        raise StoreError(f"environment name {environment_name[:80]!r} cannot be part of a file name: rename it")
    if len(environment_name) >= _LONG_NAME:
        digest = hashlib.md5(environment_name.encode(), usedforsecurity=False)
        environment_name = f"env-{digest.hexdigest()}"
    return f"{sha[:digits]}-{environment_name}.json"
