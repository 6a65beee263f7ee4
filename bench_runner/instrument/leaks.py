"""The report of a leak: the lines that allocate what stays, the types of it, and what keeps one of them alive."""

import gc
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from bench_runner.instrument import holders, snapshots
from bench_runner.instrument.snapshots import Line

LINES = 10
TYPES = 5
SEARCH_S = 60.0  # looking for the objects; a process of some gigabytes takes tens of seconds


@dataclass(frozen=True, slots=True)
class Leak:
    """The lines that grew; how many objects more there are of each type that grew steadily, and the ids of the new."""

    lines: Sequence[Line]
    kinds: Mapping[str, int]
    new: frozenset[int]


def report(leak: Leak, iterations: int) -> str:
    """Return what grew in so many calls, as lines and as types, while tracing is still on."""
    lines = _steady(leak.lines, iterations)
    most = sorted(leak.kinds.items(), key=lambda one: -one[1])[:TYPES]
    types = ", ".join(f"{count / iterations:.1f} {kind}" for kind, count in most)
    collected = [f"objects of the garbage collector per iteration: {types}"] if types else []
    return "\n".join([*_rows(lines, iterations), *collected, *_objects(_Stays(lines, leak.new))])


class _Stays:
    """Tells of an object whether it is part of the leak: by its line, or because it is known to be.

    Python 3.11 cannot tell the line of an object that has a `__dict__`.
    """

    def __init__(self, lines: Sequence[Line], new: frozenset[int]) -> None:
        self._new, self._places = new, {(line.file, line.line) for line in lines}

    def __contains__(self, thing: object) -> bool:
        if self._new and type(thing).__dictoffset__ and id(thing) in self._new:
            return True
        trace = tracemalloc.get_object_traceback(thing)
        return trace is not None and (trace[-1].filename, trace[-1].lineno) in self._places


def _steady(lines: Sequence[Line], iterations: int) -> list[Line]:
    """Return those that grew in every second call or more, or the largest where none did."""
    often = [line for line in lines if line.count * 2 >= iterations]
    return (often or list(lines))[:LINES]


def _rows(lines: Sequence[Line], iterations: int) -> Iterator[str]:
    import linecache

    yield "    blocks      bytes  per iteration, allocated at"
    for line in lines:
        at = snapshots.place(line.file, line.line)
        source = linecache.getline(line.file, line.line).strip()
        yield f"{line.count / iterations:10.1f} {line.bytes / iterations:10.1f}  {at}{f'  {source}' if source else ''}"
        yield from (f"{'':23}called from {snapshots.place(*caller)}" for caller in line.callers)


def _objects(leaked: _Stays) -> list[str]:
    """Return what types of objects live that are part of the leak, and the chain that holds one of them."""
    # No generator: it would be among what holds its variables.
    kinds: Counter[str] = Counter()
    sample: tuple[object, object] | None = None
    for holder, thing in _held(leaked):
        kinds[holders.name(thing)] += 1
        if sample is None or (sample[0] in leaked and holder not in leaked):
            sample = holder, thing  # the outermost: what it holds stays because of it
    if sample is None:
        return []
    alive = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common(TYPES))
    return [f"alive now: {alive}", f"one is held by: {holders.chain(*sample)}"]


def _held(leaked: _Stays) -> Iterator[tuple[object, object]]:
    """Yield each object of the leak, and one that holds it.

    All that is made on the way is traced, be it an id or a set of two: made for every reference, it would take most of
    the time.
    """
    seen: set[int] = set()
    until_s = monotonic() + SEARCH_S
    for holder in gc.get_objects():
        for owner, thing in _references(holder):
            if thing in leaked and id(thing) not in seen:
                seen.add(id(thing))
                yield owner, thing
        if monotonic() > until_s:
            return


def _references(holder: object) -> Iterator[tuple[object, object]]:
    """Yield what an object refers to, through dicts and tuples that the garbage collector does not look into."""
    for thing in holders.held_by(holder):
        yield holder, thing
        if (type(thing) is dict or type(thing) is tuple) and not gc.is_tracked(thing):
            for inner in gc.get_referents(thing):
                yield thing, inner
