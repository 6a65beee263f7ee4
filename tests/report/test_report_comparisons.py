import json
import math
from dataclasses import replace

import pytest
from sheet_reading import PEAK, data, row, summary

from bench_runner.model.benchmark import Case
from bench_runner.model.change import Comparison, Verdict
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.sample import Summary
from bench_runner.report import comparisons
from bench_runner.report.sheet import render


def comparison(name: str, verdict: Verdict, ratio: float = 1.0, **more: object) -> Comparison:
    plain = Comparison(
        Case(name), TIME, summary(2e-3), summary(2e-3 * ratio), ratio, ratio * 0.97, ratio * 1.03, 0.008, verdict
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def test_a_comparison_is_read_as_benchstats() -> None:
    sheet = comparisons.sheet([comparison("s.time_a", "slower", 1.3)], "v1", "v2")
    found = row(sheet, "s.time_a")
    assert (found["before"], found["after"], found["change"]) == ("2.00 ms ± 2 %", "2.60 ms ± 2 %", "+30.0 %")
    assert (found["q"], found["n"], found["verdict"]) == ("0.008", "5+5", "slower")
    assert sheet.marks == ("worse",)
    assert sheet.notes == ("1 slower",)


@pytest.mark.parametrize(
    ("metric", "worse", "better"),
    [
        (Metric("calls", "calls", exact=True), "more", "fewer"),
        (Metric("memory", "bytes"), "larger", "smaller"),
        (Metric("rate", "1/s", better="higher"), "lower", "higher"),
    ],
)
def test_a_verdict_is_said_in_the_words_of_its_metric(metric: Metric, worse: str, better: str) -> None:
    found = [comparison("s.a", "slower", 1.3, metric=metric), comparison("s.b", "faster", 0.7, metric=metric)]
    sheet = comparisons.sheet(found, "v1", "v2")
    assert [row(sheet, name)["verdict"] for name in ("s.a", "s.b")] == [worse, better]
    assert sheet.notes == (", ".join(f"1 {word}" for word in sorted((worse, better))),)
    assert json.loads(render(sheet, "json"))["counts"] == {"faster": 1, "slower": 1}


def test_what_has_no_noise_is_shown_whole_and_without_an_interval() -> None:
    calls, same = Metric("calls", "calls", exact=True), {"ratio_low": 1.001, "ratio_high": 1.001, "p": 0.0}
    before, after = Summary(10_000.0, 10_000.0, 10_000.0, 1), Summary(10_010.0, 10_010.0, 10_010.0, 1)
    one = comparison("s.a:calls", "slower", 1.001, metric=calls, before=before, after=after, **same)
    found = row(comparisons.sheet([one], "v1", "v2"), "s.a:calls")
    assert (found["before"], found["after"], found["95 %"]) == ("10,000 calls", "10,010 calls", "")


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
