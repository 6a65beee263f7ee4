"""Events as a sheet: what happened to machines and environments, and how many numbers it moved."""

import math
from collections.abc import Sequence

from bench_runner import units
from bench_runner.model.event import Event
from bench_runner.report.sheet import Data, Sheet

SCHEMA = "bench_runner.events/1"
DATA = (
    *("id", "kind", "machine", "environment", "last_old", "first_new"),
    *("reason", "ratio", "agree", "asked", "changes"),
)


def event_sheet(events: Sequence[Event]) -> Sheet:
    """Return the table of events, in the order given."""
    return Sheet(
        title=f"{units.count(len(events), 'event')} of machines or environments, no commit to blame",
        columns=("from", "event", "what speaks for it", "change", "laid to it"),
        right=frozenset({"change"}),
        cells=tuple(_cells(one) for one in events),
        marks=("",) * len(events),
        document={"schema": SCHEMA, "events": [event_entry(one) for one in events]},
        data=Data(DATA, tuple(_record(one) for one in events)),
    )


def _cells(one: Event) -> tuple[str, ...]:
    """Return the printed row."""
    change = units.percent(one.ratio) if math.isfinite(one.ratio) else ""
    return (one.first_new[:8], f"{one.kind}: {one.name}", one.reason, change, units.count(len(one.changes), "change"))


def event_entry(one: Event) -> dict[str, object]:
    """Return an event for programs."""
    return {
        "id": one.id,
        "kind": one.kind,
        "machine": one.machine,
        "environment": one.environment,
        "last_old": one.last_old,
        "first_new": one.first_new,
        "reason": one.reason,
        "ratio": one.ratio if math.isfinite(one.ratio) else None,
        "agree": one.agree,
        "asked": one.asked,
        "changes": [change.id for change in one.changes],
    }


def _record(one: Event) -> tuple[str | float | None, ...]:
    """Return the row of DATA."""
    ratio = one.ratio if math.isfinite(one.ratio) else None
    where = (one.id, one.kind, one.machine, one.environment, one.last_old, one.first_new)
    return (*where, one.reason, ratio, one.agree, one.asked, len(one.changes))
