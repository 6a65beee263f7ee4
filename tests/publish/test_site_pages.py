import math
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from fabricate import PLANS, Jump, Plan, material

from bench_runner.config import load
from bench_runner.history.facts import Failure
from bench_runner.history.series import History
from bench_runner.model.metric import Metric
from bench_runner.publish.changes import FULL, index_page
from bench_runner.publish.material import Material
from bench_runner.publish.pages import material_of, site
from bench_runner.publish.present import Presenter
from bench_runner.publish.render import Renderer
from bench_runner.publish.static_files import static_files
from bench_runner.publish.text import slug

if TYPE_CHECKING:
    from bench_runner.publish.benchmark_views import BenchmarkPage
    from bench_runner.publish.runs_views import RunsPage
    from bench_runner.publish.views import CommitPage, IndexPage

MINUS = "\N{MINUS SIGN}"
ATOM = "{http://www.w3.org/2005/Atom}"


def page(made: Material, pattern: str) -> Any:
    return next(one.data for one in site(made).pages if re.search(pattern, one.path))


@pytest.fixture(scope="module")
def made() -> Material:
    return material()


def test_the_landing_page_counts_and_groups(made: Material) -> None:
    index: IndexPage = page(made, "^index")
    assert (index.benchmarks, index.series) == (12, 32)
    assert (index.worse, index.better) == (19, 6)
    hash_join = next(group for group in index.groups if group.commit.sha == made.commits[120].sha)
    assert [row.benchmark for row in hash_join.rows] == [
        "cache.CacheSuite.time_build_wide",
        "index.IndexSuite.time_lookup",
        "cache.CacheSuite.time_iterate",
    ]
    lookup = hash_join.rows[1]
    assert (lookup.agree, lookup.total) == (4, 4)
    assert lookup.change == "+7.8 %"


def test_a_falling_rate_is_worse(made: Material) -> None:
    index: IndexPage = page(made, "^index")
    rows = [row for group in index.groups for row in group.rows if row.benchmark == "parse.track_rows"]
    assert [(row.worse, row.up, row.change, row.state) for row in rows] == [(True, False, f"{MINUS}10.0 %", "pending")]


def test_recovered_changes_say_where(made: Material) -> None:
    index: IndexPage = page(made, "^index")
    group = next(group for group in index.groups if group.state == "recovered")
    assert group.rows[0].recovered_by
    assert group.rows[0].recovered_by.sha == made.commits[170].sha


def test_failures_at_the_newest_commit_are_told(made: Material) -> None:
    assert page(made, "^index").failures == 1


def test_many_causes_become_lines() -> None:
    jumps = tuple(Jump(at, 1.2 if at % 2 else 1 / 1.2) for at in range(10, 190, 10))
    index = index_page(Presenter(material([Plan("suite.time_x", 1.0, jumps=jumps)])))
    assert len(index.groups) == FULL
    assert len(index.older) == len(jumps) - FULL


def test_an_empty_project_has_a_site() -> None:
    empty = Material("nothing", [], [], {})
    whole = site(empty)
    renderer = Renderer(whole, static_files() | {one.path: one.text for one in whole.scripts})
    texts = {one.path: renderer.render(one) for one in whole.pages}
    assert "No results yet" in texts["index.html"]
    assert sorted(texts) == ["about.html", "benchmarks.html", "feed.xml", "index.html", "runs.html"]


def test_the_bisect_command_means_exactly_its_case(made: Material) -> None:
    change = next(one for one in made.changes if one.key.case.params == ("1000",))
    command, *arguments = shlex.split(Presenter(made).bisect_command(change))
    assert (command, arguments[0], arguments[2]) == ("bench-runner", "bisect", "-b")
    assert arguments[1] == f"{change.last_old[:12]}..{change.first_new[:12]}"
    assert re.search(arguments[3], change.key.case.id)
    assert not re.search(arguments[3], "index.IndexSuite.time_lookup(100000)")


def test_the_bisect_command_can_be_pasted_whatever_the_name(made: Material) -> None:
    change = made.changes[0]
    for name in ("it's $(x)\n`y` \x1b[0m \u202e é", "x" * 10_000):
        hostile = replace(change, key=replace(change.key, case=replace(change.key.case, benchmark=name)))
        command = Presenter(made).bisect_command(hostile)
        assert command.isascii()
        assert command.isprintable()
        assert re.search(shlex.split(command)[4], hostile.key.case.id)


def test_a_benchmark_page_has_its_series_changes_and_failures(made: Material) -> None:
    sort: BenchmarkPage = page(made, "time_sort")
    assert [facet["values"] for facet in sort.header["facets"]] == [  # type: ignore[attr-defined]
        ["ci-arm64", "ryzen-lab"],
        ["uv-py3.13"],
        ["1000", "100000"],
        ["'rows'", "'columns'"],
    ]
    assert [one.params for one in sort.series[:3:2]] == ["n=1000, kind='rows'", "n=1000, kind='columns'"]
    assert page(made, "scan-time_empty").failures[0].outcome == "failed"
    wide: BenchmarkPage = page(made, "time_build_wide")
    assert [change.change for change in wide.changes if change.machine == "ryzen-lab"] == [
        "+15.6 %",
        "+42.0 %",
        f"{MINUS}12.0 %",
    ]
    assert wide.description == "Loads a table with the given number of rows."


