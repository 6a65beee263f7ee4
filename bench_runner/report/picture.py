"""Draws the points of a series around a change in letters, for a terminal: dots in Braille, levels as lines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from bench_runner import units
from bench_runner.model.change import Change
from bench_runner.model.series import Series

WIDTH, HEIGHT = 72, 12  # letters; each holds 2 x 4 dots
AROUND = 60  # points on each side of the change
LABEL = 10
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # bits of Braille: left column, right column, from above
_BLANK = 0x2800
_LARGEST = 1e300  # beyond it a difference may be no number
_LINE, _PLACE, _AXIS, _LIKELY = "─┊─━"


@dataclass(frozen=True, slots=True)
class Canvas:
    """A grid of letters, filled with points from `first` to `last` (indices) and values from `low` to `high`."""

    first: int
    last: int
    low: float
    high: float
    cells: dict[tuple[int, int], int] = field(default_factory=dict)
    lines: dict[tuple[int, int], str] = field(default_factory=dict)

    def column(self, index: float) -> int:
        """Return the column of dots of a point."""
        share = (index - self.first) / max(1, self.last - self.first)
        return round(min(1.0, max(0.0, share)) * (2 * WIDTH - 1))

    def row(self, value: float) -> int:
        """Return the row of dots of a value, from above; what lies outside is at the edge."""
        share = (self.high - value) / (self.high - self.low)
        return round(min(1.0, max(0.0, share)) * (4 * HEIGHT - 1))

    def dot(self, index: int, value: float) -> None:
        """Draw a point."""
        column, row = self.column(index), self.row(value)
        place = (row // 4, column // 2)
        self.cells[place] = self.cells.get(place, 0) | _DOTS[column % 2][row % 4]

    def text(self, row: int) -> str:
        """Return a row of letters; points hide lines."""
        return "".join(
            chr(_BLANK + self.cells[row, at]) if (row, at) in self.cells else self.lines.get((row, at), " ")
            for at in range(WIDTH)
        )


def picture(series: Series, change: Change, changes: Sequence[Change], ends: tuple[str, str]) -> str:
    """Return the points around a change with all levels; `changes` are those of the series, `ends` name both sides.

    Below the axis a triangle marks the first point of the new level, a thick axis where it may begin (95 %).
    """
    first, last = window(series, change)
    levels = _levels(series, [*changes, change], first, last)
    canvas = Canvas(first, last, *_bounds(series.values[first : last + 1], [value for *_, value in levels]))
    for start, end, value in levels:
        for at in range(canvas.column(start) // 2, canvas.column(end) // 2 + 1):
            canvas.lines[canvas.row(value) // 4, at] = _LINE
    place = canvas.column(change.step.index - 0.5) // 2
    for row in range(HEIGHT):
        canvas.lines.setdefault((row, place), _PLACE)
    for index in range(first, last + 1):
        if math.isfinite(series.values[index]):
            canvas.dot(index, series.values[index])
    labels = _labels(canvas, change)
    rows = [f"{labels.get(row, ''):>{LABEL}} │{canvas.text(row).rstrip()}" for row in range(HEIGHT)]
    return "\n".join([*rows, *_below(canvas, change, ends)])


def window(series: Series, change: Change) -> tuple[int, int]:
    """Return the first and the last point that are shown."""
    return max(0, change.step.index - AROUND), min(len(series.values), change.step.index + AROUND) - 1


def _levels(series: Series, changes: Sequence[Change], first: int, last: int) -> list[tuple[int, int, float]]:
    """Return first point, last point and value of each level in view."""
    edges = sorted({0, len(series.values), *series.segments, *(one.step.index for one in changes)})
    found = []
    for start, end in pairwise(edges):
        values = [value for value in series.values[start:end] if math.isfinite(value)]
        if values and start <= last and end > first:
            found.append((max(start, first), min(end - 1, last), median(values)))
    return found


def _bounds(values: Sequence[float], levels: Sequence[float]) -> tuple[float, float]:
    """Return the range that is drawn: levels and all but the wildest points, never of no height."""
    known = sorted(value for value in values if math.isfinite(value))
    edge = len(known) // 50
    shown = [*known[edge : len(known) - edge], *levels] or [0.0]
    low, high = max(min(shown), -_LARGEST), min(max(shown), _LARGEST)
    room = (high - low) * 0.04 or abs(high) * 0.01 or 1.0
    return low - room, high + room


def _labels(canvas: Canvas, change: Change) -> dict[int, str]:
    """Return what stands beside the axis: both levels of the change, and the ends where there is room."""
    unit = change.metric.unit
    found = {0: canvas.high, HEIGHT - 1: canvas.low}
    levels = {canvas.row(one) // 4: one for one in (change.step.before, change.step.after) if math.isfinite(one)}
    found = {row: value for row, value in found.items() if all(abs(row - at) > 1 for at in levels)} | levels
    return {row: units.show(value, unit)[:LABEL] for row, value in found.items()}


def _below(canvas: Canvas, change: Change, ends: tuple[str, str]) -> list[str]:
    """Return the axis, with the likely place thick, the mark of the first new point, and the names of both ends."""
    step = change.step
    earliest = step.index if step.earliest is None else step.earliest
    latest = step.index if step.latest is None else step.latest
    likely = range(canvas.column(earliest) // 2, canvas.column(latest) // 2 + 1)
    axis = "".join(_LIKELY if at in likely else _AXIS for at in range(WIDTH))
    mark = canvas.column(step.index) // 2
    gap = WIDTH - len(ends[0]) - len(ends[1])
    margin = " " * (LABEL + 1)
    return [
        f"{margin}└{axis}",
        f"{margin} {' ' * mark}▲ {change.first_new[:8]}",
        f"{margin} {ends[0]}{' ' * max(1, gap)}{ends[1]}",
    ]
