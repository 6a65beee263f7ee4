"""The pages of production: their data, their links in both ways, and all of it byte for byte."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fabricate import MEMORY, Jump, Plan, material
from fabricate import TIME as SECONDS
from fabricate_production import HOTFIX, MINUTE_MS, START_MS, deployed, with_production
from links import dead_links, reached
from test_site_gold import VERSION

from bench_runner.publish.build import publish
from bench_runner.publish.material import Material
from bench_runner.publish.pages import site
from bench_runner.publish.windows import Axis

if TYPE_CHECKING:
    from bench_runner.publish.benchmark_views import BenchmarkPage
    from bench_runner.publish.production_views import MeasurePage, ProductionPage
    from bench_runner.publish.views import CommitPage, IndexPage

GOLD = Path(__file__).parent.parent / "gold" / "production"
PLANS = (
    Plan("read.time_header", 2.1e-3, SECONDS, (("10", "1000"),), ("n",), (Jump(6, 1.3),)),
    Plan("read.Suite.peakmem_all", 52_428_800, MEMORY, jumps=(Jump(9, 1.25),)),
)


@pytest.fixture(scope="module")
def made() -> Material:
    return with_production(material(PLANS, commits=12))


def page(made: Material, pattern: str) -> Any:
    return next(one.data for one in site(made).pages if re.search(pattern, one.path))


def test_the_page_of_production_says_where_each_change_lies(made: Material) -> None:
    found: ProductionPage = page(made, "^production")
    said = {(one.change.benchmark, one.change.environment, one.where): one for one in found.changes}
    charge, add = "prod_time.shop.checkout:charge.p50", "prod_time.shop.cart:add.mean"
    assert set(said) == {
        (charge, "prod-eu", "between"),
        (charge, "prod-us", "inside"),
        (add, "prod-eu", "between"),
        (add, "prod-eu", "back"),
    }
    slow = said[charge, "prod-eu", "between"]
    assert (slow.old.commit.sha, slow.new.commit.sha) == (made.commits[4].sha, made.commits[7].sha)
    assert slow.commits == 3
    assert slow.change.worse
    assert {one.change.benchmark for one in slow.moved} == {"read.time_header"}
    assert said[charge, "prod-us", "inside"].moved == ()
    assert {one.change.benchmark for one in said[add, "prod-eu", "back"].moved} == {"read.time_header"}
    assert found.services == ("prod:other", "prod:shop")
    assert [one.name for one in found.folders] == [
        "prod_rss",
        "prod_time.shop.cart:add",
        "prod_time.shop.checkout:charge",
    ]


def test_benchmarks_and_commits_link_back(made: Material) -> None:
    bench: BenchmarkPage = page(made, "time_header")
    assert {one.change.environment for one in bench.production} == {"prod-eu"}
    assert len(bench.production) == 3
    other: BenchmarkPage = page(made, "peakmem")
    assert other.production == ()
    index: IndexPage = page(made, "^index")
    assert len(index.production) == 4
    with_it = {group.commit.sha for group in index.groups if group.production}
    assert with_it == {made.commits[6].sha}
    for revision, expected in ((2, 0), (3, 2), (5, 3), (7, 3), (8, 0)):
        commit: CommitPage = page(made, f"c/{made.commits[revision].sha[:12]}")
        assert len(commit.production) == expected, revision


def test_production_is_in_no_list_of_benchmarks_or_runs(made: Material, tmp_path: Path) -> None:
    publish(site(made), tmp_path)
    for name in ("benchmarks.html", "runs.html"):
        assert "prod_" not in (tmp_path / name).read_text()
    assert "prod_" not in (tmp_path / "feed.xml").read_text()
    assert "prod_rss" in (tmp_path / "data/names.js").read_text()


def test_every_page_is_reached_and_no_link_is_dead(made: Material, tmp_path: Path) -> None:
    publish(site(made), tmp_path)
    assert dead_links(tmp_path) == []
    found = {path.relative_to(tmp_path.resolve()).as_posix() for path in reached(tmp_path)}
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")} == found
    assert all(one.page.partition("#")[0] in found for one in page(made, "^production").folders[0].benchmarks)


def test_a_history_goes_over_windows(made: Material) -> None:
    found: MeasurePage = page(made, "charge")
    header = found.header
    assert header["windows"] is True
    eu, us = header["series"]  # type: ignore[misc]
    ticks = Axis([one for one in made.production if "charge" in one.key.case.benchmark]).ticks
    assert len(ticks) == len(set(ticks))
    place, text, worse, state = eu["changes"][0]
    assert (ticks[place].time_ms, ticks[place].sha) == (START_MS + 18 * MINUTE_MS, made.commits[7].sha)
    assert (worse, state) == (True, "confirmed")
    assert 27 < float(text.removeprefix("+").removesuffix(" %")) < 33
    assert ticks[us["changes"][0][0]].time_ms == START_MS + 29 * MINUTE_MS
    names = {sha: tag for tag, sha in made.tags.items()}
    releases = [made.commits[at].sha for at in (2, 4, 7, 11)]
    marks = dict(map(reversed, header["tags"]))  # type: ignore[arg-type, call-overload]
    assert set(marks) == {*(names.get(sha, sha[:8]) for sha in releases), HOTFIX.sha[:8]}
    assert all(ticks[place].sha.startswith(name) for name, place in marks.items() if name not in made.tags)


def test_two_releases_side_by_side_have_a_place_each(made: Material) -> None:
    old = deployed(made, "prod_rss", [(2, 6, 1.0)])
    new = deployed(made, "prod_rss", [(4, 6, 1.0)])
    mixed = replace(
        old,
        revisions=[one for pair in zip(old.revisions, new.revisions, strict=True) for one in pair],
        shas=[one for pair in zip(old.shas, new.shas, strict=True) for one in pair],
        times=[one for pair in zip(old.times, new.times, strict=True) for one in pair],
        values=[1.0] * 12,
        low=[1.0] * 12,
        high=[1.0] * 12,
    )
    axis = Axis([mixed])
    assert list(axis.laid(mixed).revisions) == list(range(12))


def test_a_rate_says_that_neither_way_is_better(made: Material, tmp_path: Path) -> None:
    publish(site(made), tmp_path)
    (path,) = (tmp_path / "b").glob("*add-rate*")
    text = path.read_text()
    assert "neither way is better" in text
    assert "None is looked for" in text


def test_production_without_benchmarks(tmp_path: Path) -> None:
    made = with_production(material(PLANS, commits=12))
    made = replace(
        made,
        series=(),
        groups=(),
        runs=(),
        failures=(),
        benchmarks={},
        machines=(),
        seen=[replace(made.seen[0], moved=())],
    )
    publish(site(made), tmp_path)
    assert dead_links(tmp_path) == []
    assert "No benchmark has been measured yet" in (tmp_path / "index.html").read_text()


def test_without_production_no_page_speaks_of_it(tmp_path: Path) -> None:
    publish(site(material(PLANS, commits=12)), tmp_path)
    assert not (tmp_path / "production.html").exists()
    assert "roduction" not in (tmp_path / "index.html").read_text()


def test_the_pages_of_production_are_the_gold_ones(made: Material, tmp_path: Path) -> None:
    """`BENCH_RUNNER_GOLD=write pytest -k gold tests/publish` renews them."""
    publish(site(made), tmp_path)
    places = [tmp_path / "production.html", tmp_path / "index.html", *(tmp_path / "b").glob("prod_*")]
    places += [*(tmp_path / "data/w").iterdir()]
    found = {path.relative_to(tmp_path).as_posix(): VERSION.sub(rb"\1", path.read_bytes()) for path in places}
    if os.environ.get("BENCH_RUNNER_GOLD") == "write":
        for path, content in found.items():
            (GOLD / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLD / path).write_bytes(content)
        pytest.skip("the gold files were written anew: look at their diff")
    gold = {path.relative_to(GOLD).as_posix(): path for path in GOLD.rglob("*") if path.is_file()}
    assert sorted(found) == sorted(gold)
    for path, place in gold.items():
        assert found[path].decode() == place.read_text(encoding="utf-8"), f"{path} changed"


def test_the_scripts_of_windows_are_strict(made: Material, tmp_path: Path) -> None:
    publish(site(made), tmp_path)
    for path in (tmp_path / "data/w").iterdir():
        content = json.loads(path.read_text().removeprefix("bench.commits(").removesuffix(");\n"))
        assert len({len(column) for column in content.values()}) == 1
