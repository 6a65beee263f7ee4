"""What it costs to count what a call does, as a factor of the CPU time of the plain call."""

import json
from importlib import import_module
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


class Exact:
    params = [["calls", "bytecode", "alloc", "allocpeak", "memsize", "leak"], ["calls", "loops", "objects"]]
    param_names = ["metric", "work"]
    unit = "x"

    def setup(self, metric, work):
        measure = need("worker.metrics:MEASURES")[metric]
        self.measure = getattr(import_module(f"bench_runner.worker.{measure.module}"), measure.function)
        self.work = {"calls": calls, "loops": loops, "objects": objects}[work]
        self.measure(self.work)

    def track_factor(self, metric, work):
        plain, counted = [], []
        for _ in range(TURNS):
            plain.append(spent(self.work))
            counted.append(spent(lambda: self.measure(self.work)))
        return median(counted) / median(plain)


def spent(work):
    began = process_time()
    work()
    return process_time() - began
