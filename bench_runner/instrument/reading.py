"""All that this process has measured up to one moment."""

import os
import time

from bench_runner.instrument import counting, registry, resources
from bench_runner.instrument.counting import Count
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.nouns import noun
from bench_runner.instrument.registry import Failure
from bench_runner.instrument.resources import Resources


@noun
class Reading:
    """Sums since `began_s`, when the process began to count or was forked; `tick_s` is a steady clock's."""

    pid: int
    began_s: float
    at_s: float
    tick_s: float
    histograms: dict[str, Histogram]
    counters: dict[str, Count]
    resources: Resources
    failures: dict[str, Failure]


def take() -> Reading:
    """Read everything, one after the other, while the program goes on."""
    sums = registry.histograms(), counting.counters(), resources.read(), registry.failures()
    return Reading(os.getpid(), registry.began_s, time.time(), time.monotonic(), *sums)
