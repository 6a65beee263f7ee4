"""How quiet it was stands beside the numbers: warnings always, the rest where somebody asks."""

import json
from dataclasses import replace

from sheet_reading import row, run

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.metric import TIME
from bench_runner.model.run import Result
from bench_runner.model.sample import Round, Sample
from bench_runner.model.vitals import UNKNOWN, Vitals
from bench_runner.report import runs
from bench_runner.report.sheet import render
from bench_runner.stats.summary import summarise

KNOWN = {"s.time_a": Benchmark("s.time_a", "1")}
CALM = Vitals(involuntary=2, voluntary=1, minor=1500, major=0, load=0.53, steal=0.0, others=0.03, canary_s=1.312e-3)
BUSY = replace(CALM, involuntary=90, others=0.62, steal=0.01, load=2.55)


def shown(*vitals: Vitals) -> Result:
    sample = Sample(tuple(Round((2e-3,), vitals=one) for one in vitals))
    return Result(Case("s.time_a"), "1", "ok", sample, summarise(sample, TIME))


def test_warnings_and_vitals_are_in_the_document() -> None:
    sheet = runs.one(run(shown(CALM, BUSY, UNKNOWN)), KNOWN, lambda _: True)
    (entry,) = json.loads(render(sheet, "json"))["results"]
    assert entry["warnings"] == ["only 3 rounds", "1 of 3 rounds disturbed: others used 62 % of the CPU"]
    assert entry["vitals"]["others"] == [0.03, 0.62, None]
    assert entry["vitals"]["canary_s"] == [1.312e-3, 1.312e-3, None]
    assert "mhz" not in entry["vitals"]
    assert "others used 62 % of the CPU" in render(sheet, "text").replace("\n", " ")


def test_who_asks_sees_them_in_the_table() -> None:
    sheet = runs.one(run(shown(CALM, BUSY, UNKNOWN)), KNOWN, lambda _: True, verbose=True)
    found = row(sheet, "s.time_a")
    assert (found["canary"], found["others"], found["steal"], found["load"]) == ("1.31 ms", "32 %", "0 %", "1.54")
    assert (found["switches"], found["faults"]) == ("46+1", "1500+0")
    quiet = runs.one(run(shown(CALM)), KNOWN, lambda _: True)
    assert "canary" not in quiet.columns


def test_what_nobody_knows_is_left_blank() -> None:
    failed = replace(shown(CALM), outcome="failed", sample=None, summary=None)
    sheet = runs.one(run(shown(UNKNOWN), failed), KNOWN, lambda _: True, verbose=True)
    assert {cell for cells in sheet.cells for cell in cells[5:]} == {""}
    documents = json.loads(render(sheet, "json"))["results"]
    assert [one["vitals"] for one in documents] == [{}, {}]
    assert documents[1]["warnings"] == []
