"""All that this process has measured up to one moment."""

import os
import time

from bench_runner.instrument import counting, registry, resources
from bench_runner.instrument.counting import Count
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.nouns import noun
from bench_runner.instrument.resources import Resources


@noun
class Reading:
    """Sums since `began_s`, when this module was loaded or the process forked; `tick_s` is a steady clock's."""

    pid: int
    began_s: float
    at_s: float
    tick_s: float
    histograms: dict[str, Histogram]
    counters: dict[str, Count]
    resources: Resources
    failures: dict[str, int]


_began_s = time.time()


def take() -> Reading:
    """Read everything; about 10 us for each histogram and thread."""
    failures = {name: one.count for name, one in registry.failures().items()}
    sums = registry.histograms(), counting.counters(), resources.read(), failures
    return Reading(os.getpid(), _began_s, time.time(), time.monotonic(), *sums)


def _begin() -> None:
    global _began_s  # noqa: PLW0603 - one per process
    _began_s = time.time()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin)