def test_the_metrics_of_one_definition_are_named_beside_each_other() -> None:
    plans = [Plan("suite.time_x", 1e-3), Plan("suite.time_x:calls", 1000.0), Plan("suite.time_xy:calls", 5.0)]
    made = material(plans)
    counter = Metric("calls", "calls", exact=True)
    exact = [
        replace(one, metric=counter, values=[1002.0] * len(one.values))
        for one in made.series
        if ":" in one.key.case.benchmark
    ]
    one_place = [one for one in made.series if ":" not in one.key.case.benchmark] + exact
    known = {name: replace(one, metric=counter) if ":" in name else one for name, one in made.benchmarks.items()}
    changed = replace(made, series=[one for one in one_place if one.key.machine == "ryzen-lab"], benchmarks=known)
    time: BenchmarkPage = page(changed, "suite-time_x-[0-9a-f]+.html")
    calls: BenchmarkPage = page(changed, "suite-time_x-calls")
    assert [(one.name, one.value) for one in time.beside] == [("calls", "1,002 calls")]
    assert [one.name for one in calls.beside] == ["time"]
    assert time.beside[0].page == f"b/{slug('suite.time_x:calls')}.html"
    assert (calls.header["exact"], time.header["exact"]) == (True, False)
    other: BenchmarkPage = page(changed, "suite-time_xy-calls")
    assert other.beside == ()


def test_what_is_skipped_is_not_called_failing(made: Material) -> None:
    one = made.series[0]
    skipped = replace(one, values=[math.nan] * len(one.shas))
    place = (one.shas[-1], one.key.environment, one.key.machine)
    failure = Failure(*place, "failed", one.key.case)
    for failures, failing in (((), False), ((failure,), True), ((replace(failure, machine="other"),), False)):
        listed = page(replace(made, series=[skipped], failures=failures), "^benchmarks")
        found = {each.name: each.failing for each in listed.folders[0].benchmarks}
        assert found[one.key.case.benchmark] is failing


def test_levels_lie_between_changes(made: Material) -> None:
    header: Any = page(made, "time_build_wide").header
    levels = next(
        one["levels"] for one in header["series"] if header["facets"][0]["values"][one["at"][0]] == "ryzen-lab"
    )
    assert [(first, last) for first, last, _ in levels] == [(0, 79), (80, 119), (120, 193), (194, 199)]
    assert [value for _, _, value in levels] == pytest.approx([0.2, 0.176, 0.25, 0.289], rel=0.01)


def test_a_segment_boundary_breaks_the_level() -> None:
    made = material(PLANS[11:], commits=40)
    cut = replace(made.series[1], segments=(0, 25))
    header: Any = page(replace(made, series=[cut]), "^b/").header
    assert header["series"][0]["breaks"] == [25]
    assert [(first, last) for first, last, _ in header["series"][0]["levels"]] == [(0, 24), (25, 39)]


def test_runs_tell_freshness_and_coverage(made: Material) -> None:
    runs: RunsPage = page(made, "^runs")
    assert [(one.machine, one.behind, one.commits, one.covered) for one in runs.standings] == [
        ("ci-arm64", 1, 100, "30 of the newest 60"),
        ("ryzen-lab", 0, 200, "60 of the newest 60"),
    ]
    assert [one.outcome for one in runs.failures] == ["failed", "timeout"]
    assert "expected ';'" in runs.builds[0].output


def test_a_commit_page_knows_its_neighbours(made: Material) -> None:
    sha = made.commits[50].sha
    found: CommitPage = page(made, f"c/{sha[:12]}")
    assert found.older
    assert found.newer
    assert (found.older.sha, found.newer.sha) == (made.commits[49].sha, made.commits[51].sha)
    assert found.tags == ("v2.0",)
    assert page(made, f"c/{made.commits[-1].sha[:12]}").newer is None


def test_the_feed_is_atom_and_stable(made: Material) -> None:
    texts = []
    for _ in range(2):
        whole = site(made)
        renderer = Renderer(whole, static_files() | {one.path: one.text for one in whole.scripts})
        texts.append(renderer.render(next(one for one in whole.pages if one.path == "feed.xml")))
    assert texts[0] == texts[1]
    feed = ET.fromstring(texts[0])
    entries = feed.findall(f"{ATOM}entry")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries) == len(made.groups)
    updated = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert feed.findtext(f"{ATOM}updated") == updated[0]
    assert "1 worse: Simplify error handling" in [entry.findtext(f"{ATOM}title") for entry in entries]


def test_the_material_comes_from_history_and_configuration(made: Material, tmp_path: Path) -> None:
    (tmp_path / "bench_runner.toml").write_text(
        'project = "frobnicate"\nrepo = "."\nproject_url = "https://frobnicate.example/"\n'
        'show_commit_url = "https://frobnicate.example/commit/"\n'
    )
    history = History(
        commits=made.commits,
        points=pd.DataFrame(),
        series=made.series,
        benchmarks=made.benchmarks,
        machines=made.machines,
        failures=made.failures,
        runs=made.runs,
    )
    assert material_of(history, made.groups, load(start=tmp_path), made.tags) == made


def test_a_commit_url_that_is_no_web_address_is_dropped(made: Material) -> None:
    evil = replace(made, commit_url="javascript:alert(1)//", project_url="data:text/html,x")
    whole = site(evil)
    assert whole.project_url == ""
    assert page(evil, "^c/").commit.url == ""
