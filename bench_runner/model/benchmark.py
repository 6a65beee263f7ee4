"""Benchmarks, as written in a suite, and their cases."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench_runner.model.metric import TIME, Metric
from bench_runner.worker.metrics import split


@dataclass(frozen=True, slots=True)
class Case:
    """A benchmark with one tuple of parameters (their repr); () for one without parameters."""

    benchmark: str
    params: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """As asv prints it: "suite.time_x(1, 'a')"."""
        return f"{self.benchmark}({', '.join(self.params)})" if self.params else self.benchmark

    @property
    def call(self) -> "Case":
        """What is called: the same for the time of a call as for its further metrics."""
        return Case(split(self.benchmark)[0], self.params)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What discovery says of one benchmark.

    `kind` is asv's type (time, memory, peakmemory, track); `version` hashes its source unless the suite sets it;
    `params` holds one tuple of reprs per parameter; `timeout` is in seconds, None for the suite's default;
    `attributes` keeps asv's further keys (number, repeat, rounds, sample_time, warmup_time ...) as discovered.
    """

    name: str
    version: str
    kind: str = "time"
    metric: Metric = TIME
    code: str = ""
    params: tuple[tuple[str, ...], ...] = ()
    param_names: tuple[str, ...] = ()
    timeout: float | None = None
    setup_cache_key: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)

    def cases(self) -> Iterator[Case]:
        """Yield the cases in asv's order (itertools.product)."""
        for params in itertools.product(*self.params):
            yield Case(self.name, params)

    @property
    def size(self) -> int:
        """How many cases there are."""
        size = 1
        for values in self.params:
            size *= len(values)
        return size
