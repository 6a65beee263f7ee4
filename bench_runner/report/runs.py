"""Runs as sheets: the list of all, and one with its numbers and failures."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import get_args

from bench_runner import units
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.metric import Metric
from bench_runner.model.production import KIND
from bench_runner.model.run import Outcome, Result, Run
from bench_runner.model.sample import Sample
from bench_runner.report import spread, vitals
from bench_runner.report.sheet import Data, Output, Sheet

SCHEMA = "bench_runner.runs/1"
OUTCOMES = get_args(Outcome)
PLACE = ("commit", "machine", "environment")
COLUMNS = ("benchmark", "centre", "99 %", "rounds", "outcome")
NAMED = 3
WORDS = ("subject", "where")
_UNKNOWN = Metric("value", "unit")
NOWHERE: Mapping[str, str] = MappingProxyType({})


def listed(runs: Sequence[Run], commits: Sequence[Commit], where: Mapping[str, str] = NOWHERE) -> Sheet:
    """Return a row for each run, in git order (newest first as `commits` are), foreign commits last.

    `where` says of commits (full sha) that are not on the branch what they are.
    """
    place = {one.sha: number for number, one in enumerate(commits)}
    subjects = {one.sha: one.subject for one in commits}
    rows = sorted(runs, key=lambda run: (place.get(run.commit_sha, len(place)), run.environment.name))
    words = [(subjects.get(run.commit_sha, ""), where.get(run.commit_sha, "")) for run in rows]
    shown = 2 if where else 1
    return Sheet(
        title=units.count(len(rows), "run"),
        columns=("commit", "machine", "environment", "outcomes", *WORDS[:shown]),
        cells=tuple((*_place(run), spoken(run), *said[:shown]) for run, said in zip(rows, words, strict=True)),
        marks=tuple("" if run.build.ok else "failed" for run in rows),
        document={"schema": SCHEMA, "runs": [_head(run, said[1]) for run, said in zip(rows, words, strict=True)]},
        data=Data(
            (*PLACE, "built", *OUTCOMES, *WORDS),
            tuple((*_record_of_run(run), *said) for run, said in zip(rows, words, strict=True)),
        ),
    )


def one(
    run: Run,
    benchmarks: Mapping[str, Benchmark],
    wanted: Callable[[Case], bool],
    where: str = "",
    *,
    verbose: bool = False,
) -> Sheet:
    """Return the results of one run, below them why some failed and what those printed.

    `verbose` adds columns on how quiet it was then.
    """
    results = [result for result in run.results if wanted(result.case)]
    failures = _failures(run, results)
    seen = f", {KIND}: a round is one of {units.count(len(run.windows), 'window')}" if run.windows else ""
    return Sheet(
        title=f"{run.commit_sha[:8]} on {run.machine.machine} in {run.environment.name}{where and f' ({where})'}{seen}",
        columns=(*COLUMNS, *(vitals.COLUMNS if verbose else ())),
        right=frozenset({*COLUMNS[1:4], *vitals.COLUMNS}),
        cells=tuple(
            (*_cells(result, benchmarks), *(vitals.cells(result.sample) if verbose else ())) for result in results
        ),
        marks=tuple("failed" if result.outcome in {"failed", "crashed", "timeout"} else "" for result in results),
        notes=tuple(one.head for one in failures if not one.text),
        outputs=tuple(one for one in failures if one.text),
        document={"schema": SCHEMA, "runs": [_head(run, where)], "results": [_entry(result) for result in results]},
        data=Data(
            ("benchmark", "unit", "centre", "low", "high", "rounds", "outcome", "detail", *PLACE),
            tuple(_record(result, benchmarks, run) for result in results),
        ),
    )


def _failures(run: Run, results: Sequence[Result]) -> list[Output]:
    """Return what went wrong; cases that failed in the same words are named together."""
    if not run.build.ok:
        return [Output(f"does not build: {run.build.detail}".rstrip(": "), run.build.output.strip())]
    alike: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.outcome != "ok" and (result.detail or result.output.strip()):
            alike.setdefault((result.detail or result.outcome, result.output.strip()), []).append(result.case.id)
    return [Output(f"{_named(cases)}: {detail}", output) for (detail, output), cases in alike.items()]


def _named(cases: Sequence[str]) -> str:
    """Return the first cases and how many more."""
    more = f" and {len(cases) - NAMED} more" if len(cases) > NAMED else ""
    return ", ".join(cases[:NAMED]) + more


def spoken(run: Run) -> str:
    """Return the outcomes in words."""
    if not run.build.ok:
        return f"does not build: {run.build.detail}"
    counts = Counter(result.outcome for result in run.results)
    words = ", ".join(f"{number} {word}" for word, number in counts.most_common())
    return f"{KIND}, {units.count(len(run.windows), 'window')}: {words}" if run.windows else words


def _cells(result: Result, benchmarks: Mapping[str, Benchmark]) -> tuple[str, ...]:
    """Return the printed row of a result."""
    metric, found = _metric(result, benchmarks), result.summary
    if found is None:
        return (result.case.id, "-", "", "", result.outcome)
    said = "; ".join((result.outcome, *_shares(result.sample), *found.warnings))
    if metric.exact and found.low == found.high:
        return (result.case.id, units.exactly(found.centre, metric.unit), "", str(found.n), said)
    interval = spread.between(found.centre, found.low, found.high, lambda value: units.show(value, metric.unit))
    return (result.case.id, units.show(found.centre, metric.unit), interval, str(found.n), said)


def _shares(sample: Sample | None) -> tuple[str, ...]:
    """Return how much of a peak is not the benchmark's own memory: one phrase, or none."""
    parts = sample and sample.memory
    if not parts:
        return ()
    bare, setup, _ = (units.show(one, "bytes") for one in parts)
    return (f"of it {bare} interpreter, {setup} imports and setup",)


