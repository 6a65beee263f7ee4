from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fabricate import material

from bench_runner.errors import UsageError
from bench_runner.model.benchmark import Case
from bench_runner.model.metric import Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.charts import plot

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
