import math
import re
from xml.etree import ElementTree as ET

import pytest

from bench_runner.publish.levels import Level
from bench_runner.publish.svg import FLOOR, Trace, bounds, history, sparkline, strip, trace


def heights(svg: str, name: str) -> list[float]:
    path = re.search(rf'class="{name}" d="([^"]*)"', svg)
    assert path
    return [float(y) for y in re.findall(r"(?:[ML][-\d.]+ |V)([-\d.]+)", path[1])]


def flat(step: float) -> Trace:
    values = [100.0] * 20 + [100.0 * step] * 20
    return trace(range(40), values, [Level(0, 19, 100.0), Level(20, 39, 100.0 * step)], (0, 39))


def test_a_small_step_looks_small() -> None:
    small, large = (heights(sparkline(flat(step)), "level") for step in (1.01, 1.5))
    assert max(small) - min(small) == pytest.approx(22 * 0.01 / FLOOR, rel=0.1)
    assert max(large) - min(large) == pytest.approx(22, abs=0.3)


def test_more_is_higher() -> None:
    before, after = heights(sparkline(flat(1.5)), "level")
    assert after < before


def test_a_wild_point_does_not_flatten_the_rest() -> None:
    values = [100.0 + (at % 3) for at in range(99)] + [9e9]
    low, high = bounds([trace(range(100), values, [], (0, 99))])
    assert 90 < low < 100 < high < 115


def test_levels_that_meet_are_joined() -> None:
    assert len(re.findall("M", re.search('class="level" d="([^"]*)"', sparkline(flat(1.2)))[1])) == 1  # type: ignore[index]


def test_nothing_is_drawn_of_nothing() -> None:
    empty = trace([0, 1], [math.nan, math.nan], [], (0, 1))
    assert sparkline(empty) == ""
    assert history([empty], "seconds", ("", "")) == ""


@pytest.mark.parametrize("values", [[0.0, 0.0], [-1.0, 1.0], [1e-300, 1e300], [5.0]])
def test_odd_values_give_a_drawing(values: list[float]) -> None:
    one = trace(range(len(values)), values, [], (0, len(values) - 1))
    for svg in (sparkline(one), history([one], "<b>&", ("2026-01-01", "2026-02-01"))):
        ET.fromstring(svg)
        assert "nan" not in svg
        assert "inf" not in svg


def test_a_strip_has_a_cell_for_each_commit() -> None:
    cells = [cell.get("class") for cell in ET.fromstring(strip([True, False, None])).iter() if cell.get("class")]
    assert cells == ["strip", "yes", "no", "broken"]
