import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

CHART = "() => window.bench && bench.history && bench.history.settled"
PAINTED = """() => {
  const canvas = document.querySelector("#chart canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) seen.add(data.slice(at, at + 3).join());
  return seen.size;
}"""
BUDGET = {"index.html": 40_000, "b": 75_000}
Open = Callable[..., Any]


def benchmark(folder: Path, part: str) -> str:
    return next(f"b/{path.name}" for path in (folder / "b").iterdir() if part in path.name)


def every_kind(folder: Path) -> list[str]:
    commit = next(path.name for path in sorted((folder / "c").iterdir()))
    pages = ["index.html", "benchmarks.html", "runs.html", "about.html", f"c/{commit}"]
    return [*pages, benchmark(folder, "build_wide"), benchmark(folder, "time_sort")]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_opens_from_disk_without_complaint(visit: Open, benign: Path, width: int, scheme: str) -> None:
    opened = visit(benign, width, scheme)
    for path in every_kind(benign):
        opened.go(path, settled=CHART if path.startswith("b/") else None)
        opened.check()
        assert len(opened.requests) <= 8, opened.requests


def test_the_policy_would_be_noticed(visit: Open, benign: Path) -> None:
    opened = visit(benign)
    page = opened.go("index.html")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.org/x.png' }))"
    )
    page.wait_for_function("() => window.violations.length > 0")
    with pytest.raises(AssertionError):
        opened.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chart_is_painted(visit: Open, benign: Path, scheme: str) -> None:
    page = visit(benign, 1280, scheme).go(benchmark(benign, "build_wide"), settled=CHART)
    assert page.evaluate(PAINTED) > 3
    assert page.locator("#figure").is_hidden()


def test_numbers_in_the_browser_are_those_of_the_page(visit: Open, benign: Path) -> None:
    page = visit(benign).go(benchmark(benign, "build_wide"), settled=CHART)
    told = page.locator("#readout b").all_inner_texts()
    listed = page.locator("h2:has-text('Now') + table td.n").all_inner_texts()
    shown = [float(text.split()[0]) for text in (*told, *listed)]
    assert len(shown) == 4
    assert shown[:2] == pytest.approx(shown[2:], rel=2e-3)


VALUES = (
    (0.00213, "seconds"),
    (3.3e-09, "seconds"),
    (0.9996, "seconds"),
    (0, "seconds"),
    (52428800, "bytes"),
    (1234567, "rows/s"),
    (9.996, "unit"),
    (-0.25, "seconds"),
    (1e-07, "x"),
    (123456, "x"),
    (1023.9, "bytes"),
)


def test_units_agree_with_the_command_line(visit: Open, benign: Path) -> None:
    from bench_runner import units

    page = visit(benign).go("index.html")
    for value, unit in VALUES:
        found = page.evaluate("([value, unit]) => bench.units.show(value, unit)", [value, unit])
        assert re.sub(r"e([-+])(\d)(?!\d)", r"e\g<1>0\2", found) == units.show(value, unit)
    for value, unit in [
        (1002, "calls"),
        (-1234567, "blocks"),
        (9999, "bytes"),
        (413_799, "bytes"),
        (0, "B"),
        (281_600, "instructions"),
        (4e12, "x"),
    ]:
        assert page.evaluate("([value, unit]) => bench.units.exactly(value, unit)", [value, unit]) == units.exactly(
            float(value), unit
        )


def test_arrow_keys_read_the_chart(visit: Open, benign: Path) -> None:
    page = visit(benign).go(benchmark(benign, "build_wide"), settled=CHART)
    readout = page.locator("#readout")
    assert readout.get_attribute("aria-live") == "polite"
    page.locator("#chart").focus()
    page.keyboard.press("End")
    last = readout.inner_text()
    assert "Simplify error handling" in last
    assert "2026-10-26" in last
    page.keyboard.press("ArrowLeft")
    before = readout.inner_text()
    assert "Avoid a copy in merge" in before
    assert re.search(r"ryzen-lab\s+2\d\d\.\d ms", before)
    page.keyboard.press("Home")
    assert "2026-01-01" in readout.inner_text()
    page.keyboard.press("ArrowRight")
    assert "Check bounds in scan loop" in readout.inner_text()
    assert "not measured" in readout.inner_text()


def test_facets_are_kept_in_the_address(visit: Open, benign: Path) -> None:
    opened = visit(benign)
    page = opened.go(benchmark(benign, "time_sort"), settled=CHART)
    assert page.locator("#readout .values > span").count() == 2
    page.get_by_role("checkbox", name="100000").check()
    page.wait_for_function("() => document.querySelectorAll('#readout .values > span').length === 4")
    page.get_by_role("checkbox", name="ci-arm64").uncheck()
    page.get_by_role("checkbox", name="log scale").check()
    page.wait_for_function("() => document.querySelectorAll('#readout .values > span').length === 2")
    address = page.url
    assert "machine=ryzen-lab" in address
    assert "log=1" in address
    again = visit(benign).page
    again.goto(address)
    again.wait_for_function(CHART)
    assert again.locator("#readout").inner_text() == page.locator("#readout").inner_text()
    assert again.get_by_role("checkbox", name="log scale").is_checked()
    opened.check()


