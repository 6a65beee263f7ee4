"""Budgets, and what a policy says, as sheets in every format."""

import json
import math
from dataclasses import replace
from datetime import date

import pytest
from test_report_sheets import Group, change

from bench_runner.history.policy_check import Remark
from bench_runner.model.benchmark import Case
from bench_runner.model.budget import BudgetVerdict, Estimate
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME
from bench_runner.model.policy import Acceptance, Amount, Budget, Rule, Scope
from bench_runner.model.series import SeriesKey
from bench_runner.report import budgets, changes, policy
from bench_runner.report.sheet import render

KEY = SeriesKey(Case("io.time_a", ("1",)), "uv-py3.11", "lab")
SLOW = BudgetVerdict(
    Budget(Scope("io.*"), at_most=Amount(2.0, "seconds", "2 s"), reason="the page has to load", line=4),
    KEY,
    TIME,
    "exceeded",
    2.0,
    Estimate(2.5, 2.45, 2.55, 20),
)
FROG = BudgetVerdict(
    Budget(Scope("*"), worse=0.05, since="v1.0"),
    KEY,
    TIME,
    "exceeded",
    0.05,
    Estimate(1.08, 1.07, 1.09, 20),
    Estimate(0.08, 0.07, 0.09, 20),
    "c" * 40,
    "v1.0 was not measured: cccccccc stands for it",
)
VAGUE = replace(FROG, verdict="inconclusive", worse=Estimate(0.05, -math.inf, math.inf, 1), level=Estimate())
HOSTILE = "\x1b[2J<script>|`\u202e\nx"


def test_exceeded_budgets_say_by_what_level_and_why() -> None:
    sheet = budgets.exceeded([SLOW, VAGUE, FROG, replace(SLOW, verdict="within")])
    assert sheet.title == "2 budgets exceeded"
    assert sheet.cells == (
        ("at most 2 s", "io.time_a(1)", "2.50 s ±2.0 %", "", "", "lab", "uv-py3.11", "the page has to load"),
        (
            "5 % worse since v1.0",
            "io.time_a(1)",
            "1.08 s ±0.93 %",
            "+8.0 % (+7.0 % to +9.0 %)",
            "cccccccc",
            "lab",
            "uv-py3.11",
            "v1.0 was not measured: cccccccc stands for it",
        ),
    )
    assert sheet.notes[0].startswith("1 kept, 1 inconclusive")


def test_budgets_for_programs_have_all_verdicts_and_no_number_that_json_lacks() -> None:
    text = render(budgets.exceeded([SLOW, VAGUE]), "json")
    assert "NaN" not in text
    assert "Infinity" not in text
    found = json.loads(text)["budgets"]
    assert [one["verdict"] for one in found] == ["exceeded", "inconclusive"]
    assert (found[0]["limit"], found[0]["level"], found[0]["line"]) == (2.0, 2.5, 4)
    assert (found[1]["worse"], found[1]["worse_high"], found[1]["level"]) == (0.05, None, None)


def test_remarks_are_errors_and_warnings() -> None:
    sheet = policy.checked("bench-policy.toml", [Remark(3, "floor 'x' is wrong"), Remark(0, "look", doubt=True)])
    assert sheet.title == "bench-policy.toml: 1 error, 1 warning"
    assert sheet.cells == (("3", "error", "floor 'x' is wrong"), ("", "warning", "look"))
    assert json.loads(render(sheet, "json"))["remarks"][0] == {
        "line": 3,
        "kind": "error",
        "message": "floor 'x' is wrong",
    }


def test_rules_are_rows() -> None:
    sheet = policy.applying([Rule(KEY, "floor", "5 %", line=2), FROG, VAGUE])
    assert sheet.cells[0] == ("io.time_a(1)", "floor", "5 %", "", "2", "lab", "uv-py3.11")
    assert sheet.cells[1][1:4] == (
        "budget",
        "5 % worse since v1.0",
        "exceeded: 1.08 s ±0.93 % +8.0 % (+7.0 % to +9.0 %); v1.0 was not measured: cccccccc stands for it",
    )
    assert sheet.cells[2][3].startswith("inconclusive: +5.0 %; ")


def test_accepted_changes_say_until_when_and_count_no_more() -> None:
    entry = Acceptance("1" * 8, "worth it", "A Uthor", date(2027, 1, 31))
    accepted = change("s.time_a", 1.3, state="accepted", acceptance=entry)
    expired = change("s.time_b", 1.3, acceptance=entry)
    sheet = changes.grouped([Group(Commit("b" * 40, (), 0, "x"), (accepted, expired))])
    assert [cells[4] for cells in sheet.cells[1:]] == ["accepted until 2027-01-31", "confirmed"]
    assert sheet.marks[1:] == ("", "worse")
    assert sheet.notes[0].startswith("1 regressions stand")
    document = json.loads(render(sheet, "json"))
    said = {"reason": "worth it", "owner": "A Uthor", "until": "2027-01-31"}
    assert [one["acceptance"] for one in document["changes"]] == [said, said]
    assert entry.words == "worth it (A Uthor, until 2027-01-31)"
    assert Acceptance("1" * 8, "worth it").words == "worth it"


@pytest.mark.parametrize("form", ["text", "md", "csv", "json"])
def test_hostile_words_are_harmless_in_every_format(form: str) -> None:
    key = replace(KEY, case=Case(HOSTILE), machine=HOSTILE)
    budget = Budget(Scope(HOSTILE), worse=0.05, since=HOSTILE, reason=HOSTILE)
    verdict = replace(FROG, key=key, budget=budget, reason=HOSTILE)
    for sheet in (
        budgets.exceeded([verdict]),
        policy.applying([Rule(key, "ignored", HOSTILE), verdict]),
        policy.checked(HOSTILE, [Remark(1, HOSTILE)]),
    ):
        text = render(sheet, form)
        assert not set(text) & set("\x1b\u202e")
