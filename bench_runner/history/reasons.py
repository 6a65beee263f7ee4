"""Why a number moved, in words: what the exact metrics of a case say of its time, whose memory a peak is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench_runner import units
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Comparison
from bench_runner.model.sample import Sample
from bench_runner.stats.compare import FLOOR
from bench_runner.worker.metrics import split

# These count what is done; the others what it takes of memory.
WORK = frozenset({"calls", "bytecode", "instr"})
CHANGED = frozenset({"slower", "faster"})


def explained(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons, those of a time with what the exact metrics of the same case say, in their order."""
    exact: dict[tuple[Case, str, str], dict[str, Comparison]] = defaultdict(dict)
    for one in comparisons:
        base, word = split(one.case.benchmark)
        if word and one.verdict in {*CHANGED, "unchanged"}:
            exact[Case(base, one.case.params), one.environment, one.machine][word] = one
    return [_explained(one, exact.get((one.case, one.environment, one.machine), {})) for one in comparisons]


def whose(before: Sample, after: Sample) -> tuple[str, ...]:
    """Return whose memory grew or shrank where the peak of a process moved: one sentence, or none."""
    old, new = before.memory, after.memory
    if old is None or new is None or abs(sum(new) - sum(old)) <= FLOOR * sum(old):
        return ()
    parts = zip(("interpreter", "imports and setup", "call"), old, new, strict=True)
    return (", ".join(f"{word} {units.difference(b - a, 'bytes')}" for word, a, b in parts),)


def _explained(time: Comparison, beside: dict[str, Comparison]) -> Comparison:
    """Return a comparison with what those beside it say."""
    said = _said(time, beside) if beside and time.verdict in {*CHANGED, "unchanged", "undecided"} else ""
    return replace(time, reason="; ".join(filter(None, (said, time.reason)))) if said else time


def _said(time: Comparison, beside: dict[str, Comparison]) -> str:
    """Return in words whether the work changed."""
    moved = {word: one for word, one in beside.items() if one.verdict in CHANGED}
    work = [one for word, one in moved.items() if word in WORK]
    counted = WORK & beside.keys()
    sizes = ", ".join(f"{one.metric.name} {units.percent(one.ratio)}" for one in moved.values())
    if time.verdict not in CHANGED:
        return f"{sizes}: the clock cannot tell" if moved else ""
    if work:
        along = any(one.verdict == time.verdict for one in work)
        more = "more" if any(one.verdict == "slower" for one in work) else "less"
        return f"{more} work: {sizes}" if along else f"though {more} work: {sizes}"
    still = _names(one for word, one in beside.items() if word in counted)
    if moved:
        return f"other use of memory: {sizes}" + (f", {still} unchanged" if still else "")
    return f"{still} unchanged: not the work, but where code or data lie, or the machine" if still else ""


def _names(some: Iterable[Comparison]) -> str:
    """Return the names of metrics."""
    return " and ".join(one.metric.name for one in some)
