"""Draws histories with matplotlib, for pictures that travel."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_runner import units
from bench_runner.errors import UsageError
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.series import Series
from bench_runner.publish.levels import by_series, levels, narrow, numbers
from bench_runner.publish.svg import FLOOR
from bench_runner.publish.text import iso, label, places

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png", ".pdf")
COLOURS = ("#0f6fa8", "#b35c00", "#00795c", "#9c3d8c", "#6b6b00", "#5a6270")
WORSE, BETTER = "#ac3a00", "#006b52"
_LEGEND = 12  # series that a legend can name
_SETTINGS: Any = {  # matplotlib types each of its 300 keys
    "svg.hashsalt": "bench-history",  # the same picture has the same bytes
    "svg.fonttype": "none",
    "text.parse_math": False,  # names may hold dollars
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_METADATA: dict[str, dict[str, None]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}


def plot(series: Sequence[Series], changes: Sequence[Change], commits: Sequence[Commit], out: Path) -> None:
    """Draw a history into `out` (.svg, .png, .pdf); UsageError names another ending or what cannot be written."""
    if out.suffix not in SUFFIXES:
        raise UsageError(f"{out}: the picture's name must end in {', '.join(SUFFIXES)}")
    import matplotlib as mpl

    figure = draw(series, changes, commits)
    with mpl.rc_context(_SETTINGS):
        try:
            figure.savefig(out, dpi=144, metadata=_METADATA[out.suffix])
        except OSError as error:
            raise UsageError(f"{out}: {error.strerror or error}; choose another place with -o") from error


def draw(series: Sequence[Series], changes: Sequence[Change], commits: Sequence[Commit]) -> "Figure":
    """Return series with interval, levels and changes as a figure."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        _fill(axes, series, changes)
        _label(axes, series, commits)
        return figure


def _fill(axes: "Axes", series: Sequence[Series], changes: Sequence[Change]) -> None:
    """Draw every series on a common unit, then a line at each change."""
    divisor = units.scale(_unit(series), max(numbers(_values(series)), default=0.0))[0]
    found = by_series(changes)
    for number, one in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        values, low, high = ([point / divisor for point in some] for some in (one.values, one.low, one.high))
        known = [narrow(*point) for point in zip(one.values, one.low, one.high, strict=True)]
        axes.fill_between(one.revisions, low, high, where=known, color=colour, alpha=0.15, linewidth=0)
        axes.plot(one.revisions, values, ".", color=colour, markersize=3, alpha=0.6)
        for at, level in enumerate(levels(one, found.get(one.key, ()))):
            span = (one.revisions[level.first], one.revisions[level.last])
            name = _name(one) if at == 0 and number < _LEGEND else "_"
            axes.plot(span, [level.value / divisor] * 2, color=colour, linewidth=2, label=name)
    for first, revision, worse in sorted({(*_range(one), one.worse) for one in changes}):
        if first < revision:
            axes.axvspan(first - 1, revision, color=WORSE if worse else BETTER, alpha=0.08, linewidth=0)
        axes.axvline(revision, color=WORSE if worse else BETTER, linestyle=":", linewidth=1)
    axes.set_ylim(*_limits([value / divisor for value in numbers(_values(series))]))


def _range(change: Change) -> tuple[int, int]:
    """Return the first revision that may have made a change, and that of its first point at the new level."""
    return change.revision - change.candidates + 1, change.revision


def _limits(values: Sequence[float]) -> tuple[float, float]:
    """Return the range of the axis: all points, and so their levels; intervals may reach beyond it."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    middle = low / 2 + high / 2
    reach = 0.54 * max(high - low, FLOOR * abs(middle)) or 1.0
    return middle - reach, middle + reach


def _label(axes: "Axes", series: Sequence[Series], commits: Sequence[Commit]) -> None:
    """Name the axes, put dates below, and a legend where there is more than one series."""
    unit = _unit(series)
    axes.set_ylabel(label(units.scale(unit, max(numbers(_values(series)), default=0.0))[1], 40) or "value")
    axes.set_title(label(series[0].key.case.benchmark, 90), loc="left")
    axes.margins(x=0.01)
    axes.locator_params(axis="x", nbins=6, integer=True)
    _date(axes, commits)
    axes.grid(axis="y", alpha=0.2)
    if len(series) > 1:
        axes.legend(fontsize=8, frameon=False, loc="upper left")


def _date(axes: "Axes", commits: Sequence[Commit]) -> None:
    """Write the date, or the sha where that would repeat it, at some of the commits in view."""
    first, last = axes.get_xlim()
    found = [int(at) for at in axes.get_xticks() if first <= at <= last and 0 <= at < len(commits)]
    some = [commits[at] for at in found]
    axes.set_xticks(found, places([iso(one.time_ms)[:10] for one in some], [label(one.short) for one in some]))


def _unit(series: Sequence[Series]) -> str:
    return series[0].metric.unit


def _values(series: Sequence[Series]) -> list[float]:
    return [value for one in series for value in one.values]


def _name(series: Series) -> str:
    """Return what tells a series from the others; a leading "_" would hide it."""
    key = series.key
    return label(f"{', '.join(key.case.params)} {key.machine} {key.environment}".strip(), 60).lstrip("_")
