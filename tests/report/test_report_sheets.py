import json
from dataclasses import dataclass, replace

import pytest
from sheet_reading import BACK, NEW, OLD, PEAK, data, row, run, summary

from bench_runner.model.baseline import Baseline
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.change import Change, Step
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.run import Build, Result
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.model.series import SeriesKey
from bench_runner.report import baselines, changes, runs
from bench_runner.report.sheet import render


def change(name: str, ratio: float, **more: object) -> Change:
    step = Step(3, 2e-3, 2e-3 * ratio, ratio, ratio * 0.98, ratio * 1.02, 1e-6)
    plain = Change(SeriesKey(Case(name), "uv-py3.11", "lab"), TIME, step, OLD.sha, NEW.sha, 3)
    return replace(plain, **more)  # type: ignore[arg-type]


def test_changes_say_where_and_what_became_of_them() -> None:
    found = [
        change("s.time_a", 1.3),
        change("s.time_b", 1.25, state="recovered", recovered_by=BACK.sha),
        change("s.time_c", 0.5, candidates=3, state="pending"),
    ]
    sheet = changes.sheet(found, [OLD, NEW, BACK])
    first, second, third = (row(sheet, name) for name in ("s.time_a", "s.time_b", "s.time_c"))
    assert (first["change"], first["before"], first["after"]) == ("+30.0 %", "2.00 ms", "2.60 ms")
    assert (first["commit"], first["subject"], first["state"]) == ("bbbbbbbb", "make it pretty", "confirmed")
    assert first["id"] == found[0].id
    assert second["state"] == "recovered by cccccccc"
    assert third["commit"] == "aaaaaaaa..bbbbbbbb (3)"
    assert sheet.marks == ("worse", "", "better")
    document = json.loads(render(sheet, "json"))
    assert document["schema"] == "bench_runner.changes/1"
    assert [one["worse"] for one in document["changes"]] == [True, True, False]
    assert document["changes"][1]["recovered_by"] == BACK.sha


def test_the_csv_of_changes_is_plain_numbers() -> None:
    for sheet in (
        changes.sheet([change("s.time_a", 1.3)], [NEW]),
        changes.grouped([Group(NEW, (change("s.time_a", 1.3),))]),
    ):
        (line,) = data(sheet)
        assert (float(line["before"]), float(line["ratio"]), line["unit"]) == (2e-3, 1.3, "seconds")
        assert (line["first_new"], line["benchmark"], line["worse"]) == (NEW.sha, "s.time_a", "1")


def test_a_change_of_an_unknown_commit_has_no_subject() -> None:
    assert row(changes.sheet([change("s.time_a", 1.3)], []), "s.time_a")["subject"] == ""


@dataclass(frozen=True)
class Group:
    commit: Commit
    changes: tuple[Change, ...]
    agree: int = 1
    asked: int = 4


def test_groups_put_changes_below_their_commit() -> None:
    groups = [Group(NEW, (change("s.time_a", 1.3), change("s.time_b", 0.8))), Group(BACK, (change("s.time_c", 1.2),))]
    sheet = changes.grouped(groups)
    assert [cells[0] for cells in sheet.cells] == ["bbbbbbbb", "", "", "cccccccc", ""]
    assert sheet.title == "3 changes at 2 commits"
    assert "1 of 4 series" in sheet.cells[0]
    assert sheet.notes[0].startswith("2 regressions stand")
    assert len(sheet.marks) == len(sheet.cells)


BENCHMARKS = {"s.time_a": Benchmark("s.time_a", "1"), "s.peakmem_b": Benchmark("s.peakmem_b", "1", metric=PEAK)}


def test_a_run_shows_numbers_and_what_failed() -> None:
    shown = run(
        Result(Case("s.time_a"), "1", "ok", summary=replace(summary(2e-3), warnings=("one round",))),
        Result(Case("s.peakmem_b"), "1", "ok", summary=summary(2.0**20 * 50)),
        Result(Case("s.time_gone"), "1", "timeout", detail="no answer within 3 s"),
    )
    sheet = runs.one(shown, BENCHMARKS, lambda case: True)
    assert row(sheet, "s.time_a")["centre"] == "2.00 ms"
    assert row(sheet, "s.time_a")["outcome"] == "ok; one round"
    assert row(sheet, "s.peakmem_b")["centre"] == "50.0 MiB"
    assert row(sheet, "s.time_gone")["outcome"] == "timeout"
    assert sheet.notes == ("s.time_gone: no answer within 3 s",)
    assert sheet.marks == ("", "", "failed")


def test_a_run_shows_exact_numbers_whole_and_whose_memory_a_peak_is() -> None:
    calls = Benchmark("s.calls_c", "1", "calls", Metric("calls", "calls", exact=True))
    exact = Summary(12_345.0, 12_345.0, 12_345.0, 1)
    peak = Sample((Round((2.0**20 * 50,), bare_rss=2.0**20 * 10, setup_rss=2.0**20 * 15),))
    shown = run(
        Result(Case("s.calls_c"), "1", "ok", summary=exact),
        Result(Case("s.peakmem_b"), "1", "ok", peak, summary(2.0**20 * 50)),
    )
    sheet = runs.one(shown, {**BENCHMARKS, "s.calls_c": calls}, lambda case: True)
    assert (row(sheet, "s.calls_c")["centre"], row(sheet, "s.calls_c")["99 %"]) == ("12,345 calls", "")
    assert row(sheet, "s.peakmem_b")["outcome"] == "ok; of it 10.0 MiB interpreter, 5.00 MiB imports and setup"


