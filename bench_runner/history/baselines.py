"""A commit beside a baseline: the values held fast under a name, whatever became of the files they came from."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bench_runner.errors import InconclusiveError
from bench_runner.history import renaming
from bench_runner.history.likeness import unlike
from bench_runner.history.rows import ALL, Row, Terms, benchmark_of, judged, parted, runs_of, summary_of, why
from bench_runner.model.baseline import Baseline, Taken
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.change import Comparison
from bench_runner.model.run import Result, Run
from bench_runner.model.sample import Round, Sample
from bench_runner.stats import compare as pairs
from bench_runner.stats.summary import summarise
from bench_runner.store.files import Store


def compare_baseline(store: Store, baseline: Baseline, after: str, terms: Terms = ALL) -> list[Comparison]:
    """Compare a commit (full sha) with a baseline wherever both have values; raises as `compare` does.

    Baselines of before schema 2 hold numbers only: what these were taken on cannot be checked.
    """
    runs = runs_of(store, after, terms)
    known = renaming.benchmarks(store.benchmarks(), terms.renames)
    rows = []
    for run in runs.values():
        held = baseline.values.get(run.machine.machine, {}).get(run.environment.name)
        taken = baseline.taken.get(run.machine.machine, {}).get(run.environment.name)
        rows += list(_rows(run, renaming.held(held, terms.renames), known, taken, terms)) if held else []
    if not rows:
        raise InconclusiveError(
            f"baseline {baseline.name!r} holds nothing for the machines and environments of {after[:8]}:"
            f" set it again with `bench-runner baseline set {baseline.name}`"
        )
    return judged(rows)


def _rows(
    run: Run, held: Mapping[str, Sequence[float]], known: Mapping[str, Benchmark], taken: Taken | None, terms: Terms
) -> Iterator[Row]:
    """Yield a row for each case of a run, and for each held one that the run lacks but the suite knows."""
    measured = {result.case.id: result for result in run.results if result.outcome != "skipped"}
    for name in dict.fromkeys([*held, *measured]):
        case = measured[name].case if name in measured else _case(name, known)
        row = _row(run, case, measured.get(name), held.get(name, ()), benchmark_of(case, known))
        result = measured.get(name)
        if row.contrast is None or result is None or taken is None:
            yield row
        else:
            yield parted(row.comparison, row.contrast, _unlike(taken, run, result, terms), terms)


def _unlike(taken: Taken, run: Run, result: Result, terms: Terms) -> str:
    """Return what differs between what a baseline was taken on, and what a result was."""
    old = replace(run, protocol=taken.protocol, fingerprint=taken.fingerprint)
    version = taken.versions.get(result.case.benchmark, "")
    return unlike((old, Result(result.case, version, "ok")), (run, result), terms.project)


def _case(name: str, known: Mapping[str, Benchmark]) -> Case:
    """Return the case with an id; a benchmark of that whole name where the suite no longer knows it."""
    benchmark = known.get(name.partition("(")[0])
    found = (case for case in benchmark.cases() if case.id == name) if benchmark else iter(())
    return next(found, Case(name))


def _row(run: Run, case: Case, result: Result | None, held: Sequence[float], of: Benchmark) -> Row:
    """Return one case's row."""
    before = _sample(held)
    blank = Comparison(
        case=case,
        metric=of.metric,
        before=summarise(before, of.metric) if held else None,
        after=summary_of(result, of.metric),
        ratio=math.nan,
        ratio_low=math.nan,
        ratio_high=math.nan,
        p=1.0,
        verdict="undecided",
        environment=run.environment.name,
        machine=run.machine.machine,
    )
    if blank.after is None or result is None:
        failed = result is not None or not run.build.ok
        return Row(replace(blank, verdict="failed" if failed else "missing", reason=why(run, result)))
    if blank.before is None:
        return Row(replace(blank, verdict="new", reason="not in the baseline"))
    if result.sample is not None:
        return Row(blank, pairs.compare(before, result.sample, of.metric, of.kind))
    return Row(blank, pairs.compare(blank.before, blank.after, of.metric, of.kind))


def _sample(held: Sequence[float]) -> Sample:
    """Return the held centres as rounds of one value."""
    return Sample(tuple(Round((value,)) for value in held))
