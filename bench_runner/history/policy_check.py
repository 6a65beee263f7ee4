"""Finds entries of a policy that do nothing, or contradict each other, in a project's history."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from bench_runner.config.written import shown
from bench_runner.errors import UsageError
from bench_runner.history.budgets import applies, fits
from bench_runner.history.policy import Policy
from bench_runner.model.change import Change
from bench_runner.model.policy import Budget, Entries, Floor, Scope, renamed, trail
from bench_runner.model.series import Series

_TIME, _SIZE = 'it as "2 s"', 'it as "150 MB"'
_WAYS = {"s": _TIME, "seconds": _TIME, "B": _SIZE, "bytes": _SIZE}


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with an entry; a `doubt` is worth a look, anything else has to be mended."""

    line: int
    message: str
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What entries are held against: all series, all changes, and every name that a benchmark was measured under."""

    series: Sequence[Series]
    changes: Sequence[Change]
    names: Collection[str]


def unresolved(entries: Entries, resolve: Callable[[str], object]) -> tuple[Entries, list[Remark]]:
    """Return entries without the budgets whose baseline or ref is unknown, and what is wrong with these."""
    kept, remarks = [], []
    for one in entries.budgets:
        try:
            if one.since:
                resolve(one.since)
            kept.append(one)
        except UsageError as error:
            remarks.append(Remark(one.line, f"budget {shown(str(one.scope))}: {error}"))
    return replace(entries, budgets=tuple(kept)), remarks


def check(policy: Policy, known: Known) -> list[Remark]:
    """Return what is wrong, in the order of the file."""
    entries = policy.entries
    found = [
        *_floors(entries.floors, known.series),
        *_budgets(entries.budgets, known.series, policy),
        *_ignored(entries, known.series),
        *_renames(entries, known.names),
        *_accepted(policy, known.changes),
    ]
    return sorted(found, key=lambda one: one.line)


def _nothing(kind: str, scope: Scope, line: int) -> Remark:
    return Remark(line, f"{kind} {shown(str(scope))} matches no series: see `bench-runner list --cases`")


def _matching(scope: Scope, series: Sequence[Series]) -> set[int]:
    """Return the places of the series that are meant."""
    return {number for number, one in enumerate(series) if scope.matches(one.key, one.metric)}


def _floors(floors: Sequence[Floor], series: Sequence[Series]) -> Iterator[Remark]:
    """Yield floors without series, and those that later ones hide wholly: the last one that matches counts."""
    later: set[int] = set()
    for one in reversed(floors):
        mine = _matching(one.scope, series)
        if not mine:
            yield _nothing("floor", one.scope, one.line)
        elif mine <= later:
            message = (
                f"floor {shown(str(one.scope))} never counts: later ones match all of its series; move it below them"
            )
            yield Remark(one.line, message)
        later |= mine


def _budgets(budgets: Sequence[Budget], series: Sequence[Series], policy: Policy) -> Iterator[Remark]:
    """Yield budgets without series or in a unit that none of them has, and pairs that cannot both be kept."""
    for one in budgets:
        mine = applies(one, series)
        if not mine:
            yield _nothing("budget", one.scope, one.line)
        elif not any(fits(one, each) for each in mine):
            units = sorted({each.metric.unit for each in mine})
            amount = one.limit.written if one.limit else ""
            message = f"budget {shown(str(one.scope))}: {shown(amount)} is no amount in {', '.join(map(shown, units))}"
            yield Remark(one.line, f"{message}: write {_WAYS.get(units[0], 'a number without a unit')}")
        elif one.since and policy.references[one.since].revision < 0:
            yield Remark(
                one.line, f"budget {shown(str(one.scope))}: {shown(one.since)} shares no commit with the branch"
            )
    for first, second in combinations(budgets, 2):
        why = _contradiction(first, second, series)
        if why:
            yield Remark(second.line, f"budget {shown(str(second.scope))} {why} {_line(first.line)}")


def _contradiction(one: Budget, other: Budget, series: Sequence[Series]) -> str:
    """Return in words how two budgets contradict each other."""
    same = (one.scope, one.since, bool(one.at_most), bool(one.at_least))
    if same == (other.scope, other.since, bool(other.at_most), bool(other.at_least)):
        return "has another limit than" if one != other else "says the same as"
    if one.at_least and other.at_most:
        one, other = other, one
    if one.at_most and other.at_least:
        for each in series:
            most, least = one.at_most.in_unit(each.metric.unit), other.at_least.in_unit(each.metric.unit)
            both = one.scope.matches(each.key, each.metric) and other.scope.matches(each.key, each.metric)
            if both and most is not None and least is not None and least > most:
                return "cannot be kept together with"
    return ""


def _line(line: int) -> str:
    return f"the one in line {line}" if line else "another one"


def _ignored(entries: Entries, series: Sequence[Series]) -> Iterator[Remark]:
    """Yield ignored series that are not there, and floors and budgets that speak of ignored ones alone."""
    left: set[int] = set()
    for one in entries.ignored:
        mine = _matching(one.scope, series)
        left |= mine
        if not mine:
            yield _nothing("ignore", one.scope, one.line)
    for kind, others in (("floor", entries.floors), ("budget", entries.budgets)):
        for other in others:
            mine = _matching(other.scope, series)
            if mine and mine <= left:
                yield Remark(other.line, f"{kind} {shown(str(other.scope))} speaks of ignored series alone", doubt=True)


def _renames(entries: Entries, names: Collection[str]) -> Iterator[Remark]:
    """Yield renames of benchmarks that were never measured, and those to a name that was not measured yet."""
    steps = {step for name in names for step in trail(name, entries.renames)}
    for one in entries.renames:
        ends = {renamed(name, entries.renames) for name in steps if one.of(name) is not None}
        if not ends:
            yield Remark(one.line, f"rename {shown(one.old)}: no benchmark was ever measured under this name")
        elif not ends & set(names):
            yield Remark(one.line, f"rename {shown(one.old)}: {shown(min(ends))} was not measured yet", doubt=True)


def _accepted(policy: Policy, changes: Sequence[Change]) -> Iterator[Remark]:
    """Yield accepted changes that nobody finds, that count again, or that stand there twice."""
    ids = {one.id for one in changes}
    entries = policy.entries.accepted
    for number, one in enumerate(entries):
        name = f"accept {shown(one.change)}"
        if one.change not in ids:
            yield Remark(one.line, f"{name}: no change has this id (any more): see `bench-runner changes`")
        elif any(other.change == one.change for other in entries[number + 1 :]):
            yield Remark(one.line, f"{name} stands there again below; the last one counts", doubt=True)
        elif policy.today and not one.holds(policy.today):
            yield Remark(one.line, f"{name} has expired on {one.until}: the change counts again", doubt=True)
