"""Suggests floors from the noise of a project's own series, one for a whole class where its benchmarks agree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from bench_runner.history.changes import Past
from bench_runner.history.policy import Policy
from bench_runner.model.policy import Scope
from bench_runner.stats.detectable import LADDER, detectable, noise

LEAST = LADDER[0]  # nothing smaller is reported anyway


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A floor for the series of a scope, and the noise (relative sd, from and to) that it comes from."""

    scope: Scope
    change: float
    series: int
    quietest: float
    noisiest: float


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Floors; how many series have one already, are so quiet that they need none, and say too little."""

    floors: tuple[Suggestion, ...] = ()
    covered: int = 0
    quiet: int = 0
    short: int = 0


def suggest(history: Past, policy: Policy) -> Suggestions:
    """Return floors for the benchmarks that have none: what the detector sees reliably in the median of their series.

    Exact counters need none, since any change of theirs is real; ignored series get none.
    """
    noises: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    covered = short = 0
    for one in history.series:
        if one.metric.exact or one.metric.better == "neither" or policy.ignored(one.key, one.metric):
            continue
        found = noise(one.values)
        if policy.floor(one.key, one.metric) is not None:
            covered += 1
        elif found is None:
            short += 1
        else:
            noises[one.metric.name][one.key.case.benchmark].append(found)
    floors = [one for metric, by_name in noises.items() for one in _suggested(metric, by_name)]
    loud = tuple(one for one in floors if one.change > LEAST)
    return Suggestions(loud, covered, sum(one.series for one in floors) - sum(one.series for one in loud), short)


def _suggested(metric: str, noises: Mapping[str, list[float]]) -> Iterator[Suggestion]:
    """Yield the floors of the benchmarks of one metric."""
    steps = {name: detectable(median(found)) for name, found in noises.items()}
    for glob, names in _globs(steps):
        found = [one for name in names for one in noises[name]]
        yield Suggestion(Scope(glob, metric), steps[names[0]], len(found), min(found), max(found))


def _globs(steps: Mapping[str, float], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield globs that cover names with equal steps: "*", "module.Class.*", or a name by itself."""
    names = sorted(steps)
    if len(names) > 1 and len(set(steps.values())) == 1:
        yield f"{prefix}*", names
        return
    for part, inside in _parts(names, len(prefix)):
        if len(inside) == 1:
            yield inside[0], inside
        else:
            yield from _globs({name: steps[name] for name in inside}, f"{prefix}{part}.")


def _parts(names: Iterable[str], start: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the next dotted parts of names with the names that have them; those without a further dot by themselves."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        part, dot, _ = name[start:].partition(".")
        found[part, "" if dot else name].append(name)
    for (part, _), inside in found.items():
        yield part, inside
