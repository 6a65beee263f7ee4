"""Counts what calls cost, around asv_runner's own timing and outside of what it times."""

from __future__ import annotations

import math
import operator
import resource
import sys
from time import perf_counter, process_time  # by name: a benchmark may patch the module
from typing import Any, Callable, List, NamedTuple

_FIRST_CALL = 10  # how many times longer than the others a batch with one-off work in it is
_QUICK_S = 0.001  # a batch for which counting costs would cost some percent
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


class Cost(NamedTuple):
    """Seconds: wall, this process on all its threads, and children that have ended; and what befell this process.

    That is context switches, `involuntary` when others wanted the CPU, and page faults, `major` when a disk was read.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    child_cpu_s: float = 0.0
    involuntary: float = 0.0
    voluntary: float = 0.0
    minor: float = 0.0
    major: float = 0.0

    def minus(self, other: Cost) -> Cost:
        """Return the difference."""
        return Cost(*map(operator.sub, self, other))

    def plus(self, other: Cost) -> Cost:
        """Return the sum."""
        return Cost(*map(operator.add, self, other))


_NONE = Cost()


class Batch(NamedTuple):
    """So many calls timed as one: what they cost, and what the setups between them cost."""

    number: int
    calls: Cost
    setups: Cost

    @property
    def wall_s(self) -> float:
        """How long all of it took."""
        return self.calls.wall_s + self.setups.wall_s


def now() -> Cost:
    """Return what has been spent up to now."""
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    spent = (perf_counter(), process_time(), child.ru_utime + child.ru_stime)
    return Cost(*spent, own.ru_nivcsw, own.ru_nvcsw, own.ru_minflt, own.ru_majflt)


def peak_rss() -> float:
    """Return the most memory this process ever held, in bytes; a forked one counts what it was forked with."""
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT)


class Meter:
    """Keeps the cost of every batch of one benchmark."""

    def __init__(self) -> None:
        self.batches: List[Batch] = []
        self._setups = Cost()
        self._warm_at = 0.0
        self._hurried = False

    def run(self, benchmark: Any) -> Any:
        """Run the benchmark on its parameters and return what asv_runner makes of it.

        A first call may do what no other does: import, compile, fill a cache. Where that alone took all of the warm-up,
        asv_runner would calibrate on it and take cold calls for samples, so the benchmark is run once more.
        """
        if not hasattr(benchmark, "benchmark_timing"):
            return self._batch(1, benchmark.do_run)
        timing, redo_setup = benchmark.benchmark_timing, benchmark.redo_setup
        benchmark.redo_setup = lambda: self._setup(redo_setup)

        def timed(timer: Any, *given: Any, warmup_time: float, **named: Any) -> Any:
            self._warm_at = perf_counter() + warmup_time
            return timing(_Timer(timer, self), *given, warmup_time=warmup_time, **named)

        benchmark.benchmark_timing = timed
        result = benchmark.do_run()
        return benchmark.do_run() if self._spoilt(len(result["samples"])) else result

    def _spoilt(self, samples: int) -> bool:
        """Return whether the warm-up was a single batch, ten times as long as any sample."""
        warm_up, rest = self.batches[:-samples], self.batches[-samples:]
        return len(warm_up) == 1 and warm_up[0].wall_s > _FIRST_CALL * max(batch.wall_s for batch in rest)

    def last(self, count: int) -> List[Batch]:
        """Return the batches behind the last `count` values; those before them were warm-up."""
        return self.batches[-count:]

    def timeit(self, timer: Any, number: int) -> float:
        """Time one batch and keep its cost: of quick ones while it is warming up, which are no samples, wall time only.

        A batch that takes so long that it is made a sample after all does not follow on one that is that quick.
        """
        begun = perf_counter()
        self._hurried = begun < self._warm_at and bool(self.batches) and self.batches[-1].wall_s < _QUICK_S
        seconds: float
        if self._hurried:
            seconds = timer.timeit(number)
            self.batches.append(Batch(number, Cost(perf_counter() - begun, math.nan, math.nan), _NONE))
        else:
            seconds = self._batch(number, lambda: timer.timeit(number))
        return seconds

    def _batch(self, number: int, work: Callable[[], Any]) -> Any:
        """Do the work and keep its cost, without that of the setups in it."""
        self._setups = Cost()
        before = now()
        result = work()
        spent = now().minus(before)
        self.batches.append(Batch(number, spent.minus(self._setups), self._setups))
        return result

    def _setup(self, redo_setup: Callable[[], None]) -> None:
        """Set up again before a call, counted apart."""
        if self._hurried:
            redo_setup()
            return
        before = now()
        redo_setup()
        self._setups = self._setups.plus(now().minus(before))


class _Timer:
    """A timer as asv_runner wants one, whose batches are counted."""

    def __init__(self, timer: Any, meter: Meter) -> None:
        self._timer = timer
        self._meter = meter

    def timeit(self, number: int) -> float:
        """Return the seconds that `number` calls took."""
        return self._meter.timeit(self._timer, number)
