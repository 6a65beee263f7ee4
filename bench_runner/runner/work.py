"""Adds up what measuring a run takes: its steps, and what the runner counted meanwhile."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_native_id
from time import monotonic

from bench_runner import units
from bench_runner.instrument import counting
from bench_runner.instrument.spans import Span, listening
from bench_runner.model.work import STEPS, Spent, Work


class Ledger:
    """The work since it was made, by the thread that made it."""

    def __init__(self) -> None:
        self._thread, self._began_s, self._before = get_native_id(), monotonic(), _counts()
        self._spent: defaultdict[str, Spent] = defaultdict(Spent)

    def ended(self, span: Span) -> None:
        """Take in a step that is over."""
        if span.thread == self._thread and span.name in STEPS:
            self._spent[span.name] = self._spent[span.name].plus(span.dur_s, span.cpu_s)

    def work(self) -> Work:
        """Return what it came to up to now."""
        counts = {name: n - self._before.get(name, 0) for name, n in _counts().items()}
        return Work(
            monotonic() - self._began_s,
            {name: self._spent[name] for name in STEPS if name in self._spent},
            {name: n for name, n in sorted(counts.items()) if n},
        )


@contextmanager
def kept() -> Iterator[Ledger]:
    """Give a ledger of the work in the block."""
    ledger = Ledger()
    with listening(ledger.ended):
        yield ledger


def told(work: Work) -> str:
    """Return in one line where the time went, "" when there was nothing to speak of."""
    if not work.steps or not work.wall_s:
        return ""
    parts = ", ".join(f"{part} {100 * spent / work.wall_s:.0f} %" for part, spent in work.parts.items())
    return f"where {units.duration(work.wall_s)} went: {parts}"


def _counts() -> dict[str, int]:
    """Return what the runner has counted by now."""
    return {name: one.value for name, one in counting.counters().items()}
