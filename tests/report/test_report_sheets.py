import csv
import io
import json
import math
from dataclasses import dataclass, replace

import pytest

from bench_runner.model.baseline import Baseline
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.change import Change, Comparison, Step, Verdict
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.run import Build, Fingerprint, Protocol, Result, Run
from bench_runner.model.sample import Summary
from bench_runner.model.series import SeriesKey
from bench_runner.report import baselines, changes, comparisons, runs
from bench_runner.report.sheet import Sheet, render

PEAK = Metric("peak", "bytes")
OLD = Commit("a" * 40, (), 1000, "before it")
NEW = Commit("b" * 40, (), 2000, "make it pretty")
BACK = Commit("c" * 40, (), 3000, "mend it")


def summary(centre: float, spread: float = 0.02, n: int = 5) -> Summary:
    return Summary(centre, centre * (1 - spread), centre * (1 + spread), n)


def comparison(name: str, verdict: Verdict, ratio: float = 1.0, **more: object) -> Comparison:
    plain = Comparison(
        Case(name), TIME, summary(2e-3), summary(2e-3 * ratio), ratio, ratio * 0.97, ratio * 1.03, 0.008, verdict
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def change(name: str, ratio: float, **more: object) -> Change:
    step = Step(3, 2e-3, 2e-3 * ratio, ratio, ratio * 0.98, ratio * 1.02, 1e-6)
    plain = Change(SeriesKey(Case(name), "uv-py3.11", "lab"), TIME, step, OLD.sha, NEW.sha, 3)
    return replace(plain, **more)  # type: ignore[arg-type]


def row(sheet: Sheet, name: str) -> dict[str, str]:
    cells = next(cells for cells in sheet.cells if name in cells)
    return dict(zip(sheet.columns, cells, strict=True))


def data(sheet: Sheet) -> list[dict[str, str]]:
    """Return the rows of the CSV."""
    return list(csv.DictReader(io.StringIO(render(sheet, "csv"))))


def test_a_comparison_is_read_as_benchstats() -> None:
    sheet = comparisons.sheet([comparison("s.time_a", "slower", 1.3)], "v1", "v2")
    found = row(sheet, "s.time_a")
    assert (found["before"], found["after"], found["change"]) == ("2.00 ms ± 2 %", "2.60 ms ± 2 %", "+30.0 %")
    assert (found["q"], found["n"], found["verdict"]) == ("0.008", "5+5", "slower")
    assert sheet.marks == ("worse",)
    assert sheet.notes == ("1 slower",)


@pytest.mark.parametrize("verdict", ["unchanged", "undecided"])
def test_what_is_not_decided_is_a_tilde(verdict: Verdict) -> None:
    found = row(comparisons.sheet([comparison("s.time_a", verdict, 1.04)], "v1", "v2"), "s.time_a")
    assert found["change"] == "~"
    assert found["verdict"] == verdict


@pytest.mark.parametrize("verdict", ["missing", "failed", "new"])
def test_what_has_no_number_shows_none(verdict: Verdict) -> None:
    none = {"after": None, "ratio": math.nan, "ratio_low": math.nan, "ratio_high": math.nan, "p": math.nan}
    sheet = comparisons.sheet([comparison("s.time_a", verdict, reason="timeout", **none)], "v1", "v2")
    found = row(sheet, "s.time_a")
    assert (found["after"], found["change"], found["95 %"], found["q"]) == ("-", "", "", "")
    assert found["verdict"] == f"{verdict}: timeout"
    assert all("nan" not in cell for cell in sheet.cells[0])
    assert json.loads(render(sheet, "json"))["cells"][0]["ratio"] is None


def test_infinite_bounds_do_not_show() -> None:
    one = comparison(
        "s.time_a", "undecided", 1.1, ratio_low=0.0, ratio_high=math.inf, before=Summary(1.0, -math.inf, math.inf, 1)
    )
    found = row(comparisons.sheet([one], "v1", "v2"), "s.time_a")
    assert found["95 %"] == ""
    assert found["before"] == "1.00 s"


def test_an_unknown_interval_is_none_for_programs() -> None:
    unknown = Summary(1.0, -math.inf, math.inf, 1)
    one = comparison("s.time_a", "undecided", 9.0, ratio_low=0.0, ratio_high=math.inf, before=unknown)
    (cell,) = json.loads(render(comparisons.sheet([one], "v1", "v2"), "json"))["cells"]
    assert (cell["ci95"], cell["before"]["ci99"]) == (None, None)
    assert cell["after"]["ci99"] == pytest.approx([9 * 2e-3 * 0.98, 9 * 2e-3 * 1.02])


def test_an_absurd_interval_shows_no_digits() -> None:
    absurd = Summary(2e-3, 2.2e-15, 2.9e5, 2)
    one = comparison("s.time_a", "undecided", 1.1, ratio_low=1e-9, ratio_high=1e9, before=absurd)
    found = row(comparisons.sheet([one], "v1", "v2"), "s.time_a")
    assert (found["before"], found["95 %"]) == ("2.00 ms ± > 100 %", "± > 100 %")
    shown = run(Result(Case("s.time_a"), "1", "ok", summary=absurd))
    assert row(runs.one(shown, BENCHMARKS, lambda case: True), "s.time_a")["99 %"] == "± > 100 %"
    wide = comparison("s.time_a", "undecided", 1.0, ratio_low=0.5, ratio_high=1.9)
    assert row(comparisons.sheet([wide], "v1", "v2"), "s.time_a")["95 %"] == "-50.0 % .. +90.0 %"


def test_what_was_not_tested_shows_its_ratio_and_no_q() -> None:
    one = comparison("s.track_a", "undecided", 5.0, p=math.nan, reason="measured once: not tested")
    sheet = comparisons.sheet([one, replace(one, case=Case("s.track_b"))], "v1", "v2")
    found = row(sheet, "s.track_a")
    assert (found["change"], found["q"], found["verdict"]) == ("+400 %", "", "undecided: measured once: not tested")
    assert sheet.notes == ("2 undecided",)


def test_a_reason_that_rows_share_is_said_once() -> None:
    reason = "does not build: NameError: RANGES"
    rows = [comparison(f"s.time_{k}", "failed", math.nan, after=None, reason=reason) for k in range(3)]
    sheet = comparisons.sheet(rows, "v1", "v2")
    assert [cells[-1] for cells in sheet.cells] == ["failed: does not build"] * 3
    assert sheet.notes == ("3 failed", reason)
    assert [cell["reason"] for cell in json.loads(render(sheet, "json"))["cells"]] == [reason] * 3
    assert row(comparisons.sheet(rows[:1], "v1", "v2"), "s.time_0")["verdict"] == f"failed: {reason}"


def test_places_are_shown_where_there_are_several() -> None:
    where = {"environment": "uv-py3.11", "machine": "lab"}
    rows = [comparison("s.time_a", "slower", 1.2, **where)]
    assert comparisons.sheet(rows, "v1", "v2").columns[:2] == ("benchmark", "before")
    rows.append(replace(rows[0], environment="uv-py3.12"))
    sheet = comparisons.sheet(rows, "v1", "v2")
    assert sheet.columns[:3] == ("benchmark", "environment", "before")
    assert [cells[1] for cells in sheet.cells] == ["uv-py3.11", "uv-py3.12"]
    assert sheet == comparisons.sheet(rows[::-1], "v1", "v2")
    rows.append(replace(rows[0], machine="other"))
    assert comparisons.sheet(rows, "v1", "v2").columns[:4] == ("benchmark", "environment", "machine", "before")


def test_programs_always_get_the_place_of_a_comparison() -> None:
    one = comparison("s.time_a", "slower", 1.2, environment="uv-py3.11", machine="lab")
    sheet = comparisons.sheet([one], "v1", "v2")
    (cell,) = json.loads(render(sheet, "json"))["cells"]
    assert (cell["environment"], cell["machine"]) == ("uv-py3.11", "lab")
    (line,) = data(sheet)
    assert (line["environment"], line["machine"]) == ("uv-py3.11", "lab")


def test_the_csv_of_a_comparison_is_plain_numbers() -> None:
    gone = {"after": None, "ratio": math.nan, "ratio_low": math.nan, "ratio_high": math.nan, "p": math.nan}
    rows = [comparison("s.time_a", "slower", 1.3), comparison("s.time_b", "missing", **gone)]
    first, second = data(comparisons.sheet(rows, "v1", "v2"))
    assert (first["benchmark"], first["unit"], float(first["before"])) == ("s.time_a", "seconds", 2e-3)
    assert float(first["ratio_high"]) == pytest.approx(1.3 * 1.03)
    assert (second["after"], second["ratio"], second["ratio_low"], second["q"]) == ("", "", "", "")
    assert second["after_rounds"] == "0"


def test_the_worst_come_first_and_order_does_not_depend_on_the_input() -> None:
    rows = [
        comparison("s.time_z", "undecided"),
        comparison("s.time_b", "slower", 1.1),
        comparison("s.time_y", "unchanged"),
        comparison("s.time_c", "slower", 1.9),
        comparison("s.time_f", "faster", 0.7),
        comparison("s.time_x", "failed", math.nan),
    ]
    sheet = comparisons.sheet(rows, "v1", "v2")
    order = [cells[0] for cells in sheet.cells]
    assert order == ["s.time_c", "s.time_b", "s.time_f", "s.time_x", "s.time_y", "s.time_z"]
    for form in ("text", "json", "md", "csv"):
        assert render(comparisons.sheet(rows[::-1], "v1", "v2"), form) == render(sheet, form)


def test_the_document_of_a_comparison_is_versioned_and_whole() -> None:
    case = Case("s.time_a", ("1", "'x'"))
    document = json.loads(
        render(comparisons.sheet([comparison("", "slower", 1.3, case=case, metric=PEAK)], "v1", "v2"), "json")
    )
    assert document["schema"] == "bench_runner.compare/1"
    assert document["counts"] == {"slower": 1}
    (cell,) = document["cells"]
    assert cell["id"] == "s.time_a(1, 'x')"
    assert cell["params"] == ["1", "'x'"]
    assert (cell["metric"], cell["unit"], cell["q"], cell["verdict"]) == ("peak", "bytes", 0.008, "slower")
    assert cell["before"]["n"] == 5
    assert cell["ci95"] == pytest.approx([1.3 * 0.97, 1.3 * 1.03])


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


def run(*results: Result, build: Build | None = None, sha: str = NEW.sha) -> Run:
    return Run(
        sha,
        1000,
        Environment("uv", "3.11"),
        Machine("lab"),
        build or Build(ok=True),
        Protocol("0.1", "asv_runner", 5, "fork"),
        Fingerprint(),
        results,
    )


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
