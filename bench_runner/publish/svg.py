"""Draws small pictures as SVG: sparklines, coverage strips, and the history for a page without script.

Colours come from the style sheet by class; no style attribute, which the page's policy forbids.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench_runner import units
from bench_runner.publish.levels import Level, numbers

FLOOR = 0.12  # of the value: a smaller range would show 1 % as if it were 50 %
WIDTH, HEIGHT = 160, 28
_COLUMNS = 56  # points of a sparkline; more cannot be told apart at its size
_MARGIN = 3


@dataclass(frozen=True, slots=True)
class Trace:
    """One series to draw: its points (x in [0, 1], value) with their levels as (x, x, value)."""

    points: Sequence[tuple[float, float]]
    levels: Sequence[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Box:
    """A drawing area: pixels from (left, top) on, values from low (below) to high (above)."""

    left: float
    top: float
    width: float
    height: float
    low: float
    high: float

    def x(self, share: float) -> float:
        """Return the pixel of a place in [0, 1]."""
        return self.left + share * self.width

    def y(self, value: float) -> float:
        """Return the pixel of a value, kept inside the box."""
        share = (value - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - min(1.0, max(0.0, share)))


def trace(revisions: Sequence[int], values: Sequence[float], levels: Sequence[Level], span: tuple[int, int]) -> Trace:
    """Return what of a series lies in the revisions of `span` (both included)."""
    first, last = span
    wide = max(1, last - first)

    def at(revision: int) -> float:
        return min(1.0, max(0.0, (revision - first) / wide))

    points = [
        (at(revision), value)
        for revision, value in zip(revisions, values, strict=True)
        if first <= revision <= last and math.isfinite(value)
    ]
    steps = [
        (at(revisions[level.first]), at(_end(revisions, level, last)), level.value)
        for level in levels
        if revisions[level.last] >= first and revisions[level.first] <= last
    ]
    return Trace(points, steps)


def _end(revisions: Sequence[int], level: Level, last: int) -> int:
    """Return where a level ends: at the next point, so that steps meet."""
    return revisions[level.last + 1] if level.last + 1 < len(revisions) else min(last, revisions[level.last])


def bounds(traces: Sequence[Trace], floor: float = FLOOR) -> tuple[float, float]:
    """Return the range of values to show: levels and all but the wildest points, at least `floor` of the middle."""
    values = sorted(numbers(value for one in traces for _, value in one.points))
    if not values:
        return 0.0, 1.0
    edge = len(values) // 50
    shown = [*values[edge : len(values) - edge], *(value for one in traces for _, _, value in one.levels)]
    low, high = min(shown), max(shown)
    middle = (low + high) / 2
    least = max(floor * abs(middle), 1e-300) if middle else 1.0
    reach = max(high - low, least) / 2
    return middle - reach, middle + reach


def sparkline(one: Trace) -> str:
    """Return a sparkline: points in columns, levels over them, a dotted line at each step; "" without a point."""
    if not one.points:
        return ""
    box = Box(_MARGIN, _MARGIN, WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN, *bounds([one]))
    thin = _line([(box.x(x), box.y(value)) for x, value in _columns(one.points)])
    marks = "".join(f"M{_n(box.x(start))} 0V{HEIGHT}" for start, _, _ in one.levels[1:])
    mark = f'<path class="mark" d="{marks}"/>' if marks else ""
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">'
        f'{mark}<path class="points" d="{thin}"/><path class="level" d="{_steps(one, box)}"/></svg>'
    )


def _columns(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the median of each column that has a point."""
    if len(points) <= _COLUMNS:
        return list(points)
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        columns.setdefault(int(point[0] * (_COLUMNS - 1)), []).append(point)
    return [(median(x for x, _ in some), median(y for _, y in some)) for some in columns.values()]


def _steps(one: Trace, box: Box) -> str:
    """Return the path of the levels, joined where one ends where the next starts."""
    path, end = "", -1.0
    for start, stop, value in one.levels:
        joined = path and start <= end + 1e-9
        path += f"V{_n(box.y(value))}" if joined else f"M{_n(box.x(start))} {_n(box.y(value))}"
        path += f"H{_n(box.x(max(stop, start + 0.012)))}"
        end = stop
    return path


def strip(measured: Sequence[bool | None]) -> str:
    """Return one cell for each commit, oldest first: measured, not measured, or (None) not built."""
    names = {True: "yes", False: "no", None: "broken"}
    cells = "".join(
        f'<rect class="{names[one]}" x="{5 * at}" y="0" width="4" height="14"/>' for at, one in enumerate(measured)
    )
    size = f'viewBox="0 0 {5 * len(measured)} 14" width="{5 * len(measured)}" height="14"'
    return f'<svg class="strip" {size} aria-hidden="true">{cells}</svg>'


def history(traces: Sequence[Trace], unit: str, dates: tuple[str, str]) -> str:
    """Return the history as one static drawing with a labelled axis; "" without a point."""
    if not any(one.points for one in traces):
        return ""
    box = Box(78, 10, 870, 240, *bounds(traces))
    parts = [_axis(box, unit), _dates(box, dates)]
    for number, one in enumerate(traces):
        dots = "".join(f"M{_n(box.x(x))} {_n(box.y(value))}h0" for x, value in _thinned(one.points))
        parts.append(f'<path class="dots c{number}" d="{dots}"/><path class="level c{number}" d="{_steps(one, box)}"/>')
    return f'<svg class="history" viewBox="0 0 960 280" role="img" aria-label="history">{"".join(parts)}</svg>'


def _thinned(points: Sequence[tuple[float, float]], most: int = 300) -> Sequence[tuple[float, float]]:
    """Return at most about `most` of the points, evenly."""
    return points[:: max(1, len(points) // most)]


def _axis(box: Box, unit: str) -> str:
    """Return four grid lines with their values."""
    divisor, label = units.scale(unit, box.high)
    lines = []
    for share in (0.0, 1 / 3, 2 / 3, 1.0):
        value = box.low + share * (box.high - box.low)
        y = _n(box.y(value))
        text = f"{units.significant(value / divisor)} {label if len(label) < 8 else ''}".strip()
        lines.append(
            f'<path class="grid" d="M{box.left} {y}h{box.width}"/><text x="70" y="{y}" dy="4">{_safe(text)}</text>'
        )
    return "".join(lines)


def _dates(box: Box, dates: tuple[str, str]) -> str:
    """Return the first and the last date below the axis."""
    ends = ((box.left, "start"), (box.left + box.width, "end"))
    return "".join(
        f'<text class="{side}" x="{x}" y="272">{_safe(date)}</text>'
        for (x, side), date in zip(ends, dates, strict=True)
    )


def _safe(text: str) -> str:
    """Return `text` as the content of an element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(points: Sequence[tuple[float, float]]) -> str:
    """Return a polyline's path."""
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _n(number: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
