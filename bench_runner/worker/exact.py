"""Kinds of benchmarks whose numbers have no noise, registered beside asv_runner's: plain asv does not see them."""

from __future__ import annotations

import gc
import re
from importlib import import_module
from typing import Any, Callable, List, Sequence, Type

from . import metrics
from .engine import Benchmark, attributes, benchmark_types, own, timed
from .metrics import MEASURES, Measure

WARM_UP = 3  # calls before the one that is looked at: what only a first call does (import, compile, cache) is over


class Exact(Benchmark):  # type: ignore[misc] # the engine is not typed
    """A benchmark of which one call is looked at, after its setup; garbage is collected before, and not during it."""

    kind = word = module = function = ""
    pinned = exact = True  # nothing around it may vary, and it does not
    sets_up = False

    def __init__(self, name: str, func: Callable[..., Any], attr_sources: List[Any]) -> None:
        Benchmark.__init__(self, name, func, attr_sources)
        self.type, self.unit = self.kind, self.word

    def run(self, *params: Any) -> float:
        """Return the number of one call."""
        # Loaded when it is wanted: a process that takes times pays for none of it.
        measure = getattr(import_module("." + self.module, __package__), self.function)
        for _ in range(WARM_UP):
            self.redo_setup()
            self.func(*params)
        self.redo_setup()
        more = [self.redo_setup] if self.sets_up else []
        enabled = gc.isenabled()
        gc.collect()
        gc.disable()
        try:
            return float(measure(lambda: self.func(*params), *more))
        finally:
            if enabled:
                gc.enable()


def _kind(name: str, measure: Measure) -> Type[Exact]:
    """Return the class of a kind: its benchmarks are called NAME_*, or in a class NAME..., as asv does it."""
    title = name[0].upper() + name[1:]
    regex = re.compile("^(%s[A-Z_].+)|(%s_.+)$" % (title, name))
    fields = dict(measure._asdict(), kind=name, word=measure.unit, name_regex=regex)
    return type(title + "Benchmark", (Exact,), fields)


KINDS = {name: _kind(name, measure) for name, measure in MEASURES.items()}


def register() -> None:
    """Let asv_runner's discovery know our kinds, once."""
    benchmark_types.extend(one for one in KINDS.values() if one not in benchmark_types)


def further(benchmark: Any, suite: Sequence[str]) -> List[Exact]:
    """Return what takes the further metrics of a benchmark of time: those it names, else those of the suite."""
    words = metrics.asked(own(benchmark), suite) if timed(benchmark) else []
    return [of(benchmark, word) for word in words]


def of(benchmark: Any, word: str) -> Exact:
    """Return what takes another metric of a benchmark."""
    return KINDS[word](benchmark.name + metrics.SEPARATOR + word, benchmark.func, attributes(benchmark))