def test_an_absurd_interval_of_a_run_shows_no_digits() -> None:
    shown = run(Result(Case("s.time_a"), "1", "ok", summary=Summary(2e-3, 2.2e-15, 2.9e5, 2)))
    assert row(runs.one(shown, BENCHMARKS, lambda case: True), "s.time_a")["99 %"] == "± > 100 %"


def test_a_run_shows_only_what_was_asked_for() -> None:
    shown = run(*(Result(Case(name), "1", "ok", summary=summary(1.0)) for name in ("s.time_a", "s.time_b")))
    assert [cells[0] for cells in runs.one(shown, {}, lambda case: case.id.endswith("b")).cells] == ["s.time_b"]


def test_a_failed_build_shows_its_output() -> None:
    failed = run(build=Build(ok=False, detail="NameError: RANGES", output="Traceback\n  setup.py\nNameError: RANGES"))
    sheet = runs.one(failed, {}, lambda case: True)
    assert render(sheet, "text").endswith(
        "\ndoes not build: NameError: RANGES\n    Traceback\n      setup.py\n    NameError: RANGES"
    )


def test_what_failing_benchmarks_printed_is_shown_once_for_all_that_failed_alike() -> None:
    trace = 'Traceback (most recent call last):\n  File "s.py", line 3\nValueError: nine'
    failed = [
        Result(Case("s.time_a", (str(k),)), "1", "failed", detail="ValueError: nine", output=trace) for k in range(5)
    ]
    other = Result(Case("s.time_b"), "1", "crashed", detail="killed by SIGSEGV")
    sheet = runs.one(run(*failed, other), BENCHMARKS, lambda case: True)
    assert sheet.notes == ("s.time_b: killed by SIGSEGV",)
    (one,) = sheet.outputs
    assert one.head == "s.time_a(0), s.time_a(1), s.time_a(2) and 2 more: ValueError: nine"
    assert '\n      File "s.py", line 3\n    ValueError: nine' in render(sheet, "text")
    assert json.loads(render(sheet, "json"))["results"][0]["output"] == trace


def test_the_csv_of_runs_is_plain_numbers() -> None:
    shown = run(
        Result(Case("s.peakmem_b"), "1", "ok", summary=summary(2.0**20)),
        Result(Case("s.time_gone"), "1", "timeout", detail="no answer within 3 s"),
    )
    peak, gone = data(runs.one(shown, BENCHMARKS, lambda case: True))
    assert (peak["unit"], float(peak["centre"]), peak["rounds"]) == ("bytes", 2.0**20, "5")
    assert (gone["centre"], gone["low"], gone["outcome"]) == ("", "", "timeout")
    assert (gone["detail"], gone["commit"]) == ("no answer within 3 s", NEW.sha)
    (line,) = data(runs.listed([shown], [NEW]))
    assert (line["ok"], line["timeout"], line["failed"], line["subject"]) == ("1", "1", "0", "make it pretty")


def test_runs_are_listed_newest_first() -> None:
    listed = runs.listed([run(sha=OLD.sha), run(sha="f" * 40), run(sha=NEW.sha)], [NEW, OLD])
    assert [cells[0] for cells in listed.cells] == ["bbbbbbbb", "aaaaaaaa", "ffffffff"]
    assert [cells[-1] for cells in listed.cells] == ["make it pretty", "before it", ""]


def test_baselines_show_what_they_hold() -> None:
    values = {"lab": {"uv-py3.11": {"s.time_a": (2e-3, 1e-3, 3e-3), "s.peakmem_b": (2.0**20,)}}}
    held = Baseline("release-1", NEW.sha, 86_400_000, "shipped", values)
    listed = row(baselines.listed([held]), "release-1")
    assert (listed["commit"], listed["set"], listed["cases"], listed["why"]) == (
        "bbbbbbbb",
        "1970-01-02",
        "2",
        "shipped",
    )
    sheet = baselines.one(held, BENCHMARKS)
    assert row(sheet, "s.time_a")["centre"] == "2.00 ms"
    assert row(sheet, "s.time_a")["rounds"] == "3"
    assert row(sheet, "s.peakmem_b")["centre"] == "1.00 MiB"
    assert json.loads(render(sheet, "json"))["values"]["lab"]["uv-py3.11"]["s.time_a"] == [2e-3, 1e-3, 3e-3]
    (line,) = data(baselines.listed([held]))
    assert (line["commit"], line["set_ms"], line["cases"]) == (NEW.sha, "86400000", "2")
    lines = {line["benchmark"]: line for line in data(sheet)}
    assert (lines["s.peakmem_b"]["unit"], float(lines["s.time_a"]["centre"])) == ("bytes", 2e-3)


@pytest.mark.parametrize("set_ms", [10**18, -(10**18), 10**30, 10**400])
def test_a_baseline_set_at_no_day_of_any_calendar(set_ms: int) -> None:
    held = Baseline("release-1", NEW.sha, set_ms)
    assert row(baselines.listed([held]), "release-1")["set"] == "on an unknown day"