def _metric(result: Result, benchmarks: Mapping[str, Benchmark]) -> Metric:
    known = benchmarks.get(result.case.benchmark)
    return known.metric if known else _UNKNOWN


def _record(result: Result, benchmarks: Mapping[str, Benchmark], run: Run) -> tuple[str | float | None, ...]:
    """Return the row of a result for programs."""
    found = result.summary
    numbers = (found.centre, found.low, found.high, found.n) if found else (None, None, None, 0)
    where = (run.commit_sha, run.machine.machine, run.environment.name)
    return (result.case.id, _metric(result, benchmarks).unit, *numbers, result.outcome, result.detail, *where)


def _record_of_run(run: Run) -> tuple[str | float | None, ...]:
    """Return the row of a run for programs."""
    counts = Counter(result.outcome for result in run.results)
    where = (run.commit_sha, run.machine.machine, run.environment.name)
    return (*where, int(run.build.ok), *(counts[word] for word in OUTCOMES))


def _place(run: Run) -> tuple[str, str, str]:
    return run.commit_sha[:8], run.machine.machine, run.environment.name


def _head(run: Run, where: str) -> dict[str, object]:
    return {
        "commit": run.commit_sha,
        "machine": run.machine.machine,
        "environment": run.environment.name,
        "where": where,
        "source": KIND if run.windows else "benchmark",
        "windows": len(run.windows),
        "built": run.build.ok,
        "detail": run.build.detail,
        "outcomes": dict(Counter(result.outcome for result in run.results)),
    }


def _entry(result: Result) -> dict[str, object]:
    """Return a result for programs."""
    found = result.summary
    return {
        "id": result.case.id,
        "outcome": result.outcome,
        "detail": result.detail,
        "output": result.output,
        "centre": found.centre if found else None,
        "ci99": spread.bounds(found.low, found.high) if found else None,
        "n": found.n if found else 0,
        "warnings": list(found.warnings) if found else [],
        "vitals": vitals.columns(result.sample),
    }
