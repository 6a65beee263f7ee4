"""Changes as a sheet: what moved, by how much, between which commits, and what became of it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from bench_runner import units
from bench_runner.model.change import UNSEEN, Change
from bench_runner.model.commit import Commit
from bench_runner.model.course import Course
from bench_runner.model.event import Event
from bench_runner.report.courses import course_entry
from bench_runner.report.events import event_entry
from bench_runner.report.sheet import Data, Sheet
from bench_runner.stats.discovery import FALSE_SHARE

SCHEMA = "bench_runner.changes/1"
PRODUCTION = "production"
BENCHMARK = "benchmark"
SOURCE = "source"  # printed where there is production at all
COLUMNS = ("id", "benchmark", "change", "before", "after", "commit", "state", "machine", "environment", "subject")
DATA = (
    *("id", "benchmark", "metric", "unit", "before", "after", "ratio", "ratio_low", "ratio_high", "p"),
    *("last_old", "first_new", "candidates", "state", "recovered_by", "worse", "machine", "environment", "subject"),
    *(SOURCE, "window_before_ms", "window_after_ms"),
)


NOTHING: Mapping[str, Sequence[Change]] = MappingProxyType({})


class Group(Protocol):
    """Changes that one commit most likely made (`history.grouping.Group`)."""

    @property
    def commit(self) -> Commit:
        """The commit."""
        ...

    @property
    def changes(self) -> tuple[Change, ...]:
        """Its changes."""
        ...

    @property
    def agree(self) -> int:
        """How many series moved."""
        ...

    @property
    def asked(self) -> int:
        """How many could have."""
        ...

    @property
    def q(self) -> float:
        """The share of luck among all groups at least as surprising."""
        ...


def sheet(
    changes: Sequence[Change],
    commits: Sequence[Commit],
    groups: Sequence[Group] = (),
    events: Sequence[Event] = (),
    courses: Sequence[Course] = (),
) -> Sheet:
    """Return the table of changes in the order given; `commits` are those of the branch.

    `groups` tell how sure each change's commit is (q); `events` and `courses` go into the document.
    """
    qs = {change.id: one.q for one in groups for change in one.changes}
    subjects = {one.sha: one.subject for one in commits}
    sourced = any(one.production for one in changes)
    return Sheet(
        title=units.count(len(changes), "change"),
        columns=(SOURCE, *COLUMNS) if sourced else COLUMNS,
        right=frozenset({"change", "before", "after"}),
        cells=tuple(
            (*((source(one),) if sourced else ()), *_cells(one, qs.get(one.id, 0.0)), subjects.get(one.first_new, ""))
            for one in changes
        ),
        marks=tuple(mark(one) for one in changes),
        document={
            "schema": SCHEMA,
            "changes": [{**entry(one, subjects), "q": qs.get(one.id)} for one in changes],
            "events": [event_entry(one) for one in events],
            "courses": [course_entry(one) for one in courses],
        },
        data=Data((*DATA, "q"), tuple((*record(one, subjects), qs.get(one.id)) for one in changes)),
    )


def source(one: Change) -> str:
    """Return where a change was seen."""
    return PRODUCTION if one.production else BENCHMARK


def grouped(groups: Sequence[Group], beside: Mapping[str, Sequence[Change]] = NOTHING) -> Sheet:
    """Return the table of `detect`: a head line for each commit, its changes below.

    `beside` are by id of a change those of production in the same range.
    """
    cells: list[tuple[str, ...]] = []
    marks: list[str] = []
    for one in groups:
        cells.append((one.commit.short, _suspect(one), "", "", f"{one.agree} of {one.asked} series"))
        marks.append("")
        for change in one.changes:
            cells.append(
                ("", f"  {change.key.case.id}", levels(change), units.percent(change.step.ratio), said(change))
            )
            marks.append(mark(change))
        for change in _distinct(one, beside):
            words = f"  {PRODUCTION}: {change.key.case.id} on {change.key.machine}"
            cells.append(("", words, levels(change), units.percent(change.step.ratio), said(change)))
            marks.append("")
    changes = [change for one in groups for change in one.changes]
    standing = sum(one.standing for one in changes)
    return Sheet(
        title=f"{units.count(len(changes), 'change')} at {units.count(len(groups), 'commit')}",
        columns=("commit", "what", "levels", "change", "state"),
        right=frozenset({"levels", "change"}),
        cells=tuple(cells),
        marks=tuple(marks),
        notes=(f"{standing} regressions stand; `bench-runner changes` lists all with their certainty",),
        document={"schema": SCHEMA, "changes": [entry(one, {}) for one in changes]},
        data=Data(DATA, tuple(record(one, {}) for one in changes)),
    )


def _distinct(group: Group, beside: Mapping[str, Sequence[Change]]) -> list[Change]:
    """Return the changes of production beside those of a group, each once."""
    return list({other.id: other for one in group.changes for other in beside.get(one.id, ())}.values())


def _suspect(group: Group) -> str:
    """Return the subject of the commit, after how many it stands for when those before it were not measured."""
    candidates = min((change.candidates for change in group.changes), default=1)
    return group.commit.subject if candidates == 1 else f"(one of {candidates} commits up to) {group.commit.subject}"


def _cells(one: Change, q: float) -> tuple[str, ...]:
    """Return the printed row, up to the subject."""
    return (
        one.id,
        one.key.case.id,
        units.percent(one.step.ratio),
        *_levels(one),
        where(one),
        said(one) if q <= FALSE_SHARE or one.known_as else f"doubtful (q {q:.2g})",
        one.key.machine,
        one.key.environment,
    )


def where(one: Change) -> str:
    """Return the commit of a change, or the range it lies in when commits between were not measured."""
    if one.inside:
        return f"no commit: while {one.first_new[:8]} ran"
    if one.candidates == 1 and not one.production:
        return one.first_new[:8]
    return f"{one.last_old[:8]}..{one.first_new[:8]}" + (f" ({one.candidates})" if one.candidates else "")


def levels(one: Change) -> str:
    """Return both levels."""
    return " -> ".join(_levels(one))


def _levels(one: Change) -> tuple[str, str]:
    before, after = (
        units.value(level, one.metric.unit, exact=one.metric.exact) for level in (one.step.before, one.step.after)
    )
    return before, after


def said(one: Change) -> str:
    """Return the state in words, and that a recorded change is no longer seen."""
    if one.state == "accepted" and one.acceptance and one.acceptance.until:
        return f"accepted until {one.acceptance.until}"
    state = f"recovered by {one.recovered_by[:8]}" if one.state == "recovered" else one.state
    return f"{state}, {UNSEEN}" if UNSEEN in one.warnings else state


def mark(one: Change) -> str:
    """Return the word that colours a row."""
    if one.state not in {"pending", "confirmed"}:
        return ""
    return "worse" if one.worse else "better"


def entry(one: Change, subjects: dict[str, str]) -> dict[str, object]:
    """Return the row for programs."""
    return {
        "id": one.id,
        "benchmark": one.key.case.benchmark,
        "params": list(one.key.case.params),
        "environment": one.key.environment,
        "machine": one.key.machine,
        "metric": one.metric.name,
        "unit": one.metric.unit,
        SOURCE: source(one),
        "windows_ms": list(one.between) if one.between else None,
        "inside": one.inside,
        "worse": one.worse,
        "before": one.step.before,
        "after": one.step.after,
        "ratio": one.step.ratio,
        "ci95": [one.step.ratio_low, one.step.ratio_high],
        "p": one.step.p,
        "last_old": one.last_old,
        "first_new": one.first_new,
        "candidates": one.candidates,
        "subject": subjects.get(one.first_new, ""),
        "state": one.state,
        "recovered_by": one.recovered_by,
        "reason": one.reason,
        "acceptance": _acceptance(one),
        "warnings": [*one.warnings, *one.step.warnings],
    }


def _acceptance(one: Change) -> dict[str, str] | None:
    """Return who accepted a change until when, and why; also where that has expired."""
    entry = one.acceptance
    return None if entry is None else {"reason": entry.reason, "owner": entry.owner, "until": str(entry.until or "")}


def record(one: Change, subjects: dict[str, str]) -> tuple[str | float | None, ...]:
    """Return the row of DATA."""
    step, place = one.step, one.key
    return (
        *(one.id, place.case.id, one.metric.name, one.metric.unit),
        *(step.before, step.after, step.ratio, step.ratio_low, step.ratio_high, step.p),
        *(one.last_old, one.first_new, one.candidates, one.state, one.recovered_by, int(one.worse)),
        *(place.machine, place.environment, subjects.get(one.first_new, "")),
        *(source(one), *(one.between or (None, None))),
    )
