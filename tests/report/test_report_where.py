"""Runs of commits off the branch say what those are, in the list and alone."""

import json
from dataclasses import replace

import pytest
from sheet_reading import NEW, data

from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.run import Build, Fingerprint, Protocol, Run
from bench_runner.report import runs
from bench_runner.report.sheet import render

GONE = "f" * 40
WHERE = {GONE: "not in the repository any more"}
RUN = Run(
    NEW.sha, 0, Environment("uv", "3.11"), Machine("lab"), Build(ok=True), Protocol("1", "e", 5, "fork"), Fingerprint()
)


def test_the_list_has_a_column_only_where_it_says_something() -> None:
    both = [RUN, replace(RUN, commit_sha=GONE)]
    listed = runs.listed(both, [NEW], WHERE)
    assert listed.columns[-1] == "where"
    assert [cells[-1] for cells in listed.cells] == ["", WHERE[GONE]]
    assert runs.listed(both, [NEW]).columns[-1] == "subject"
    assert {len(cells) for cells in runs.listed(both, [NEW]).cells} == {len(runs.listed(both, [NEW]).columns)}


@pytest.mark.parametrize("where", [WHERE, {}])
def test_programs_find_it_always(where: dict[str, str]) -> None:
    listed = runs.listed([RUN, replace(RUN, commit_sha=GONE)], [NEW], where)
    assert [line["where"] for line in data(listed)] == ["", where.get(GONE, "")]
    assert [one["where"] for one in json.loads(render(listed, "json"))["runs"]] == ["", where.get(GONE, "")]


def test_a_single_run_says_it_in_its_title() -> None:
    alone = runs.one(replace(RUN, commit_sha=GONE), {}, lambda _: True, WHERE[GONE])
    assert alone.title == "ffffffff on lab in uv-py3.11 (not in the repository any more)"
    assert runs.one(RUN, {}, lambda _: True).title.endswith(" in uv-py3.11")
