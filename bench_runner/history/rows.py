"""The rows of a comparison: what two commits say of each case, judged over the whole table."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench_runner.errors import NothingMeasuredError
from bench_runner.history import renaming
from bench_runner.history.likeness import unlike
from bench_runner.history.reasons import explained, whose
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.change import Comparison, Verdict
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Rename
from bench_runner.model.run import Result, Run
from bench_runner.model.sample import Summary
from bench_runner.stats import compare as pairs
from bench_runner.stats.summary import summarise
from bench_runner.store.files import Store

UNBUILT = "does not build"
_SHORT = 8  # digits of the sha that begin a result file's name
# Only for a benchmark that the list of benchmarks has lost: a number of which nothing is known.
_UNKNOWN = Benchmark("", "", kind="unknown", metric=Metric("value", "unit"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What is compared: one environment and one machine (None: all of them), benchmarks by their newest names.

    `project` is the measured distribution, whose version may differ. What was taken on unlike machines or environments
    is judged only where it is asked for (`across`), and exact numbers of two Pythons never.
    """

    environment: str | None = None
    machine: str | None = None
    project: str = ""
    renames: Sequence[Rename] = ()
    across: bool = False


ALL = Terms()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table before it is judged: `contrast` is None where there is nothing to test."""

    comparison: Comparison
    contrast: pairs.Contrast | None = None


def runs_of(store: Store, sha: str, terms: Terms) -> dict[tuple[str, str], Run]:
    """Return the runs of a commit by (environment, machine); NothingMeasuredError when there are none."""
    loaded = (store.load(path) for path in store.paths(terms.machine) if path.name.startswith(sha[:_SHORT]))
    found = {(one.environment.name, one.machine.machine): one for one in loaded if one.commit_sha == sha}
    kept = {key: renaming.run(one, terms.renames) for key, one in found.items() if terms.environment in {None, key[0]}}
    if not kept:
        asked = (("in", terms.environment), ("on", terms.machine))
        where = "".join(f" {word} {name}" for word, name in asked if name)
        raise NothingMeasuredError(f"{sha[:_SHORT]} has no results{where}: `bench-runner run {sha[:_SHORT]}^!`")
    return kept


def judged(rows: Sequence[Row]) -> list[Comparison]:
    """Return the comparisons with their verdicts; every p is corrected for the number of rows that were tested."""
    qs = iter(pairs.adjust([row.contrast.p for row in rows if row.contrast is not None and row.contrast.tested]))
    return explained([_judged(row.comparison, row.contrast, qs) for row in rows])


def _judged(one: Comparison, contrast: pairs.Contrast | None, qs: Iterator[float]) -> Comparison:
    """Return one comparison with its verdict; the next of `qs` is its, if it was tested."""
    if contrast is None:
        return one
    q = next(qs) if contrast.tested else contrast.p
    verdict = pairs.judge(contrast, q, one.metric)
    return replace(with_contrast(one, contrast), p=q, verdict=verdict, reason=contrast.reason(verdict))


def with_contrast(one: Comparison, contrast: pairs.Contrast) -> Comparison:
    """Return a comparison with the ratio of its contrast."""
    return replace(one, ratio=contrast.ratio, ratio_low=contrast.ratio_low, ratio_high=contrast.ratio_high)


def rows(old: Run, new: Run, known: Mapping[str, Benchmark], terms: Terms) -> Iterator[Row]:
    """Yield the rows of one environment on one machine: the old commit's cases, then those only the new one has."""
    before = {result.case: result for result in old.results}
    after = {result.case: result for result in new.results}
    for case in dict.fromkeys([*before, *after]):
        benchmark = benchmark_of(case, known)
        pair = (before.get(case), after.get(case))
        if not all(result is None or result.outcome == "skipped" for result in pair):
            yield _row((old, pair[0]), (new, pair[1]), benchmark, terms)


def benchmark_of(case: Case, known: Mapping[str, Benchmark]) -> Benchmark:
    """Return the benchmark of a case."""
    return known.get(case.benchmark, _UNKNOWN)


def _row(before: tuple[Run, Result | None], after: tuple[Run, Result | None], of: Benchmark, terms: Terms) -> Row:
    """Return one case's row."""
    (old_run, old), (new_run, new) = before, after
    blank = _blank(before, after, of.metric)
    absent = _absence(old_run, old, new_run, new)
    if absent or old is None or new is None:
        verdict, reason = absent or ("missing", "")
        return Row(replace(blank, verdict=verdict, reason=reason))
    contrast = _contrast(old, new, blank, of)
    return parted(blank, contrast, unlike((old_run, old), (new_run, new), terms.project), terms)


def parted(blank: Comparison, contrast: pairs.Contrast, difference: str, terms: Terms) -> Row:
    """Return a row, one of unlike things without a verdict unless that is asked for; then it says what differs."""
    if not difference:
        return Row(blank, contrast)
    if terms.across and not blank.metric.exact:
        return Row(blank, replace(contrast, warnings=(f"across {difference}", *contrast.warnings)))
    return Row(replace(with_contrast(blank, contrast), verdict="unlike", reason=difference))


def _blank(before: tuple[Run, Result | None], after: tuple[Run, Result | None], metric: Metric) -> Comparison:
    """Return a comparison that knows its two summaries and nothing of their relation."""
    run, present = after[0], before[1] or after[1]
    assert present is not None
    return Comparison(
        case=present.case,
        metric=metric,
        before=summary_of(before[1], metric),
        after=summary_of(after[1], metric),
        ratio=math.nan,
        ratio_low=math.nan,
        ratio_high=math.nan,
        p=1.0,
        verdict="undecided",
        environment=run.environment.name,
        machine=run.machine.machine,
    )


def _absence(old_run: Run, old: Result | None, new_run: Run, new: Result | None) -> tuple[Verdict, str] | None:
    """Return the verdict and its reason where one side has no number, None where both have."""
    if not _measured(new):
        if new is not None and new.outcome == "skipped":
            return "missing", "skipped"
        if new is None and new_run.build.ok:
            return "missing", "not measured"
        return "failed", why(new_run, new)
    if not _measured(old):
        return "new", f"before{':' if old_run.build.ok else ''} {why(old_run, old)}"
    return None


def _measured(result: Result | None) -> bool:
    """Whether a result has a number."""
    return result is not None and result.outcome == "ok" and (result.sample or result.summary) is not None


def why(run: Run, result: Result | None) -> str:
    """Return why a run has no number for a case."""
    if not run.build.ok:
        return f"{UNBUILT}: {run.build.detail.removeprefix('build failed').lstrip(': ')}".rstrip(": ")
    if result is None:
        return "not measured"
    return f"{result.outcome}: {result.detail}".rstrip(": ")


def summary_of(result: Result | None, metric: Metric) -> Summary | None:
    """Return the summary of a result that has a number."""
    if result is None or result.outcome != "ok":
        return None
    if result.summary is None and result.sample is not None:
        return summarise(result.sample, metric)
    return result.summary


def _contrast(old: Result, new: Result, blank: Comparison, of: Benchmark) -> pairs.Contrast:
    """Compare rounds where both kept them, else summaries."""
    if old.sample is not None and new.sample is not None:
        contrast = pairs.compare(old.sample, new.sample, of.metric, of.kind)
        return replace(contrast, warnings=(*whose(old.sample, new.sample), *contrast.warnings))
    assert blank.before is not None
    assert blank.after is not None
    return pairs.compare(blank.before, blank.after, of.metric, of.kind)
