"""Runs a command and tells what it spent: all its processes, and inside benchmark functions and setups."""

import os
import resource
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# As the suite's journal has them.
_JOURNAL = "AGAINST_ASV_JOURNAL"
_RECORD = struct.Struct("5d")


@dataclass(frozen=True)
class Spent:
    """CPU (user and system, all processes) and wall seconds, in all and of what the suite's journal tells.

    `calls` are benchmark functions, calibration and warm-up included; `setup` is setup and setup_cache; `phase_s` is
    the wall time from the start of the first process that imports the suite to the end of the command.
    """

    cpu_s: float
    wall_s: float
    calls_cpu_s: float
    calls_wall_s: float
    setup_cpu_s: float
    setup_wall_s: float
    phase_s: float

    @property
    def outside_s(self):
        """CPU seconds of all that is not benchmark calls."""
        return self.cpu_s - self.calls_cpu_s


def spend(command, folder, variables):
    """Run a command, which must succeed, and return what it spent."""
    with tempfile.NamedTemporaryFile(prefix="journal-") as journal:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        variables = {**variables, _JOURNAL: journal.name}
        done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, check=False)
        ended, after = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            words = " ".join(map(str, command))
            raise SystemExit(f"{words}\nended with {done.returncode} in {folder}:\n{_text(done)}")
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return account(Path(journal.name).read_bytes(), cpu_s, began, ended)


def account(journal, cpu_s, began, ended):
    """Return what was spent between two moments (monotonic), from the records of the suite's journal.

    A record is of one process: its beginning (0 for a fork), wall and CPU seconds of calls, the same of setups.
    """
    records = list(_RECORD.iter_unpack(journal))
    _, calls_wall_s, calls_cpu_s, setup_wall_s, setup_cpu_s = (
        map(sum, zip(*records, strict=True)) if records else [0.0] * 5
    )
    phase_s = ended - max(began, min((one[0] for one in records if one[0]), default=ended))
    return Spent(cpu_s, ended - began, calls_cpu_s, calls_wall_s, setup_cpu_s, setup_wall_s, phase_s)


def _text(done):
    """Return the end of what a command has printed."""
    return os.linesep.join((done.stdout + done.stderr).decode(errors="replace").splitlines()[-40:])
