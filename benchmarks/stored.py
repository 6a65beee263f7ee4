"""Storing runs and loading them again."""

from pathlib import Path

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import TIME
from bench_runner.model.run import Build, Fingerprint, Protocol, Result, Run
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import summarise
from bench_runner.store.files import Store

SIZE = 200
FOLDER = Path("results")  # in the folder that setup_cache shares with its benchmarks


def run_of(number):
    sample = Sample(tuple(Round((0.001 + place * 1e-6, 0.0011)) for place in range(5)))
    summary = summarise(sample, TIME)
    results = tuple(Result(Case(f"suite.time_{place}"), "1", "ok", sample, summary) for place in range(SIZE))
    protocol = Protocol("0", "asv_runner 0", 5, "fork")
    environment, machine = Environment("uv", "3.11"), Machine("bench")
    return Run(f"{number:040x}", 0, environment, machine, Build(ok=True), protocol, Fingerprint(), results)


class Storing:
    def setup_cache(self):
        known = [Benchmark(f"suite.time_{place}", "1") for place in range(SIZE)]
        for number in range(10):
            Store(FOLDER).add(run_of(number), benchmarks=known)
        return run_of(3), known

    def time_add(self, cache):
        run, known = cache
        Store(FOLDER).add(run, benchmarks=known)

    def time_load(self, cache):
        list(Store(FOLDER).runs())

    def time_summarise(self, cache):
        for result in cache[0].results:
            summarise(result.sample, TIME)
