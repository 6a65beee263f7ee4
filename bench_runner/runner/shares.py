"""Sums up where the time of a run went."""

from collections import defaultdict
from threading import get_native_id

from bench_runner import units
from bench_runner.instrument.spans import Span

# What lies in a step is counted with it: none of these lies in another one of them.
KINDS = {
    "prepare": "environments and builds",
    "discover": "imports of the suite",
    "preload": "imports of the suite",
    "start worker": "imports of the suite",
    "setup_cache": "benchmarks",
    "case": "benchmarks",
}
ORDER = ("environments and builds", "imports of the suite", "benchmarks")


class Shares:
    """Counts the wall time of steps by kind, in the thread that made it."""

    def __init__(self, whole: str) -> None:
        """`whole` is the name of the step that all others lie in."""
        self._whole, self._thread = whole, get_native_id()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._total_s = 0.0

    def ended(self, span: Span) -> None:
        """Count a step."""
        if span.thread != self._thread:
            return
        if span.name in KINDS:
            self._seconds[KINDS[span.name]] += span.dur_s
        elif span.name == self._whole:
            self._total_s = span.dur_s

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by kind; "the rest" is what none of the steps accounts for."""
        known = {kind: self._seconds[kind] for kind in ORDER}
        return {**known, "the rest": max(0.0, self._total_s - sum(known.values()))}

    def __str__(self) -> str:
        """Say it in one line, "" when there was nothing to speak of."""
        if not self._seconds or not self._total_s:
            return ""
        parts = ", ".join(f"{kind} {100 * spent / self._total_s:.0f} %" for kind, spent in self.seconds.items())
        return f"where {units.duration(self._total_s)} went: {parts}"
