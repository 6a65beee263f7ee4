"""A chart of commits of one day, with intervals that say nothing."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fabricate import Plan, material

from bench_runner.publish.build import publish
from bench_runner.publish.pages import site

pytestmark = pytest.mark.browser

CHART = "() => window.bench && bench.history && bench.history.settled && bench.history.plot.axes[0]._values"
LAST_LABEL = """() => {
  const { plot } = bench.history;
  const { _splits: splits, _values: values } = plot.axes[0];
  plot.ctx.font = 12 * devicePixelRatio + "px system-ui, sans-serif";
  const width = plot.ctx.measureText(values.at(-1)).width;
  return plot.valToPos(splits.at(-1), "x", true) + width / 2 - plot.ctx.canvas.width;
}"""
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = material((Plan("suite.time_x", 1.0),), commits=31, places=(("vm", "uv-py3.13"),))
    day = made.commits[0].time_ms
    commits = [replace(one, time_ms=day + (at >= 20) * 86_400_000) for at, one in enumerate(made.commits)]
    one = made.series[0]
    low, high = list(one.low), list(one.high)
    low[10], high[10] = one.values[10] / 470, one.values[10] * 470
    low[20], high[20] = -math.inf, math.inf
    folder = tmp_path_factory.mktemp("dense")
    publish(site(replace(made, commits=commits, series=[replace(one, low=low, high=high)])), folder)
    return folder


def page(dense: Path) -> str:
    return f"b/{next((dense / 'b').iterdir()).name}"


@pytest.mark.parametrize(("width", "room"), [(1280, True), (390, False)])
def test_commits_of_one_day_have_labels_of_their_own(visit: Open, dense: Path, width: int, room: bool) -> None:
    opened = visit(dense, width).go(page(dense), settled=CHART)
    labels = opened.evaluate("bench.history.plot.axes[0]._values")
    assert len(set(labels)) == len(labels) >= 2
    assert labels[0] == "2026-01-01"
    assert any(re.fullmatch("[0-9a-f]{8}", one) for one in labels) is room  # on a phone one label for each day
    assert opened.evaluate(LAST_LABEL) <= 0


def test_what_is_not_known_has_no_band(visit: Open, dense: Path) -> None:
    opened = visit(dense).go(page(dense), settled=CHART)
    below, above = (opened.evaluate(f"bench.history.frame.series[0].{part}") for part in ("below", "above"))
    assert [at for at, one in enumerate(below) if one is None] == [10, 20]
    assert [at for at, one in enumerate(above) if one is None] == [10, 20]
    low, high = opened.evaluate("[bench.history.plot.scales.y.min, bench.history.plot.scales.y.max]")
    assert 0.8 < low < high < 1.2


def test_the_readout_and_the_csv_say_so(visit: Open, dense: Path) -> None:
    opened = visit(dense).go(page(dense), settled=CHART)
    opened.evaluate("bench.history.move(10)")
    assert "±> 100 %" in opened.locator("#readout").inner_text()
    opened.evaluate("bench.history.move(20)")
    assert "±" not in opened.locator("#readout").inner_text()
    with opened.expect_download() as download:
        opened.locator("#csv").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if line.startswith("20,")).endswith(",,")


def test_the_page_of_a_commit_has_no_absurd_margin(visit: Open, dense: Path) -> None:
    made = material((), commits=31)
    opened = visit(dense).go(f"c/{made.commits[10].sha[:12]}.html")
    assert opened.locator("#row td small").inner_text().strip() == "±> 100 %"
