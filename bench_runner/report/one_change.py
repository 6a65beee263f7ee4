"""One change as a sheet: all that the detector saw of it, with a picture."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench_runner import units
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.series import Series
from bench_runner.report.changes import DATA, entry, levels, mark, record, said, where
from bench_runner.report.picture import picture, window
from bench_runner.report.sheet import Data, Output, Sheet

SCHEMA = "bench_runner.change/1"
COMMITS = 20  # that may have made it, and neighbours: so many are named on paper, all in the document
_Suspect = tuple[Commit, float | None]
_LEAST = 1e-300  # below it a probability is no number any more


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a change: its series and all changes of it, the commits of the branch, who moved with it.

    `releases` are commits in production that are not on the branch.
    """

    series: Series
    changes: Sequence[Change]
    commits: Sequence[Commit]
    neighbours: Sequence[Change] = ()
    releases: Mapping[str, Commit] | None = None


def sheet(change: Change, context: Context) -> Sheet:
    """Return what the detector saw of a change."""
    subjects = {one.sha: one.subject for one in [*context.commits, *(context.releases or {}).values()]}
    suspects = list(_suspects(change, context.commits))
    neighbours = [one for one in context.neighbours if one.id != change.id]
    rows = tuple(_rows(change, context.series))
    return Sheet(
        title=f"{change.id}: {change.key.case.id} {units.percent(change.step.ratio)}, {said(change)}",
        columns=("what", "the detector saw"),
        cells=rows,
        marks=(mark(change),) + ("",) * (len(rows) - 1),
        outputs=(
            Output("around it", picture(context.series, change, context.changes, _ends(context, change))),
            *_named(
                f"{units.count(len(suspects), 'commit')} may have made it (95 %); * after the last old point",
                _told(change, suspects),
            ),
            *_named("moved at the same commit", [_line(one) for one in neighbours]),
        ),
        notes=() if change.production else (f"`bench-runner bisect {change.id}` measures which commit it was",),
        document={"schema": SCHEMA, "change": _document(change, context, suspects, neighbours, subjects)},
        data=Data(DATA, (record(change, subjects),)),
    )


def _rows(change: Change, series: Series) -> list[tuple[str, str]]:
    """Return what is said of it, line by line."""
    step, key = change.step, change.key
    finite = [math.isfinite(value) for value in series.values]
    found = [
        ("levels", levels(change)),
        ("change", f"{units.percent(step.ratio)}{_interval(change)}"),
        ("significance", _significance(change)),
        ("place", where(change)),
        ("points", f"{sum(finite[: step.index])} before it, {sum(finite[step.index :])} from it on"),
        ("state", said(change)),
        ("machine", key.machine),
        ("environment", key.environment),
        ("metric", f"{change.metric.name}, {change.metric.better} is better"),
    ]
    if change.reason:
        found.append(("reason", change.reason))
    if change.acceptance:
        found.append(("acceptance", change.acceptance.words))
    return found + [("warning", one) for one in (*change.warnings, *step.warnings)]


def _interval(change: Change) -> str:
    """Return the interval of the ratio in words, "" where none is known."""
    low, high = change.step.ratio_low, change.step.ratio_high
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return ""
    return f" (95 %: {units.percent(low)} to {units.percent(high)})"


def _significance(change: Change) -> str:
    """Return how sure it is."""
    if change.metric.exact:
        return "declared exact: any difference is a change"
    if math.isnan(change.step.p):
        return "not known"
    p = f"p = {change.step.p:.2g}" if change.step.p > _LEAST else f"p < {_LEAST:g}"
    return f"{p}: so large a step in this series without a change"


def _suspects(change: Change, commits: Sequence[Commit]) -> Iterator[_Suspect]:
    """Yield the commits that may have made it, oldest first, noise considered, each with its probability."""
    first, last = change.span or (change.revision - change.candidates + 1, change.revision)
    if not change.inside:
        for revision in range(max(0, first), last + 1):
            yield commits[revision], change.chance(revision)


def _told(change: Change, suspects: Sequence[_Suspect]) -> list[str]:
    """Return a line for each suspect; those between the last old and the first new point are marked."""
    shas = [one.sha for one, _ in suspects]
    first = shas.index(change.last_old) + 1 if change.last_old in shas else 0
    last = shas.index(change.first_new) if change.first_new in shas else len(shas) - 1
    return [
        f"{'*' if first <= at <= last else ' '} {_share(chance)}{one.short} {_day(one.time_ms)} {one.subject}"
        for at, (one, chance) in enumerate(suspects)
    ]


def _share(chance: float | None) -> str:
    """Return a probability as a column of its own."""
    return "" if chance is None else f"{f'{100 * chance:.0f} %' if chance >= 0.01 else '< 1 %':>5}  "


def _line(one: Change) -> str:
    """Return a neighbour."""
    return (
        f"{one.id}  {one.key.case.id}  {units.percent(one.step.ratio)}  {levels(one)}  {said(one)}  {one.key.machine}"
    )


def _named(head: str, lines: Sequence[str]) -> list[Output]:
    """Return some lines under a head, none where there are none."""
    more = [f"and {len(lines) - COMMITS} more"] if len(lines) > COMMITS else []
    return [Output(head, "\n".join(" ".join(one.split("\n")) for one in [*lines[:COMMITS], *more]))] if lines else []


def _ends(context: Context, change: Change) -> tuple[str, str]:
    """Return the names of the first and the last point in view."""
    series = context.series
    first, last = (_end(series, at, context.commits) for at in window(series, change))
    return first, last


def _end(series: Series, at: int, commits: Sequence[Commit]) -> str:
    """Return sha and day of a point."""
    revision = series.revisions[at]
    time_ms = series.times[at] if series.times else commits[revision].time_ms
    return f"{series.shas[at][:8]} {_day(time_ms)}"


def _day(time_ms: int) -> str:
    """Return the day (UTC) of a moment, "" for one that no calendar has."""
    try:
        return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d}"
    except (OverflowError, OSError, ValueError):
        return ""


def _document(
    change: Change,
    context: Context,
    suspects: Sequence[_Suspect],
    neighbours: Sequence[Change],
    subjects: dict[str, str],
) -> dict[str, object]:
    """Return all of it for programs."""
    series = context.series
    first, last = window(series, change)
    return entry(change, subjects) | {
        "suspects": [
            {"sha": one.sha, "time_ms": one.time_ms, "subject": one.subject, "probability": chance}
            for one, chance in suspects
        ],
        "neighbours": [entry(one, subjects) for one in neighbours],
        "points": [
            {
                "sha": series.shas[at],
                "value": series.values[at],
                "ci99": [series.low[at], series.high[at]],
                "new": at >= change.step.index,
            }
            for at in range(first, last + 1)
        ],
    }
