"""Snapshots of traced memory by line, of bounded size, and the lines that grew between two.

    growth = grown_within(10.0)      # in a thread of a live process: what the next ten seconds leave behind
    print(growth.table())

Ten thousand lines of code that hold memory take a snapshot of 2 MB; to take one costs 1 us per block that is traced.
"""

import time
import tracemalloc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench_runner.instrument import allocations, registry
from bench_runner.instrument.probe import of_the_program

MAX_PLACES = 10_000  # kept of a snapshot, the largest
RUN_IN = 0.25  # of the time that is looked at, before it
_OURS = (__file__.removesuffix("snapshots.py"), tracemalloc.__file__)

Place = tuple[tuple[str, int], ...]  # file and line of an allocation, then of its callers
Snapshot = Mapping[Place, tuple[int, int]]  # bytes and blocks that live, by where they were allocated


@dataclass(frozen=True, slots=True)
class Line:
    """A line and how many bytes and blocks more of it live than before; `callers` only where frames were asked for."""

    file: str
    line: int
    bytes: int
    count: int
    callers: tuple[tuple[str, int], ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values, fit for strict JSON."""
        callers = [list(caller) for caller in self.callers]
        return {"file": self.file, "line": self.line, "bytes": self.bytes, "count": self.count, "callers": callers}


@dataclass(frozen=True, slots=True)
class Growth:
    """What a stretch of time left behind: bytes and blocks of all lines, and the lines that grew most.

    `left_out` is the number of growing lines that are not among them.
    """

    seconds: float
    bytes: int
    count: int
    lines: tuple[Line, ...]
    left_out: int = 0
    warnings: tuple[str, ...] = ()

    def table(self) -> str:
        """Return it as text, a line for each line."""
        left = [f"and {self.left_out} lines more"] if self.left_out else []
        total = f"{self.bytes:+,} bytes in {self.count:+,} blocks within {self.seconds:.1f} s"
        return "\n".join([total, *table(self.lines), *left, *self.warnings])

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values, fit for strict JSON."""
        total = {"seconds": self.seconds, "bytes": self.bytes, "count": self.count, "left_out": self.left_out}
        return {**total, "lines": [line.to_dict() for line in self.lines], "warnings": list(self.warnings)}


def take(frames: int = 1) -> Snapshot:
    """Return what is traced now, without what we hold ourselves; RuntimeError when nothing traces."""
    found = tracemalloc.take_snapshot().statistics("lineno" if frames == 1 else "traceback")
    largest = (one for one in found if not one.traceback[-1].filename.startswith(_OURS))
    taken = {}
    for one, _ in zip(largest, range(MAX_PLACES), strict=False):
        taken[tuple((frame.filename, frame.lineno) for frame in reversed(one.traceback))] = (one.size, one.count)
    return taken


def own_bytes() -> int:
    """Return how many of the traced bytes we hold ourselves."""
    files = tracemalloc.take_snapshot().statistics("filename")
    return sum(one.size for one in files if one.traceback[-1].filename.startswith(_OURS))


def grown(before: Snapshot, after: Snapshot) -> list[Line]:
    """Return the lines that hold more bytes or blocks than before, most bytes first."""
    lines = []
    for place, (size, count) in after.items():
        had_bytes, had = before.get(place, (0, 0))
        if size > had_bytes or count > had:
            lines.append(Line(*place[0], size - had_bytes, count - had, place[1:]))
    return sorted(lines, key=lambda line: (-line.bytes, -line.count, line.file, line.line))


def differ(before: Snapshot, after: Snapshot, *, seconds: float = 0.0, top: int = 25) -> Growth:
    """Return the difference of two snapshots with the `top` lines that grew most."""
    lines = grown(before, after)
    size, count = (sum(one[n] for one in after.values()) - sum(one[n] for one in before.values()) for n in (0, 1))
    return Growth(seconds, size, count, tuple(lines[:top]), len(lines[top:]))


def grown_within(seconds: float, *, frames: int = 1, top: int = 25) -> Growth:
    """Wait, and return what was allocated meanwhile in the whole process and still lives; never raises.

    Where nothing traced yet it traces for a quarter longer: what is on its way then is known at both ends. What the
    garbage collector would take counts as alive. Tracing makes code that allocates up to 6.7 times as slow
    meanwhile, and three times that with more than 1 frame.
    """
    began_s = time.perf_counter()
    try:
        stretch = allocations.begin(frames)
        try:
            if stretch.began_empty:
                time.sleep(RUN_IN * seconds)
            before, began_s = take(stretch.frames), time.perf_counter()
            time.sleep(seconds)
            return differ(before, take(stretch.frames), seconds=time.perf_counter() - began_s, top=top)
        finally:
            allocations.end(stretch)
    except Exception as error:
        if not isinstance(error, MemoryError) and of_the_program(error):
            raise
        registry.failed("grown_within", error)
        return Growth(time.perf_counter() - began_s, 0, 0, (), warnings=(f"{type(error).__name__}: {error}",))


def table(lines: Iterable[Line]) -> list[str]:
    """Return rows of bytes, blocks and places; a name that would break a row is escaped."""
    rows = ["       bytes    blocks  allocated at"]
    for line in lines:
        rows.append(f"{line.bytes:+12,}{line.count:+10,}  {place(line.file, line.line)}")
        rows.extend(f"{'':24}called from {place(*caller)}" for caller in line.callers)
    return rows


def place(file: str, line: int) -> str:
    """Return file and line as text that is printable whatever the file is called."""
    return f"{file if file.isprintable() else ascii(file)}:{line}"
