"""Runs as sheets: the list of all, and one with its numbers and failures."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from bench_runner import units
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.run import Result, Run
from bench_runner.report.sheet import Sheet

SCHEMA = "bench_runner.runs/1"


def listed(runs: Sequence[Run], commits: Sequence[Commit]) -> Sheet:
    """Return a row for each run, in git order (newest first as `commits` are), foreign commits last."""
    place = {one.sha: number for number, one in enumerate(commits)}
    subjects = {one.sha: one.subject for one in commits}
    rows = sorted(runs, key=lambda run: (place.get(run.commit_sha, len(place)), run.environment.name))
    return Sheet(
        title=units.count(len(rows), "run"),
        columns=("commit", "machine", "environment", "outcomes", "subject"),
        cells=tuple((*_place(run), spoken(run), subjects.get(run.commit_sha, "")) for run in rows),
        marks=tuple("" if run.build.ok else "failed" for run in rows),
        document={"schema": SCHEMA, "runs": [_head(run) for run in rows]},
    )


def one(run: Run, benchmarks: Mapping[str, Benchmark], wanted: Callable[[Case], bool]) -> Sheet:
    """Return the results of one run; notes hold what failing ones printed."""
    results = [result for result in run.results if wanted(result.case)]
    bad = [result for result in results if result.detail and result.outcome != "ok"]
    notes = [f"{result.case.id}: {result.detail}" for result in bad]
    if not run.build.ok:
        notes = [f"does not build: {run.build.detail}", *run.build.output.splitlines()]
    return Sheet(
        title=f"{run.commit_sha[:8]} on {run.machine.machine} in {run.environment.name}",
        columns=("benchmark", "centre", "99 %", "rounds", "outcome"),
        right=frozenset({"centre", "99 %", "rounds"}),
        cells=tuple(_cells(result, benchmarks) for result in results),
        marks=tuple("failed" if result.outcome in {"failed", "crashed", "timeout"} else "" for result in results),
        notes=tuple(notes),
        document={"schema": SCHEMA, "runs": [_head(run)], "results": [_entry(result) for result in results]},
    )


def spoken(run: Run) -> str:
    """Return the outcomes in words."""
    if not run.build.ok:
        return f"does not build: {run.build.detail}"
    counts = Counter(result.outcome for result in run.results)
    return ", ".join(f"{number} {word}" for word, number in counts.most_common())


def _cells(result: Result, benchmarks: Mapping[str, Benchmark]) -> tuple[str, ...]:
    """Return the printed row of a result."""
    known = benchmarks.get(result.case.benchmark)
    unit = known.metric.unit if known else "unit"
    found = result.summary
    if found is None:
        return (result.case.id, "-", "", "", result.outcome)
    known_interval = math.isfinite(found.low) and math.isfinite(found.high)
    interval = f"{units.show(found.low, unit)} .. {units.show(found.high, unit)}" if known_interval else ""
    said = "; ".join((result.outcome, *found.warnings))
    return (result.case.id, units.show(found.centre, unit), interval, str(found.n), said)


def _place(run: Run) -> tuple[str, str, str]:
    return run.commit_sha[:8], run.machine.machine, run.environment.name


def _head(run: Run) -> dict[str, object]:
    return {
        "commit": run.commit_sha,
        "machine": run.machine.machine,
        "environment": run.environment.name,
        "built": run.build.ok,
        "outcomes": dict(Counter(result.outcome for result in run.results)),
    }


def _entry(result: Result) -> dict[str, object]:
    """Return a result for programs."""
    found = result.summary
    return {
        "id": result.case.id,
        "outcome": result.outcome,
        "detail": result.detail,
        "centre": found.centre if found else None,
        "ci99": [found.low, found.high] if found else None,
        "n": found.n if found else 0,
    }
