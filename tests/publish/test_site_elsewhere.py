"""What was measured off the branch is listed beside the history, and is no part of it."""

import re
from dataclasses import replace
from typing import Any

import pytest
from fabricate import DAY, PLACES, START, material
from rendering import plain, rendered

from bench_runner.history.facts import Elsewhere, Number, RunFact
from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit
from bench_runner.model.metric import Metric
from bench_runner.model.series import SeriesKey
from bench_runner.publish.material import Material
from bench_runner.publish.pages import site

TIME = Metric("time", "seconds")
PLACE = PLACES[1]
PULL = Commit("abcd" * 10, (), START + 300 * DAY, "Try <b>another</b> way", "A. Meyer")
GONE = Commit("fade" * 10, (), START + 200 * DAY, "")
BROKEN = Commit("beef" * 10, (), START + 100 * DAY, "Break it")
CASE = Case("index.IndexSuite.time_lookup", ("1000",))


def run(commit: Commit, where: str, *values: float, case: Case = CASE, built: bool = True) -> Elsewhere:
    machine, environment = PLACE
    numbers = tuple(Number(SeriesKey(case, environment, machine), TIME, one, one * 0.99, one * 1.01) for one in values)
    return Elsewhere(commit, where, RunFact(commit.sha, environment, machine, START, len(values), 0, built), numbers)


@pytest.fixture(scope="module")
def without() -> Material:
    return material()


@pytest.fixture(scope="module")
def made(without: Material) -> Material:
    found = [run(PULL, "not on main: pull/5/head", 0.25), run(GONE, "not in the repository any more", 0.5)]
    return replace(without, elsewhere=[*found, run(BROKEN, "merged into main", built=False)])


def page(made: Material, pattern: str) -> Any:
    return next(one for one in site(made).pages if re.search(pattern, one.path)).data


def test_the_page_of_runs_says_what_each_commit_is(made: Material) -> None:
    found = page(made, "^runs").elsewhere
    assert [one.commit.sha for one in found] == [PULL.sha, GONE.sha, BROKEN.sha]
    assert [one.where for one in found] == [one.where for one in made.elsewhere]
    text = rendered(made, "^runs")
    assert "Try &lt;b&gt;another&lt;/b&gt; way" in text
    said = plain(text)
    assert "abcdabcd 2026-10-28 not on main: pull/5/head" in said
    assert "fadefade 2026-07-20 not in the repository any more" in said
    assert re.search(r"beefbeef 2026-04-11 merged into main Break it .* not built", said)
    assert f'href="{made.commit_url}{PULL.sha}"' in text


@pytest.mark.slow
def test_the_page_of_a_benchmark_lists_values_apart_from_the_line(made: Material, without: Material) -> None:
    pattern = "^b/index.IndexSuite.time_lookup"
    found, before = page(made, pattern), page(without, pattern)
    assert [(one.commit.sha, one.value, one.params) for one in found.elsewhere] == [
        (PULL.sha, "250 ms", "n=1000"),
        (GONE.sha, "500 ms", "n=1000"),
    ]
    assert (found.series, found.changes, found.figure, found.header) == (
        before.series,
        before.changes,
        before.figure,
        before.header,
    )
    assert "Measured elsewhere" in rendered(made, pattern)
    assert page(made, "^b/scan").elsewhere == ()


@pytest.mark.slow
def test_nothing_else_of_the_site_is_touched(made: Material, without: Material) -> None:
    pages = zip(site(made).pages, site(without).pages, strict=True)
    changed = {new.path for new, old in pages if new.data != old.data}
    assert {re.sub(r"-\w+\.html", "", path) for path in changed} == {"runs.html", "b/index-IndexSuite-time_lookup"}
    assert site(made).scripts == site(without).scripts
    assert "Measured elsewhere" not in rendered(without, "^runs") + rendered(without, "^b/scan")


@pytest.mark.slow
def test_many_are_cut_off_and_counted(without: Material) -> None:
    many = [run(Commit(f"{number:040x}", (), START, ""), "not on main", 0.25) for number in range(50)]
    full = replace(without, elsewhere=many)
    runs, lookup = page(full, "^runs"), page(full, "^b/index.IndexSuite.time_lookup")
    assert (len(runs.elsewhere), runs.further_elsewhere) == (40, 10)
    assert (len(lookup.elsewhere), lookup.further_elsewhere) == (20, 30)
    assert "30 older ones" in plain(rendered(full, "^b/index.IndexSuite.time_lookup"))


def test_a_benchmark_that_was_only_measured_elsewhere_has_a_page(without: Material) -> None:
    fresh = replace(without, elsewhere=[run(PULL, "not on main", 1.0, case=Case("fresh.time_new"))])
    found = page(fresh, "^b/fresh.time_new")
    assert found.series == ()
    assert [one.value for one in found.elsewhere] == ["1.00 s"]
    assert "Measured elsewhere" in rendered(fresh, "^b/fresh.time_new")


def test_another_environment_is_named(without: Material) -> None:
    other = run(PULL, "not on main", 1.0)
    other = replace(other, run=replace(other.run, environment="uv-py3.14"))
    assert site(replace(without, elsewhere=[other])).environments == site(without).environments + 1
