"""The pages of production in a real browser: opened from disk, painted, read by keyboard, hostile names and all."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent.parent / "publish"))

from fabricate import PLANS, material
from fabricate_production import with_production

from bench_runner.model.benchmark import Case
from bench_runner.publish.build import publish
from bench_runner.publish.pages import site

pytestmark = pytest.mark.browser

CHART = "() => window.bench && bench.history && bench.history.settled"
NASTY = '</script><script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e\x1b[31m' + "x" * 900
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("production & more")
    publish(site(with_production(material(PLANS, commits=60))), found)
    return found


def pages(folder: Path) -> list[str]:
    histories = sorted(f"b/{path.name}" for path in (folder / "b").glob("prod_*"))
    linked = [f"b/{path.name}" for path in (folder / "b").glob("*build_wide*")]
    return ["production.html", "index.html", *histories, *linked]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_opens_from_disk_without_complaint(visit: Open, folder: Path, width: int, scheme: str) -> None:
    opened = visit(folder, width, scheme)
    for path in pages(folder):
        opened.go(path, settled=CHART if path.startswith("b/") else None)
        opened.check()
        assert len(opened.requests) <= 8, opened.requests


def test_a_window_is_read_by_its_minute_and_its_release(visit: Open, folder: Path) -> None:
    path = next(one for one in pages(folder) if "charge" in one)
    opened = visit(folder)
    page = opened.go(path, settled=CHART)
    page.locator("#chart").press("Home")
    said = page.locator("#readout").inner_text()
    assert "2026-01-02 00:00" in said
    page.locator("#chart").press("ArrowRight")
    assert "2026-01-02 00:01" in page.locator("#readout").inner_text() or "00:00" in said
    page.get_by_role("button", name="as a table").click()
    assert page.locator("#points tbody tr").count() > 30
    opened.check()


def test_links_lead_from_production_to_the_benchmark_and_back(visit: Open, folder: Path) -> None:
    opened = visit(folder)
    page = opened.go("index.html")
    page.get_by_role("link", name="Production", exact=True).click()
    assert page.url.endswith("production.html")
    row = page.locator("tr", has=page.locator("td:has-text('between')")).first
    row.locator("th a").click()
    page.wait_for_function(CHART)
    assert "prod_time" in page.locator("h1").inner_text()
    opened.check()


def test_a_hostile_name_is_text(visit: Open, tmp_path: Path) -> None:
    made = with_production(material(PLANS[:2], commits=60))
    name = f"prod_time.{NASTY}.p50"
    made = replace(
        made,
        production=[replace(one, key=replace(one.key, case=Case(name))) for one in made.production[:1]],
        seen=[
            replace(one, change=replace(one.change, key=replace(one.change.key, case=Case(name))), moved=())
            for one in made.seen[:1]
        ],
    )
    publish(site(made), tmp_path)
    for width in (1280, 390):
        opened = visit(tmp_path, width)
        for path in ("index.html", "production.html", f"b/{next((tmp_path / 'b').glob('prod_*')).name}"):
            opened.go(path, settled=CHART if path.startswith("b/") else None)
            opened.check()
