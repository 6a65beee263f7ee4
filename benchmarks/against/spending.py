"""Runs a command and tells what it spent: all its processes, and inside benchmark functions and setups."""

import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass

_JOURNAL = "AGAINST_ASV_JOURNAL"  # the name that the suite's journal knows


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
        with open(journal.name, encoding="ascii") as lines:  # noqa: PTH123 - its name is a string
            return account(lines, cpu_s, began, ended)


def account(lines, cpu_s, began, ended):
    """Return what was spent between two moments, from the journal's lines: kind, wall, CPU, end (monotonic)."""
    sums = {"calls": [0.0, 0.0], "setup": [0.0, 0.0]}
    imported = []
    for line in lines:
        kind, *numbers = line.split()
        wall, cpu, end = map(float, numbers)
        if kind == "import":
            imported.append(end - cpu)
        else:
            sums[kind][0] += cpu
            sums[kind][1] += wall
    phase_s = ended - max(began, min(imported, default=ended))
    return Spent(cpu_s, ended - began, *sums["calls"], *sums["setup"], phase_s)


def _text(done):
    """Return the end of what a command has printed."""
    return os.linesep.join((done.stdout + done.stderr).decode(errors="replace").splitlines()[-40:])
