"""Storing runs, and reading what is stored."""

import shutil
from pathlib import Path

from .present import need

SIZE = 100
RUNS = 10
FOLDER = Path("results")  # in the folder that setup_cache shares with its benchmarks
NOUNS = (
    "model.benchmark:Benchmark",
    "model.benchmark:Case",
    "model.environment:Environment",
    "model.machine:Machine",
    "model.metric:TIME",
    "model.run:Build",
    "model.run:Fingerprint",
    "model.run:Protocol",
    "model.run:Result",
    "model.run:Run",
    "model.sample:Round",
    "model.sample:Sample",
    "stats.summary:summarise",
    "store.files:Store",
)


class Words:
    """The model's nouns as this commit has them."""

    def __init__(self):
        for name, found in zip(NOUNS, need(*NOUNS), strict=True):
            setattr(self, name.partition(":")[2], found)

    def benchmarks(self):
        return [self.Benchmark(f"suite.time_{place}", "1") for place in range(SIZE)]

    def run(self, number):
        sample = self.Sample(tuple(self.Round((0.001 + place * 1e-6, 0.0011)) for place in range(5)))
        summary = self.summarise(sample, self.TIME)
        results = tuple(
            self.Result(self.Case(f"suite.time_{place}"), "1", "ok", sample, summary) for place in range(SIZE)
        )
        protocol = self.Protocol("0", "asv_runner 0", 5, "fork")
        environment, machine = self.Environment("uv", "3.11"), self.Machine("bench")
        fingerprint = self.Fingerprint()
        return self.Run(
            f"{number:08x}{0:032x}", 0, environment, machine, self.Build(ok=True), protocol, fingerprint, results
        )


class Storing:
    def setup_cache(self):
        try:
            words = Words()
            for number in range(RUNS):
                words.Store(FOLDER).add(words.run(number), benchmarks=words.benchmarks())
        except (NotImplementedError, TypeError):  # setup says so for each benchmark
            shutil.rmtree(FOLDER, ignore_errors=True)

    def setup(self):
        if not FOLDER.is_dir():
            raise NotImplementedError("this commit stores nothing, or otherwise")
        need("store.verify:verify")
        self.words = Words()
        self.store = self.words.Store(FOLDER)
        self.run, self.benchmarks = self.words.run(3), self.words.benchmarks()

    def time_add(self):
        self.store.add(self.run, benchmarks=self.benchmarks)

    def time_load(self):
        list(self.store.runs())

    def time_verify(self):
        need("store.verify:verify")(FOLDER)

    def time_summarise(self):
        for result in self.run.results:
            self.words.summarise(result.sample, self.words.TIME)

    def peakmem_load(self):
        list(self.store.runs())

    def track_bytes_per_case(self):
        files = list(FOLDER.glob("*/0*.json"))
        return sum(path.stat().st_size for path in files) / len(files) / SIZE


Storing.track_bytes_per_case.unit = "bytes"
