"""A test tool that fails when a function leaves more memory behind with each call, and tells the lines that do.

    def test_orders_are_forgotten():
        assert_no_growth(lambda: serve(order), iterations=30, warmup=5)

A number of blocks at the end that is higher than at the beginning says little: caches fill up, tables double, free
lists and threads come and go. A leak raises the floor under all of that, call by call: the least number of blocks that
there is from some call on to the end. So the calls are cut into thirds, and the floor has to rise in each of them by
half a block per call or more, where no single call may count for more than two. The same holds for bytes, with 512 for
a block, since the interpreter does not count larger ones.

What it cannot tell from a leak is a cache that is still filling up, or a buffer that is emptied less often than every
20 calls: there `warmup` or `iterations` want to be larger. What leaks in fewer than every second call is not found, nor
is a container that only takes in what lives anyway.
"""

import gc
import sys
import tracemalloc
from array import array
from collections import Counter
from itertools import accumulate, pairwise
from types import CoroutineType, TracebackType

from bench_runner.instrument import allocations, holders, leaks, snapshots

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from typing import Self

FEWEST = 12  # iterations: four to each third
LARGE = 512  # bytes above which a block is not counted as one
_FROZEN = 2000  # objects that a program freezes at least; Python 3.12 itself begins with 400
_CAP = 2  # how often `least` a single call counts


def assert_no_growth(fn: "Callable[[], object]", *, iterations: int = 30, warmup: int = 5, frames: int = 1) -> None:
    """Call a function warmup + iterations times, and raise AssertionError with a leak report if memory grows.

    Coroutines are run, all in one event loop. What the function raises is raised. The garbage collector runs after each
    call, and looks at what came since the beginning only. ValueError for fewer than 12 iterations.
    """
    __tracebackhide__ = True
    if iterations < FEWEST or warmup < 0:
        raise ValueError(f"{iterations} iterations after {warmup} of warm-up: it takes {FEWEST} and 0 at least")
    stretch = allocations.begin(frames)
    try:
        with _Caller(fn) as call:
            course = _observed(call, iterations, warmup)
        if course.grows:
            raise AssertionError(f"{course.told()}\n{leaks.report(course.leak, iterations)}\n{_HINT}")
    finally:
        allocations.end(stretch)


class _Course:
    """What became of memory from call to call; its numbers lie in arrays, which do not grow."""

    def __init__(self, iterations: int, warmup: int) -> None:
        self.warmup, self.grows = warmup, False
        self.blocks, self.traced = (array("q", bytes(8 * (iterations + 1))) for _ in range(2))

    def begin(self) -> None:
        """Note what is there after the warm-up."""
        _kinds()  # what is cached at the first time is not of the function
        self._before = snapshots.take(tracemalloc.get_traceback_limit())
        self._had = _kinds()

    def note(self, n: int) -> None:
        """Note the state after n calls."""
        self.blocks[n], self.traced[n] = sys.getallocatedblocks(), tracemalloc.get_traced_memory()[0]

    def end(self, *, apart: bool) -> None:
        """Judge, and note what has come if it is a leak; `apart`: the garbage collector knows nothing older."""
        self.grows = rises(self.blocks, 1) or rises(self.traced, LARGE)
        if self.grows:
            often = {kind: n for kind, n in (_kinds() - self._had).items() if 2 * n >= len(self.blocks) - 1}
            # Of all others the line is known, which is the better evidence.
            dicts = [one for one in gc.get_objects() if type(one).__dictoffset__] if apart else []
            new = frozenset(id(one) for one in dicts if holders.name(one) in often)
            dicts.clear()
            after = snapshots.take(tracemalloc.get_traceback_limit())
            self.leak = leaks.Leak(snapshots.grown(self._before, after), often, new)

    def told(self) -> str:
        """Return the sum of it in words."""
        n = len(self.blocks) - 1
        blocks, traced = self.blocks[-1] - self.blocks[0], self.traced[-1] - self.traced[0]
        each = f"{blocks / n:.1f} blocks and {traced / n:.1f} bytes"
        return f"memory grows by {each} per iteration ({n} of them, after {self.warmup} to warm up)"


def _observed(call: "Callable[[], object]", iterations: int, warmup: int) -> _Course:
    """Call a function, and note what becomes of memory."""
    __tracebackhide__ = True
    course = _Course(iterations, warmup)
    with _Frozen() as frozen:
        for _ in range(warmup):
            call()
            _settle()
        course.begin()
        for n in range(iterations + 1):
            if n:
                call()
            _settle()
            course.note(n)
        course.end(apart=frozen.ours)
    return course


def rises(series: "Sequence[int]", least: int) -> bool:
    """Return whether the floor under a series rises steadily, in each third by half of `least` per step."""
    floor = list(accumulate(reversed(series), min))[::-1]
    steps = [min(after - before, _CAP * least) for before, after in pairwise(floor)]
    n = len(steps)
    thirds = [steps[n * k // 3 : n * (k + 1) // 3] for k in range(3)]
    return all(2 * sum(third) >= least * len(third) for third in thirds)


def _settle() -> None:
    """Empty what fills up by itself: cycles, free lists, and the cache of attributes, which keeps names made anew."""
    gc.collect()
    sys._clear_type_cache()  # noqa: SLF001 - there is no other way; the interpreter's own leak tests do it


def _kinds() -> "Counter[str]":
    """Return how many objects there are of each type, not of those that are frozen."""
    return Counter(map(holders.name, gc.get_objects()))


_HINT = "A cache that was still filling up looks the same: then let `warmup` be longer than that takes."


class _Frozen:
    """Keeps what is there away from the garbage collector, which takes no time then; not if the program does that."""

    def __enter__(self) -> "Self":
        gc.collect()
        self.ours = gc.get_freeze_count() < _FROZEN
        if self.ours:
            gc.freeze()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.ours:
            gc.unfreeze()


class _Caller:
    """Calls a function, and runs the coroutine it may return."""

    def __init__(self, fn: "Callable[[], object]") -> None:
        self._fn = fn
        self._loop: asyncio.Runner | None = None

    def __enter__(self) -> "Self":
        return self

    def __call__(self) -> None:
        __tracebackhide__ = True
        made = self._fn()
        if type(made) is CoroutineType:
            if self._loop is None:
                import asyncio  # which takes long, and few need it

                self._loop = asyncio.Runner()
            self._loop.run(made)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._loop is not None:
            self._loop.close()
