"""A judged gate in every format: what got worse on top, the certificate below, and nothing that foreign text can do."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator
from sheet_reading import PEAK, data, row

from bench_runner import plugins
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import SIDES, Cell, Fault, Gate
from bench_runner.model.judged import CellWord, Certificate, Judged, Record, Seen
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.run import Fingerprint, Protocol
from bench_runner.report import gates
from bench_runner.report.sheet import render

HOSTILE = "\x1b[2J<script>|`\u202e\nx"
PLAIN = Gate(
    "a" * 40,
    "b" * 40,
    "uv-py3.11",
    "lab",
    1_800_000_000_000,
    1,
    Protocol("0.1", "asv_runner", 10, "fork"),
    Fingerprint(),
    looks=(10, 20),
    whole=True,
)
TRUSTED = Certificate(3, (), (), 0.031, 0.004)
KNOWN = Record(40, 1, 0.113, 0.02)
UNKNOWN = Record()


def seen(
    name: str, word: CellWord, ratio: float = 1.0, *, fresh: int = 0, metric: Metric = TIME, **more: object
) -> Seen:
    """A cell of 10 rounds a side, as judged."""
    numbers = {"base": 2e-3, "head": 2e-3 * ratio, "again": 2e-3}
    cell = Cell(
        Case(name),
        "time",
        metric,
        {side: (numbers[side],) * 10 for side in SIDES},
        {side: (numbers[side],) * fresh for side in SIDES} if fresh else {},
    )
    plain = Seen(cell, word, ratio, 0.97 * ratio, 1.03 * ratio, 1e-5, 1e-5, 2e-4)
    return replace(plain, **more)  # type: ignore[arg-type]


def broken(name: str, word: CellWord, outputs: Mapping[str, str], reason: str = "failed at the head") -> Seen:
    """A cell that has no numbers."""
    faults = {side: Fault("failed", "it failed", text) for side, text in outputs.items()}
    return Seen(Cell(Case(name), "time", TIME, faults=faults), word, reason=reason)  # type: ignore[arg-type]


def judged(*cells: Seen, **more: object) -> Judged:
    return replace(Judged(PLAIN, "PASS", "none of 2 cells got worse", cells, TRUSTED), **more)  # type: ignore[arg-type]


SLOWER = seen("s.time_a", "slower", 1.3, fresh=10, reason="again in 10 fresh rounds")
STILL = seen("s.time_s", "unchanged", 1.001)
GONE = broken("s.time_g", "failed", {"head": "Traceback\n  ValueError: no"})
ALL = judged(STILL, GONE, SLOWER, word="REGRESSION", why="1 of 3 cells got worse: s.time_a +30.0 %")


# The table.


def test_a_cell_is_a_row() -> None:
    sheet = gates.sheet(ALL, UNKNOWN)
    assert sheet.title == "aaaaaaaa -> bbbbbbbb in uv-py3.11 on lab"
    found = row(sheet, "s.time_a")
    assert (found["base"], found["head"], found["change"]) == ("2.00 ms", "2.60 ms", "+30.0 %")
    assert (found["95 %"], found["p"], found["q"], found["n"]) == ("+26.1 % .. +33.9 %", "1e-05", "0.0002", "10+10")
    assert found["verdict"] == "slower: again in 10 fresh rounds"
    found = row(sheet, "s.time_s")
    assert (found["change"], found["n"], found["verdict"]) == ("~", "10", "unchanged")


def test_what_has_no_number_shows_none() -> None:
    found = row(gates.sheet(ALL, UNKNOWN), "s.time_g")
    assert [found[name] for name in ("base", "head", "change", "95 %", "p", "q", "n")] == ["-", "-", *[""] * 4, "0"]
    assert found["verdict"] == "failed: failed at the head"


def test_a_round_without_a_number_spoils_no_median() -> None:
    one = replace(SLOWER.cell, rounds={"base": (1.0, math.nan, 3.0), "head": (math.nan,) * 3, "again": (1.0,) * 3})
    found = row(gates.sheet(judged(replace(SLOWER, cell=one)), UNKNOWN), "s.time_a")
    assert (found["base"], found["head"]) == ("2.00 s", "-")


def test_an_interval_that_says_nothing_is_not_shown() -> None:
    for low, high in ((0.0, math.inf), (0.5, math.inf), (1.3, 1.3)):
        found = row(gates.sheet(judged(replace(SLOWER, low=low, high=high)), UNKNOWN), "s.time_a")
        assert found["95 %"] == ""


@pytest.mark.parametrize(
    ("metric", "worse", "better"),
    [
        (TIME, "slower", "faster"),
        (PEAK, "larger", "smaller"),
        (Metric("calls", "calls", exact=True), "more", "fewer"),
        (Metric("rate", "1/s", better="higher"), "lower", "higher"),
    ],
)
def test_a_verdict_is_said_in_the_words_of_its_metric(metric: Metric, worse: str, better: str) -> None:
    some = [seen("s.a", "slower", 1.3, metric=metric), seen("s.b", "faster", 0.7, metric=metric)]
    sheet = gates.sheet(judged(*some), UNKNOWN)
    assert [cells[-1] for cells in sheet.cells] == [worse, better]
    assert sheet.notes[0] == f"1 {worse}, 1 {better}"
    assert [one["verdict"] for one in json.loads(render(sheet, "json"))["cells"]] == ["slower", "faster"]


def test_the_worst_comes_first_whatever_the_order_of_the_suite() -> None:
    some = [
        STILL,
        seen("s.time_n", "new", math.nan),
        seen("s.time_i", "inconclusive", 3.0),
        seen("s.time_f", "faster", 0.5),
        seen("s.time_e", "faster", 0.2),
        broken("s.time_m", "missing", {}),
        GONE,
        seen("s.time_b", "slower", 1.2),
        seen("s.time_d", "slower", 1.2),
        seen("s.time_c", "slower", 1.9),
        seen("s.time_z", "slower", math.inf),
    ]
    sheet = gates.sheet(judged(*some), KNOWN)
    order = ["z", "c", "b", "d", "g", "m", "e", "f", "i", "n", "s"]
    assert [cells[0].removeprefix("s.time_") for cells in sheet.cells] == order
    assert sheet.marks == ("worse",) * 4 + ("failed", "missing") + ("better",) * 2 + ("",) * 3
    assert sheet.notes[0] == "4 slower, 1 failed, 1 missing, 2 faster, 1 inconclusive, 1 new, 1 unchanged"
    for form in plugins.names("reporters"):
        assert render(gates.sheet(judged(*some[::-1]), KNOWN), form) == render(sheet, form)


def test_only_what_changed_is_shown_and_programs_get_all() -> None:
    sheet = gates.sheet(ALL, UNKNOWN, every=False)
    assert [cells[0] for cells in sheet.cells] == ["s.time_a", "s.time_g"]
    assert sheet.notes[0] == "1 slower, 1 failed, 1 unchanged"
    assert len(json.loads(render(sheet, "json"))["cells"]) == len(data(sheet)) == 3


def test_what_failing_cells_printed_stands_below() -> None:
    both = broken("s.time_b", "failed", {"base": "one", "head": "two", "again": ""})
    outputs = gates.sheet(judged(GONE, both), UNKNOWN).outputs
    assert [(one.head, one.text) for one in outputs] == [
        ("s.time_b at the base: failed", "one"),
        ("s.time_b at the head: failed", "two"),
        ("s.time_g at the head: failed", "Traceback\n  ValueError: no"),
    ]


# The certificate.


def test_the_certificate_and_the_verdict_stand_below_the_table() -> None:
    assert gates.sheet(ALL, KNOWN).notes == (
        "1 slower, 1 failed, 1 unchanged",
        (
            "certificate: 0 of 3 cells looked changed between the base and itself; half of the cells would show +3.1 %;"
            " looked at after 10, 20 rounds"
        ),
        (
            "on lab a commit differed from itself 1 of 40 times: a false alarm in at most 11 % of gates"
            " (Clopper-Pearson, 95 %)"
        ),
        "REGRESSION: 1 of 3 cells got worse: s.time_a +30.0 %",
    )


def test_what_is_not_known_is_not_said() -> None:
    vague = Certificate(1, (Case("s.time_a"),), (), math.nan, math.nan)
    notes = gates.sheet(judged(STILL, certificate=vague, gate=replace(PLAIN, looks=())), UNKNOWN).notes
    assert notes == (
        "1 unchanged",
        (
            "certificate: 1 of 1 cell looked changed between the base and itself; half of the cells would show nothing;"
            " looked at after no rounds"
        ),
        "PASS: none of 2 cells got worse",
    )
    assert not any("nan" in note for note in notes)


@pytest.mark.parametrize(("spread", "told"), [(0.05, False), (0.06, True), (math.nan, False)])
def test_a_noisy_machine_is_named(spread: float, told: bool) -> None:
    notes = gates.sheet(judged(STILL, certificate=replace(TRUSTED, canary=spread)), UNKNOWN).notes
    assert ("the canary differs by 6 % between rounds: this machine is noisy" in notes) == told


# Programs.


def test_the_document_of_a_gate_is_versioned_and_whole() -> None:
    certificate = Certificate(3, (SLOWER.cell.case,), (STILL.cell.case,), 0.031, 0.004)
    document = json.loads(render(gates.sheet(replace(ALL, certificate=certificate), KNOWN), "json"))
    cells = document.pop("cells")
    assert document == {
        "schema": "bench_runner.gate/1",
        "verdict": "REGRESSION",
        "why": "1 of 3 cells got worse: s.time_a +30.0 %",
        "base": "a" * 40,
        "head": "b" * 40,
        "environment": "uv-py3.11",
        "machine": "lab",
        "began_ms": 1_800_000_000_000,
        "looks": [10, 20],
        "certificate": {
            "cells": 3,
            "flagged": ["s.time_a"],
            "red": ["s.time_s"],
            "detectable": 0.031,
            "canary_spread": 0.004,
            "held": 40,
            "differed": 1,
            "false_alarms_at_most": 0.113,
        },
    }
    assert cells[0] == {
        "id": "s.time_a",
        "benchmark": "s.time_a",
        "params": [],
        "metric": "time",
        "unit": "seconds",
        "base": 2e-3,
        "head": pytest.approx(2.6e-3),
        "rounds": 10,
        "fresh_rounds": 10,
        "ratio": 1.3,
        "ci95": pytest.approx([0.97 * 1.3, 1.03 * 1.3]),
        "p": 1e-5,
        "least_p": 1e-5,
        "q": 2e-4,
        "clock": "wall",
        "verdict": "slower",
        "reason": "again in 10 fresh rounds",
    }
    assert [one["verdict"] for one in cells] == ["slower", "failed", "unchanged"]


ODD = [
    GONE,
    seen("s.x", "slower", math.inf, p=math.nan, q=math.nan, least_p=math.nan),
    seen("s.y", "slower", math.nan, low=0.0, high=math.inf),
    seen("s.z", "slower", 2.0, low=1.0, high=math.inf),
    seen("s.w", "faster", 0.0, low=0.0, high=0.0),
]


def test_there_is_no_number_that_json_lacks() -> None:
    vague = Certificate(1, (), (), math.inf, math.nan)
    sheet = gates.sheet(judged(*ODD, certificate=vague), Record(0, 0, math.nan, math.nan))
    certificate = sheet.document["certificate"]
    assert [certificate[name] for name in ("detectable", "canary_spread", "false_alarms_at_most")] == [None] * 3  # type: ignore[index]
    text = render(sheet, "json")
    assert "NaN" not in text
    assert "Infinity" not in text
    found = {one["id"]: one for one in json.loads(text)["cells"]}
    assert [found["s.time_g"][key] for key in ("ratio", "ci95", "p", "q", "base")] == [None] * 5
    assert (found["s.x"]["ratio"], found["s.x"]["p"], found["s.z"]["ci95"]) == (None, None, [1.0, None])


def test_the_csv_of_a_gate_is_plain_numbers() -> None:
    slower, gone, still = data(gates.sheet(ALL, UNKNOWN))
    assert list(slower) == list(gates.DATA)
    assert (slower["benchmark"], slower["unit"], slower["verdict"]) == ("s.time_a", "seconds", "slower")
    assert [float(slower[name]) for name in ("base", "head", "ratio", "ratio_low", "ratio_high")] == pytest.approx(
        [2e-3, 2.6e-3, 1.3, 1.3 * 0.97, 1.3 * 1.03]
    )
    assert (slower["rounds"], slower["fresh_rounds"], still["fresh_rounds"]) == ("10", "10", "0")
    assert [gone[name] for name in ("base", "head", "ratio", "ratio_low", "ratio_high", "p", "q")] == [""] * 7


def test_params_stand_in_the_name_and_apart() -> None:
    one = replace(SLOWER, cell=replace(SLOWER.cell, case=Case("s.time_a", ("1", "'x'"))))
    sheet = gates.sheet(judged(one), UNKNOWN)
    (entry,) = json.loads(render(sheet, "json"))["cells"]
    assert (entry["id"], entry["benchmark"], entry["params"]) == ("s.time_a(1, 'x')", "s.time_a", ["1", "'x'"])
    assert data(sheet)[0]["benchmark"] == "s.time_a(1, 'x')"


# All formats.


@pytest.mark.parametrize("form", plugins.names("reporters"))
def test_the_same_gate_gives_the_same_bytes(form: str) -> None:
    text = render(gates.sheet(ALL, KNOWN), form)
    assert text == render(gates.sheet(ALL, KNOWN), form)
    assert text != render(gates.sheet(judged(STILL), KNOWN), form)
    assert "s.time_a" in text
    assert "REGRESSION" in text or form == "csv"


@pytest.mark.parametrize("form", plugins.names("reporters"))
def test_hostile_words_are_harmless_in_every_format(form: str) -> None:
    cell = Cell(
        Case(HOSTILE, (HOSTILE,)),
        HOSTILE,
        Metric(HOSTILE, HOSTILE, exact=True),
        dict.fromkeys(SIDES, (1.0,)),
        faults={"head": Fault("failed", HOSTILE, HOSTILE)},
    )
    bad = Seen(cell, "failed", reason=HOSTILE)
    strange = replace(PLAIN, environment=HOSTILE, machine=HOSTILE)
    red = Certificate(1, (cell.case,), (cell.case,), 0.1, 0.9)
    text = render(gates.sheet(judged(bad, gate=strange, why=HOSTILE, certificate=red), KNOWN), form)
    assert not set(text) & set("\x1b\u202e")


@pytest.mark.parametrize("form", ["text", "md", "csv"])
def test_no_format_for_people_shows_what_is_no_number(form: str) -> None:
    text = render(gates.sheet(judged(GONE, STILL), UNKNOWN), form)
    assert "nan" not in text.lower()
    assert "inf" not in text.lower()


def schema() -> dict[str, object]:
    text = (files("bench_runner.report") / "schemas" / "gate-1.json").read_text()
    found: dict[str, object] = json.loads(text)
    return found


def test_the_schema_that_is_shipped_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "known",
    [
        judged(seen("a", "slower", 1.3, fresh=10), seen("b", "unchanged"), seen("c", "faster", 0.8)),
        judged(broken("a", "failed", {"head": "Traceback"}), broken("b", "missing", {})),
        judged(),
        replace(judged(seen("a", "unchanged")), certificate=Certificate(0, (), (), math.nan, math.nan)),
    ],
    ids=["all words", "nothing measured", "no cells", "nothing known"],
)
def test_what_is_written_is_what_the_schema_says(known: Judged) -> None:
    for record in (KNOWN, UNKNOWN):
        written = json.loads(render(gates.sheet(known, record), "json"))
        assert [one.message for one in Draft202012Validator(schema()).iter_errors(written)] == []


def test_the_schema_takes_no_word_that_it_does_not_know() -> None:
    written = json.loads(render(gates.sheet(judged(seen("a", "slower", 1.3)), KNOWN), "json"))
    for wrong in ({**written, "more": 1}, {**written, "verdict": "MAYBE"}, {**written, "cells": [{"id": "a"}]}):
        assert list(Draft202012Validator(schema()).iter_errors(wrong))
