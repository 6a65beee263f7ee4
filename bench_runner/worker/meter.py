"""Counts what calls cost, around asv_runner's own timing and outside of what it times."""

from __future__ import annotations

import operator
import resource
import sys
from time import perf_counter, process_time  # by name: a benchmark may patch the module
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

_FIRST_CALL = 10  # how many times longer than the others a batch with one-off work in it is
_QUICK_S = 0.001  # a batch that shows what is done before it
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


class Batch(NamedTuple):
    """So many calls timed as one: seconds of all of it and of the setups in it, and what was spent before, if known."""

    number: int
    wall_s: float
    setup_wall_s: float
    setup_cpu_s: float
    before: Optional[Cost]


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
    """Keeps the cost of the batches of one benchmark.

    Whatever is done between quick calls shows in them: to take `now` before one of 15 us makes it 4 % slower. So it is
    taken before a batch only where the last one was not quick, and once when the warm-up is over: what the samples cost
    is seen from there to the end.
    """

    def __init__(self) -> None:
        self.batches: List[Batch] = []
        self._warm_at = 0.0
        self._looked = False
        self._setup_wall_s = self._setup_cpu_s = 0.0

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
            self._warm_at, self._looked = perf_counter() + warmup_time, False
            return timing(_Timer(timer, self), *given, warmup_time=warmup_time, **named)

        benchmark.benchmark_timing = timed
        result = benchmark.do_run()
        return benchmark.do_run() if self._spoilt(len(result["samples"])) else result

    def _spoilt(self, samples: int) -> bool:
        """Return whether the warm-up was a single batch, ten times as long as any sample."""
        warm_up, rest = self.batches[:-samples], self.batches[-samples:]
        return len(warm_up) == 1 and warm_up[0].wall_s > _FIRST_CALL * max(batch.wall_s for batch in rest)

    def spent(self, count: int) -> Tuple[Cost, int]:
        """Return what was spent up to now without setups, and on how many calls, since before the last `count` batches.

        Those before them were warm-up; where nothing is known from just then, some of them are among it.
        """
        first = len(self.batches) - count
        while first and self.batches[first].before is None:
            first -= 1
        some = self.batches[first:]
        setups = Cost(sum(one.setup_wall_s for one in some), sum(one.setup_cpu_s for one in some))
        return now().minus(some[0].before or Cost()).minus(setups), sum(one.number for one in some)

    def batch_s(self, count: int) -> float:
        """Return the mean seconds of the last `count` batches, setups included."""
        return sum(one.wall_s for one in self.batches[-count:]) / count

    def timeit(self, timer: Any, number: int) -> float:
        """Time one batch."""
        seconds: float = self._batch(number, lambda: timer.timeit(number))
        return seconds

    def _batch(self, number: int, work: Callable[[], Any]) -> Any:
        """Do the work and keep its cost."""
        self._setup_wall_s = self._setup_cpu_s = 0.0
        before = self._look()
        begun = perf_counter()
        result = work()
        wall_s = perf_counter() - begun
        self.batches.append(Batch(number, wall_s, self._setup_wall_s, self._setup_cpu_s, before))
        return result

    def _look(self) -> Optional[Cost]:
        """Return what has been spent up to now, if it may be looked at."""
        warm = perf_counter() >= self._warm_at
        if self.batches and self.batches[-1].wall_s < _QUICK_S and (self._looked or not warm):
            return None
        self._looked = warm
        return now()

    def _setup(self, redo_setup: Callable[[], None]) -> None:
        """Set up again before a call, counted apart: wall and CPU time, for the call follows at once."""
        wall, cpu = perf_counter(), process_time()
        redo_setup()
        self._setup_cpu_s += process_time() - cpu
        self._setup_wall_s += perf_counter() - wall


class _Timer:
    """A timer as asv_runner wants one, whose batches are counted."""

    def __init__(self, timer: Any, meter: Meter) -> None:
        self._timer = timer
        self._meter = meter

    def timeit(self, number: int) -> float:
        """Return the seconds that `number` calls took."""
        return self._meter.timeit(self._timer, number)
