"""Watches the memory of a stretch of a program: its peak, what it leaves behind, and the lines that allocated it.

    with memory_watch() as watch:
        serve(request)
    print(watch.report().table())

It counts the whole process: what other threads do meanwhile is in it. Watches may be nested, and open in several
threads at once; each has the peak of its own time. While one is open, code that allocates is up to 6.7 times as slow
(1 frame, objects and text), and three times that with more than 1 frame. Objects from before the first watch began are
not traced: nothing is seen when they go, except in `blocks_delta` and `gc_objects_delta`. An empty block reads 0 in
every number, but for up to 2 kB or 50 blocks where tracing was on already, and free lists hold what our reading used.
"""

import gc
import os
import sys
from array import array
from dataclasses import dataclass
from types import TracebackType

from bench_runner.instrument import allocations, registry, snapshots
from bench_runner.instrument.probe import of_the_program

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import Self

TOP = 25  # lines of a report
_OWN, _OBJECTS, _BLOCKS = range(3)


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """What a stretch did to the memory of its process; None where that is not known, and `warnings` say why.

    `peak_bytes` and `growth_bytes` are traced bytes above those at the beginning, `blocks_delta` the blocks that the
    interpreter's allocator of small objects has handed out (`sys.getallocatedblocks`), `gc_objects_delta` the objects
    that the garbage collector knows; what it would collect is in all of them. `lines` are those that grew most.
    """

    peak_bytes: int | None = None
    growth_bytes: int | None = None
    blocks_delta: int | None = None
    gc_objects_delta: int | None = None
    lines: tuple[snapshots.Line, ...] = ()
    warnings: tuple[str, ...] = ()

    def table(self) -> str:
        """Return it as text, a line for each line."""
        peak = f"peak {_told(self.peak_bytes)} bytes, grew by {_told(self.growth_bytes)} bytes"
        counts = f"{_told(self.blocks_delta)} blocks, {_told(self.gc_objects_delta)} objects of the garbage collector"
        return "\n".join([f"{peak}, {counts}", *snapshots.table(self.lines), *self.warnings])

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values, fit for strict JSON."""
        numbers = {"peak_bytes": self.peak_bytes, "growth_bytes": self.growth_bytes}
        counts = {"blocks_delta": self.blocks_delta, "gc_objects_delta": self.gc_objects_delta}
        lines = [line.to_dict() for line in self.lines]
        return {**numbers, **counts, "lines": lines, "warnings": list(self.warnings)}


class Watch:
    """Memory from entering to leaving the block; a forked child that leaves it has no numbers."""

    __slots__ = ("_before", "_began", "_frames", "_now", "_pid", "_report", "_stretch")

    def __init__(self, frames: int) -> None:
        if not 1 <= frames <= allocations.MAX_FRAMES:
            raise ValueError(f"frames lie between 1 and {allocations.MAX_FRAMES}, not at {frames}")
        self._frames, self._began, self._now = frames, array("q", (0, 0, 0)), array("q", (0, 0, 0))
        self._stretch: allocations.Stretch | None = None
        self._report = MemoryReport(warnings=("never entered",))

    def __enter__(self) -> "Self":
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001 - sorted out there
            self._fail(error)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.report()
        if self._stretch is not None:
            allocations.end(self._stretch)
            self._stretch = None

    def report(self) -> MemoryReport:
        """Return what there is up to now while the block is open, and that of the whole block afterwards."""
        if self._stretch is not None:
            try:
                self._report = self._read(self._stretch)
            except Exception as error:  # noqa: BLE001 - sorted out there
                self._fail(error)
        return self._report

    def _begin(self) -> None:
        self._pid = os.getpid()
        entering = _entering()
        self._stretch = stretch = allocations.begin(self._frames)
        self._before: snapshots.Snapshot = {} if stretch.began_empty else snapshots.take(stretch.frames)
        # From here on nothing of ours is allocated and kept: numbers go into an array.
        self._began[_OWN] = 0 if stretch.began_empty else snapshots.own_bytes()
        self._began[_OBJECTS] = _objects() - entering
        self._began[_BLOCKS] = sys.getallocatedblocks() - entering
        stretch.restart()

    def _read(self, stretch: allocations.Stretch) -> MemoryReport:
        now = self._now
        stretch.read()
        now[_OWN] = 0 if stretch.began_empty or stretch.lost else snapshots.own_bytes()
        now[_OBJECTS] = _objects()
        now[_BLOCKS] = sys.getallocatedblocks()
        own, objects, blocks = (after - before for after, before in zip(now, self._began, strict=True))
        if stretch.lost:
            if os.getpid() != self._pid:
                return MemoryReport(warnings=(stretch.lost,))
            return MemoryReport(blocks_delta=blocks, gc_objects_delta=objects, warnings=(stretch.lost,))
        lines = snapshots.grown(self._before, snapshots.take(stretch.frames))[:TOP]
        asked, has = self._frames, stretch.frames
        doubt = (f"frames: {has}, not {asked}, since tracing was on",) if has != asked else ()
        return MemoryReport(stretch.peak_bytes, stretch.growth_bytes - own, blocks, objects, tuple(lines), doubt)

    def _fail(self, error: Exception) -> None:
        """Count a failure of ours, lack of memory too; all else is the program's."""
        if not isinstance(error, MemoryError) and of_the_program(error):
            raise error
        registry.failed("memory_watch", error)
        self._report = MemoryReport(warnings=(f"failed: {type(error).__name__}: {error}",))


def memory_watch(frames: int = 1) -> Watch:
    """Return a context that watches memory, with so many frames for each allocation; ValueError for less than 1.

    If tracing is on already, it keeps the frames it has.
    """
    return Watch(frames)


class _Entering:
    """Counts what a `with` statement holds while it enters its block, and not while it leaves it."""

    __slots__ = ("blocks",)

    def __init__(self) -> None:
        self.blocks = array("q", (0, 0))

    def __enter__(self) -> None:
        self.blocks[0] = sys.getallocatedblocks()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.blocks[1] = sys.getallocatedblocks()


def _entering() -> int:
    """Return it in blocks, which are objects of the garbage collector: one method up to Python 3.13."""
    probe, found = _Entering(), []
    for _ in range(3):
        with probe:
            pass
        found.append(probe.blocks[0] - probe.blocks[1])
    return sorted(found)[1]  # the middle one: another thread may allocate in between


def _objects() -> int:
    """Return how many objects the garbage collector knows.

    In one call of C, since the list of them must be gone before another thread runs: up to Python 3.13 at least, a
    `tuple(generator)` on its way there fails when somebody else has a reference to the tuple.
    """
    return next(map(len, map(gc.get_objects, (None,))))


def _told(number: int | None) -> str:
    return "unknown" if number is None else f"{number:+,}"