def test_a_link_from_a_change_shows_its_series(visit: Open, benign: Path) -> None:
    page = visit(benign).go("index.html")
    page.locator("section:has-text('time_iterate') tr:has-text('time_lookup') th a").click()
    page.wait_for_function(CHART)
    assert page.locator("#readout .values > span").count() == 2
    assert "#s=" in page.url


def test_ranges_zoom_and_reset(visit: Open, benign: Path) -> None:
    page = visit(benign).go(benchmark(benign, "build_wide"), settled=CHART)
    page.get_by_role("button", name="last 100").click()
    page.wait_for_function("() => bench.history.settled && bench.history.ends()[0] === 100")
    assert "last=100" in page.url
    box = page.locator("#chart canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 160, steps=4)
    page.mouse.up()
    page.wait_for_function("() => location.hash.includes('range=')")
    page.locator("#chart").press("Escape")
    page.wait_for_function("() => bench.history.ends()[0] === 0 && bench.history.ends()[1] === 199")
    assert "range=" not in page.url


def test_points_as_a_table_and_as_csv(visit: Open, benign: Path) -> None:
    page = visit(benign).go(benchmark(benign, "build_wide"), settled=CHART)
    page.get_by_role("button", name="as a table").click()
    assert page.locator("#points tbody tr").count() == 200
    with page.expect_download() as download:
        page.locator("#csv").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert (
        lines[0]
        == "revision,commit,date,subject,ci-arm64,ci-arm64 low,ci-arm64 high,ryzen-lab,ryzen-lab low,ryzen-lab high"
    )
    assert len(lines) == 201
    assert download.value.suggested_filename.endswith(".csv")


def test_the_theme_is_chosen_and_kept(visit: Open, benign: Path) -> None:
    opened = visit(benign)
    page = opened.go("index.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Theme").click(click_count=2, delay=20)
    assert page.evaluate(ground) != light
    assert opened.go("runs.html").evaluate(ground) != light
    opened.check()


def test_slash_finds_a_benchmark(visit: Open, benign: Path) -> None:
    opened = visit(benign)
    page = opened.go("runs.html")
    page.keyboard.press("/")
    page.keyboard.type("sort")
    page.wait_for_function("() => document.querySelectorAll('#found li').length === 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/b/*time_sort*")
    opened.check()


def test_the_keyboard_alone_leads_to_a_commit(visit: Open, benign: Path) -> None:
    page = visit(benign).go("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("/\\/c\\//.test(document.activeElement.href || '')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*.html")
    assert page.locator("#row table").count() >= 1


def test_filters_and_unfolding(visit: Open, benign: Path) -> None:
    page = visit(benign).go("index.html")
    everything = page.locator(".group:visible").count()
    page.get_by_role("button", name="Better").click()
    assert 0 < page.locator(".group:visible").count() < everything
    assert page.url.endswith("#show=better")
    page = visit(benign).go("benchmarks.html#filter=cache+time")
    assert page.locator("tbody:visible").count() == 2


@pytest.mark.parametrize("width", [1280, 390])
def test_without_script_the_content_is_there(visit: Open, benign: Path, width: int) -> None:
    opened = visit(benign, width, java_script_enabled=False)
    page = opened.go("index.html")
    assert page.locator(".group").count() > 5
    assert page.locator("#theme").is_hidden()
    page = opened.go(benchmark(benign, "build_wide"))
    assert page.locator("#figure svg").is_visible()
    assert page.locator("#chart").is_hidden()
    assert page.locator("#figure path.level").count() == 2


def test_pages_are_light(visit: Open, benign: Path) -> None:
    opened = visit(benign)
    for path in ("index.html", benchmark(benign, "build_wide")):
        opened.go(path, settled=CHART if path.startswith("b/") else None)
        files = {re.sub(r"[?#].*", "", url) for url in opened.requests}
        sizes = {
            file: len(
                gzip.compress(
                    Path(opened.page.evaluate("u => decodeURIComponent(new URL(u).pathname)", file)).read_bytes()
                )
            )
            for file in files
        }
        assert sum(sizes.values()) <= BUDGET[path.split("/")[0]], sizes


def test_on_paper_everything_is_unfolded(visit: Open, benign: Path) -> None:
    page = visit(benign).go("index.html")
    page.emulate_media(media="print")
    assert page.locator(".top nav").is_hidden()
    assert page.locator(".chips").is_hidden()
