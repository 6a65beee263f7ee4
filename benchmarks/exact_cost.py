"""What it costs to count what a call does, as a factor of the CPU time of the plain call."""

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from statistics import median
from time import process_time

from .present import need

TEXT = json.dumps([{str(number): [number, str(number)] * 5} for number in range(300)])
TURNS = 7


def step(number):
    return number + 1


def calls():
    number = 0
    for _ in range(20_000):
        number = step(number)
    return number


def loops():
    total = 0
    for number in range(40_000):
        total += number * number & 255
    return total


def objects():
    return json.loads(TEXT)


WORK = {"calls": calls, "loops": loops, "objects": objects}
CALLGRIND = ["valgrind", "--tool=callgrind", "--quiet", "--callgrind-out-file=/dev/null"]
PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from {module} import WORK
for _ in range({turns}):
    WORK[{work!r}]()
"""
FEW, CALLS = 3, 30


class Exact:
    params = [["calls", "bytecode", "alloc", "allocpeak", "memsize", "leak"], list(WORK)]
    param_names = ["metric", "work"]
    unit = "x"

    def setup(self, metric, work):
        measure = need("worker.metrics:MEASURES")[metric]
        self.measure = getattr(import_module(f"bench_runner.worker.{measure.module}"), measure.function)
        self.work = WORK[work]
        self.measure(self.work)

    def track_factor(self, metric, work):
        plain, counted = [], []
        for _ in range(TURNS):
            plain.append(spent(self.work))
            counted.append(spent(lambda: self.measure(self.work)))
        return median(counted) / median(plain)


class Instructions:
    """The same of callgrind, in which a whole process runs: what each further call of it costs."""

    params = [list(WORK)]
    param_names = ["work"]
    unit = "x"
    timeout = 300

    def setup(self, work):
        if shutil.which("valgrind") is None:
            raise NotImplementedError("valgrind is not installed")

    def track_factor(self, work):
        few, many = FEW, FEW + CALLS
        each = (in_callgrind(work, many) - in_callgrind(work, few)) / CALLS
        return each / median(spent(WORK[work]) for _ in range(CALLS))


def in_callgrind(work, turns):
    """Return the CPU seconds of a process that does some work so many times."""
    program = PROGRAM.format(root=str(Path(__file__).parent.parent), module=__name__, work=work, turns=turns)
    process = subprocess.Popen([*CALLGRIND, sys.executable, "-c", program])
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime


def spent(work):
    began = process_time()
    work()
    return process_time() - began
