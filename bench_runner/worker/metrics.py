"""The words for what one call of a benchmark can be measured by, beside its time."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Sequence, Tuple

TIME = "time"
SEPARATOR = ":"  # between the name of a benchmark and the word of a further metric of it


class Measure(NamedTuple):
    """The unit of a metric, and the module and function here that take it: of one call that is set up, or of several.

    Then it `sets_up` before each itself. What is not `exact` differs a little with where things lie in memory.
    """

    unit: str
    module: str
    function: str
    sets_up: bool = False
    exact: bool = True


MEASURES = {
    "calls": Measure("calls", "counts", "calls"),
    "bytecode": Measure("bytecodes", "counts", "bytecodes"),
    "alloc": Measure("blocks", "allocations", "number"),
    "allocpeak": Measure("bytes", "allocations", "peak"),
    "memsize": Measure("bytes", "allocations", "deep_size"),
    "leak": Measure("blocks", "allocations", "left_over"),
    "instr": Measure("instructions", "instructions", "instructions", sets_up=True, exact=False),
}
WORDS = (TIME, *MEASURES)


def split(name: str) -> Tuple[str, str]:
    """Return the name of a benchmark as it stands in the suite, and the word of a further metric, "" for none."""
    base, _, word = name.partition(SEPARATOR)
    return base, word


def asked(own: Any, suite: Sequence[str]) -> List[str]:
    """Return the further metrics of a benchmark: those it names itself, else the suite's."""
    words = suite if own is None else _named(own)
    return [word for word in MEASURES if word in words]


def unknown(own: Any) -> List[str]:
    """Return what a benchmark, a configuration or a command names that is no metric."""
    return [str(word) for word in _named(own) if word not in WORDS]


def _named(own: Any) -> List[Any]:
    """Return the words of a `metrics` attribute: a list, or a single one."""
    if isinstance(own, (list, tuple, set, frozenset)):
        return list(own)
    return [] if own is None else [own]
