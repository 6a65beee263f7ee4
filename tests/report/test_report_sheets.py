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
    assert sheet.notes == ("does not build: NameError: RANGES", "Traceback", "  setup.py", "NameError: RANGES")
    assert "NameError" in render(sheet, "text")


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
