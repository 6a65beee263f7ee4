"""Single cells of a result file: what asv's tracked benchmarks returned, and how our own single values are written."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stored_runs import BENCHMARKS, PARAMS, PEAK, PLAIN, TRACK, ok, run, same

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.metric import Metric
from bench_runner.model.run import Result
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import summarise
from bench_runner.store import columns
from bench_runner.store.files import Store

SCORES = Benchmark("bench.track_scores", "v1", "track", Metric("track", "points"), params=(("1", "2", "3"),))
STRANGE = ["abc", [1, 2], {"a": None}, "", 10**400, "\udcff\n", [[[[[[[[1]]]]]]]]]


def foreign(store: Store, name: str, cells: list[Any], *params: list[str], **more: Any) -> Path:
    """A file as asv writes it, with one row beside another that is in order."""
    path = store.add(run(found=[ok(PLAIN, 1.0, 1.1)]), benchmarks=[*BENCHMARKS, SCORES])
    data = json.loads(path.read_text())
    del data["bench_runner"]
    row = {"result": cells, "params": list(params), "version": "v1", "started_at": 5, "duration": 2.0, **more}
    data["results"][name] = [row.get(column) for column in data["result_columns"]]
    path.write_text(json.dumps(data))
    return path


def of(found: tuple[Result, ...], name: str) -> list[Result]:
    return [one for one in found if one.case.benchmark == name]


@pytest.mark.parametrize("cell", STRANGE, ids=range(len(STRANGE)))
def test_a_cell_that_is_no_number_is_one_failed_case(store: Store, cell: Any) -> None:
    path = foreign(store, TRACK.name, [cell])
    found = store.load(path).results
    (case,) = of(found, TRACK.name)
    assert (case.outcome, case.summary, case.sample) == ("failed", None, None)
    assert case.detail.startswith("the benchmark returned ")
    assert case.detail.endswith(", which is no number")
    assert "\n" not in case.detail
    assert [one.outcome for one in of(found, PLAIN.name)] == ["ok"]
    assert store.find(run().commit_sha, run().environment.name, "lab-1") is not None


def test_the_word_that_was_returned_is_said(store: Store, tmp_path: Path) -> None:
    path = foreign(store, TRACK.name, ["abc"])
    said = "the benchmark returned 'abc', which is no number"
    assert of(store.load(path).results, TRACK.name)[0].detail == said
    rows = columns.load(store, tmp_path / "cache").table.to_pylist()
    (point,) = (one for one in rows if one["benchmark"] == TRACK.name)
    assert (point["outcome"], point["detail"], math.isnan(point["centre"])) == ("failed", said, True)
    assert store.damaged == []


def test_the_cell_stays_when_the_file_is_written_again(store: Store) -> None:
    path = foreign(store, TRACK.name, ["abc"])
    before = json.loads(path.read_text())["results"][TRACK.name]
    assert store.add(run(found=[ok(PARAMS, 1.0, params=("1", "'a'"))]), benchmarks=BENCHMARKS) == path
    assert json.loads(path.read_text())["results"][TRACK.name][:3] == before[:3]
    assert list(path.parent.glob("*.damaged")) == []


def test_the_cell_stays_when_other_cases_of_its_row_are_measured(store: Store) -> None:
    path = foreign(store, SCORES.name, ["abc", 7, None], ["1", "2", "3"])
    for value in (3.0, 4.0):
        measured = replace(_once(SCORES, value), case=Case(SCORES.name, ("2",)))
        store.add(run(found=[measured]), benchmarks=[SCORES])
        assert json.loads(path.read_text())["results"][SCORES.name][0] == ["abc", value, None]
        outcomes = {one.case.params: one.outcome for one in of(store.load(path).results, SCORES.name)}
        assert outcomes == {("1",): "failed", ("2",): "ok"}
    again = replace(_once(SCORES, 9.0), case=Case(SCORES.name, ("1",)))
    store.add(run(found=[again]), benchmarks=[SCORES])
    assert json.loads(path.read_text())["results"][SCORES.name][0] == [9, 4, None]


def test_strange_statistics_and_samples_of_asv_leave_the_number(store: Store) -> None:
    path = foreign(store, TRACK.name, [3], samples=[["x"]], stats_ci_99_a=["y"], stats_number=[[]])
    (case,) = of(store.load(path).results, TRACK.name)
    assert case.summary is not None
    assert (case.outcome, case.summary.centre, case.sample) == ("ok", 3.0, None)


def _once(benchmark: Benchmark, *values: float) -> Result:
    sample = Sample(tuple(Round((value,)) for value in values))
    summary = summarise(sample, replace(benchmark.metric, exact=False))
    return Result(Case(benchmark.name), benchmark.version, "ok", sample, summary, started_ms=5, duration_s=0.5)


@pytest.mark.parametrize("benchmark", [PEAK, TRACK], ids=["peakmemory", "track"])
def test_a_single_value_has_no_statistics_and_whole_numbers_are_whole(store: Store, benchmark: Benchmark) -> None:
    whole = run(found=[_once(benchmark, 3.0)])
    path = store.add(whole, benchmarks=[benchmark])
    data = json.loads(path.read_text())
    cells = dict(zip(data["result_columns"], data["results"][benchmark.name], strict=False))
    assert [name for name, cell in cells.items() if name.startswith("stats_") and cell is not None] == []
    assert json.dumps([cells["result"], cells["samples"]]) == "[[3], [[3]]]"
    assert same(store.load(path), whole)
    assert math.isinf(columns.load(store, store.results.parent).table.to_pylist()[0]["low"])


def test_times_stay_as_asv_has_them(store: Store) -> None:
    whole = run(found=[_once(PLAIN, 3.0)])
    path = store.add(whole, benchmarks=[PLAIN])
    text = path.read_text()
    assert '"bench.time_plain":[[3.0],' in text
    assert "[-Infinity],[Infinity]" in text
    assert same(store.load(path), whole)


@pytest.mark.parametrize("value", [2.5, 1e300, -4.0, math.inf])
def test_values_that_are_no_counts_come_back(store: Store, value: float) -> None:
    whole = run(
        found=[replace(_once(TRACK, 1.0), sample=None, summary=replace(_once(TRACK, 1.0).summary, centre=value))]
    )  # type: ignore[type-var]
    path = store.add(whole, benchmarks=[TRACK])
    (found,) = store.load(path).results
    assert found.summary is not None
    assert found.summary.centre == value
    assert "0" * 30 not in path.read_text().replace("f" * 40, "")


def test_whose_memory_a_peak_is_comes_back(store: Store) -> None:
    shares = [Round((5e7 + k,), peak_rss=5e7, bare_rss=2e7, setup_rss=3e7 + 4000 * k) for k in range(3)]
    whole = run(found=[replace(ok(PEAK, 5e7, 5e7, 5e7), sample=Sample(tuple(shares)))])
    path = store.add(whole, benchmarks=[PEAK])
    (found,) = store.load(path).results
    assert found.sample is not None
    assert found.sample.memory == (2e7, 10_004_000.0, 5e7 + 1 - 30_004_000)
    (record,) = json.loads(path.read_text())["bench_runner"]["benchmarks"][PEAK.name]["cases"]
    assert (record["bare_rss"], record["setup_rss"]) == (20_000_000, [30_000_000, 30_004_000, 30_008_000])


def test_what_is_the_same_in_all_rounds_is_said_once(store: Store) -> None:
    whole = run(found=[ok(PLAIN, 1.0, 1.1)])
    path = store.add(whole, benchmarks=[PLAIN])
    (record,) = json.loads(path.read_text())["bench_runner"]["benchmarks"][PLAIN.name]["cases"]
    assert json.dumps([record[name] for name in ("numbers", "child_cpu_s", "peak_rss", "wall_s")]) == (
        "[100, 0, 50000000, [1.1, 1.21]]"
    )
    assert same(store.load(path), whole)
