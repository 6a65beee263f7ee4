"""The numbers of a window of production, each with a 99 % interval, and what a release's windows amount to.

Quantiles are those of the joint histogram at nearest rank, their intervals the ranks that hold the true quantile with
99 % probability if calls were independent; the mean and its interval come from the exact sum and the buckets. Calls are
not independent, so these intervals are the least that chance does. A quantile needs so many calls that one may lie
beyond it: 2, 10 and 100 for p50, p90 and p99. A rate counts calls of the whole service in a second. Times and memory
are better lower. Of rates and of what the machine was busy with neither way is better: they tell what was asked of the
service.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from bench_runner.instrument.histogram import Histogram
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.metric import Better, Metric
from bench_runner.model.production import KIND, NANO, JointWindow
from bench_runner.model.run import Result
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import summarise

VERSION = "1"  # to be raised when a number below would be another one for the same window
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
TIME = "prod_time"
COUNT = "prod_count"
RESOURCE = "prod_"
_Z = 2.576  # 99 % of a normal distribution, two-sided


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of one window, under the name of the benchmark it stands for; the interval is infinite if unknown."""

    name: str
    metric: Metric
    value: float
    low: float
    high: float


def measures(window: JointWindow) -> Iterator[Measure]:
    """Yield what can be said of a window."""
    seconds = window.spent_ns / NANO / (window.processes or 1)
    for name, histogram in window.histograms.items():
        yield from _times(f"{TIME}.{name}", histogram)
        yield from _rate(f"{TIME}.{name}.rate", "1/s", histogram.count, seconds, math.sqrt(histogram.count))
    for name, (unit, total) in window.counters.items():
        yield from _rate(f"{COUNT}.{name}.rate", f"{unit}/s", total / NANO, seconds, math.inf)
    for name, total in window.sums.items():
        unit = "s" if name.endswith("_s") else "1"
        yield from _rate(f"{RESOURCE}{name.removesuffix('_s')}.rate", f"{unit}/s", total / NANO, seconds, math.inf)
    for name, value in window.levels.items():
        unit = "bytes" if name.endswith("_bytes") else "unit"
        better: Better = "neither" if name.startswith("load") else "lower"
        yield Measure(f"{RESOURCE}{name.removesuffix('_bytes')}", _metric(unit, better), value, value, value)


def results(windows: Sequence[JointWindow]) -> Iterator[tuple[Benchmark, Result]]:
    """Yield the benchmarks that the windows of a release stand for, each with its result, by name.

    A window is a round: its number is one value, and rounds are what results are summarised and compared by.
    """
    found: dict[str, list[tuple[Measure, JointWindow]]] = defaultdict(list)
    for window in windows:
        for one in measures(window):
            found[one.name].append((one, window))
    for name, some in sorted(found.items()):
        metric = some[0][0].metric
        sample = Sample(tuple(Round((one.value,)) for one, _ in some))
        summary = summarise(sample, metric)
        doubts = tuple(doubt.replace("round", "window") for doubt in summary.warnings)
        yield (
            Benchmark(name, VERSION, KIND, metric),
            Result(
                Case(name),
                VERSION,
                "ok",
                sample,
                replace(summary, warnings=doubts),
                started_ms=min(window.start_ms for _, window in some),
            ),
        )


def _times(name: str, histogram: Histogram) -> Iterator[Measure]:
    """Yield the quantiles and the mean of a histogram, in seconds."""
    rows = list(histogram.buckets())
    upto = list(accumulate(n for _, _, n in rows))
    count = upto[-1] if upto else 0
    ends = (histogram.min_ns or 0, histogram.max_ns or 0)

    def at(rank: float) -> float:
        low, high, _ = rows[bisect_left(upto, max(1, math.ceil(rank * (1 - 1e-12))))]
        return min(max((low + high) // 2, ends[0]), ends[1]) / NANO

    for word, q in QUANTILES:
        if count * (1 - q) > 1 - 1e-9:
            half = _Z * math.sqrt(count * q * (1 - q))
            low, high = count * q - half, count * q + half
            yield Measure(
                f"{name}.{word}",
                _metric("seconds"),
                at(count * q),
                at(low) if low >= 1 else -math.inf,
                at(high) if high <= count else math.inf,
            )
    if histogram.mean_ns is not None:
        mean = histogram.mean_ns
        variance = sum(n * ((low + high) / 2 - mean) ** 2 for low, high, n in rows) / count
        yield _around(f"{name}.mean", _metric("seconds"), mean / NANO, math.sqrt(variance / count) / NANO)


def _rate(name: str, unit: str, total: float, seconds: float, error: float) -> Iterator[Measure]:
    """Yield how much there was in a second; nothing of a window that lasted no time."""
    if seconds > 0:
        yield _around(name, _metric(unit, "neither"), total / seconds, error / seconds)


def _around(name: str, metric: Metric, value: float, error: float) -> Measure:
    """Return a measure with a standard error."""
    return Measure(name, metric, value, value - _Z * error, value + _Z * error)


def _metric(unit: str, better: Better = "lower") -> Metric:
    return Metric(KIND, unit, better)
