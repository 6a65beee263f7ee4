"""Changes of production as a sheet: between which releases or in which, and what the benchmarks say of the range."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from bench_runner import units
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.report.changes import PRODUCTION, SCHEMA, SOURCE, entry, levels, mark, said
from bench_runner.report.sheet import Sheet

COLUMNS = (SOURCE, "what", "levels", "change", "state")
NAMED = 3
NO_GATE = "production is never a gate: --exit-code looks at benchmarks alone"


class Moved(Protocol):
    """A change of a benchmark and its commit (`history.production.Moved`)."""

    @property
    def commit(self) -> Commit:
        """The commit it is laid to."""
        ...

    @property
    def change(self) -> Change:
        """The change."""
        ...


class Seen(Protocol):
    """A change of production with what moved in its range (`history.production.Seen`)."""

    @property
    def change(self) -> Change:
        """The change."""
        ...

    @property
    def moved(self) -> Sequence[Moved]:
        """What moved in the benchmarks."""
        ...


def deployed(seen: Sequence[Seen], tags: Mapping[str, str]) -> Sheet:
    """Return the second table of `detect`: a head line for each place, and below it what changed and what moved there.

    `tags` maps names to full shas.
    """
    names = {sha: tag for tag, sha in tags.items()}
    places: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        key = one.change.key
        where = f"{place(one.change, names)}, {_when(one.change)}"
        places.setdefault((f"{key.machine} in {key.environment}", where), []).append(one)
    rows = [row for (source, where), some in places.items() for row in _rows(source, where, some)]
    return Sheet(
        title=f"{units.count(len(seen), 'change')} in {PRODUCTION}",
        columns=COLUMNS,
        right=frozenset({"levels", "change"}),
        cells=tuple(cells for cells, _ in rows),
        marks=tuple(colour for _, colour in rows),
        notes=(NO_GATE,),
        document={"schema": SCHEMA, "changes": [entry(one.change, {}) for one in seen]},
    )


def _rows(source: str, where: str, seen: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the printed rows of one place with their marks."""
    yield (source, where, "", "", ""), ""
    for one in seen:
        change = one.change
        words = ("", f"  {change.key.case.id}", levels(change), units.percent(change.step.ratio), said(change))
        yield words, mark(change)
    together = {other.change.id: other for one in seen for other in one.moved}
    yield ("", f"  {moved(list(together.values()))}", "", "", ""), ""


def place(change: Change, names: Mapping[str, str]) -> str:
    """Return between which releases a change of production lies, or that it lies in one; `names` are by sha."""
    old, new = (_named(sha, names) for sha in (change.last_old, change.first_new))
    if change.inside:
        return f"not a commit: it happened while {new} was in production"
    if change.last_old == change.first_new:
        return f"with the deployment of {new}, or while it was in production"
    if change.span is not None and change.span[0] > change.span[1]:
        return f"going back from {old} to {new}"
    commits = f" ({units.count(change.candidates, 'commit')})" if change.candidates else ""
    return f"between {old} and {new}{commits}"


def moved(found: Sequence[Moved]) -> str:
    """Return the changes of benchmarks in words, the first few by name."""
    if not found:
        return "no benchmark moved in this range"
    some = [f"{one.change.key.case.id} {units.percent(one.change.step.ratio)} at {one.commit.short}" for one in found]
    more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
    return "moved with it: " + "; ".join(some[:NAMED]) + more


def _named(sha: str, names: Mapping[str, str]) -> str:
    """Return a release by its tag and sha."""
    return f"{names[sha]} ({sha[:8]})" if sha in names else sha[:8]


def _when(change: Change) -> str:
    """Return the starts of the two windows that a change lies between."""
    first, last = (f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}" for ms in change.between or (0, 0))
    return f"{first} to {last[11:] if first[:10] == last[:10] else last} UTC"
