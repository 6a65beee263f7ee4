import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fabricate import material

from bench_runner.errors import UsageError
from bench_runner.model.benchmark import Case
from bench_runner.model.metric import Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.charts import draw, plot

MADE = material(commits=60)
WIDE = [one for one in MADE.series if one.key.case.benchmark.endswith("build_wide")]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "magic"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_pictures_are_what_their_names_say_and_come_out_alike(tmp_path: Path, suffix: str, magic: bytes) -> None:
    pictures = [tmp_path / f"{name}{suffix}" for name in ("one", "two")]
    for picture in pictures:
        plot(WIDE, MADE.changes, MADE.commits, picture)
    first, second = (picture.read_bytes() for picture in pictures)
    assert first.startswith(magic)
    assert first == second


@pytest.mark.slow
def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = "<script>$x$ \x00\u202e_" + "y" * 10_000
    key = SeriesKey(Case(name), "<b>", "_&")
    odd = Series(
        key, Metric(name, name), [0, 1], ["a", "b"], [float("nan"), 2.0], [float("nan")] * 2, [float("nan")] * 2
    )
    plot([odd, odd], [], MADE.commits, tmp_path / "odd.svg")
    tags = {element.tag for element in ET.fromstring((tmp_path / "odd.svg").read_bytes()).iter()}
    assert not [tag for tag in tags if "script" in tag]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"history\.gif: .* \.svg, \.png, \.pdf"):
        plot(WIDE, [], MADE.commits, tmp_path / "history.gif")


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    picture = tmp_path / "nowhere" / "history.svg"
    with pytest.raises(UsageError, match=r"nowhere/history\.svg: No such file or directory"):
        plot(WIDE, [], MADE.commits, picture)


def test_wide_intervals_neither_stretch_the_axis_nor_are_drawn() -> None:
    one = next(one for one in WIDE if one.key.machine == "ryzen-lab")
    wild = range(10, 20)
    low = [value / 470 if at in wild else end for at, (value, end) in enumerate(zip(one.values, one.low, strict=True))]
    high = [
        value * 470 if at in wild else end for at, (value, end) in enumerate(zip(one.values, one.high, strict=True))
    ]
    low[30], high[30] = -math.inf, math.inf
    axes = draw([replace(one, low=low, high=high)], [], MADE.commits).axes[0]
    bottom, top = axes.get_ylim()
    values = [1e3 * value for value in one.values]
    assert bottom < min(values) < max(values) < top
    assert top - bottom < 0.15 * max(values)
    band = axes.collections[0].get_paths()
    assert len(band) == 3
    assert not [x for path in band for x, _ in path.vertices if 10 <= x < 20 or x == 30]


def test_commits_of_one_day_are_told_apart_below_the_axis() -> None:
    same = [replace(one, time_ms=MADE.commits[0].time_ms) for one in MADE.commits]
    texts = [label.get_text() for label in draw(WIDE, [], same).axes[0].get_xticklabels()]
    assert len(set(texts)) == len(texts) > 2
    assert texts[0] == "2026-01-01"
    assert texts[1] in {one.short for one in same}
