"""The windows of production in a result file, under our key.

    "windows": [{"start_ms", "width_s",                 the stretch, counted from 1970
                 "members": [[start_s, pid, digest]],   the windows of processes that are in it, sorted
                 "spent_ns",                            what they lasted, added up
                 "histograms": {name: Histogram.to_dict()},
                 "counters": {name: [unit, sum in 1e-9]},
                 "levels": {resource: the most of a process}, "sums": {resource: sum in 1e-9}}, ...]

They stand in the order of time. The rows of the file are computed from them and nothing else.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.instrument.histogram import Histogram
from bench_runner.model.production import JointWindow, Member
from bench_runner.store.fields import Json, array, number, table, unicode, whole, wrong

KEY = "windows"
_LATEST_MS = 2**46  # the year 4199


def write_window(window: JointWindow) -> dict[str, Any]:
    """Return a window as JSON."""
    return {
        "start_ms": window.start_ms,
        "width_s": window.width_s,
        "members": [[one.start_s, one.pid, one.digest] for one in window.members],
        "spent_ns": window.spent_ns,
        "histograms": {name: one.to_dict() for name, one in window.histograms.items()},
        "counters": {name: list(one) for name, one in window.counters.items()},
        "levels": dict(window.levels),
        "sums": dict(window.sums),
    }


def read_windows(own: Json) -> Iterator[JointWindow]:
    """Yield the windows of a file; StoreError says what is wrong with one."""
    for data in array(own.get(KEY), KEY):
        if not isinstance(data, Mapping):
            raise wrong(KEY, "a list of objects", data)
        yield _window(data)


def _window(data: Json) -> JointWindow:
    """Return one window."""
    start_ms, width_s = whole(data, "start_ms"), whole(data, "width_s")
    if not (0 <= start_ms < _LATEST_MS and width_s > 0):
        raise wrong("start_ms", "a time, and 'width_s' positive", (start_ms, width_s))
    counters, sums, levels = (table(data, name) for name in ("counters", "sums", "levels"))
    return JointWindow(
        start_ms=start_ms,
        width_s=width_s,
        members=tuple(_member(one) for one in array(data.get("members"), "members")),
        spent_ns=_natural(data.get("spent_ns"), "spent_ns"),
        histograms={name: _histogram(one, name) for name, one in table(data, "histograms").items()},
        counters={name: _counter(one, name) for name, one in counters.items()},
        levels={name: number(value, name) for name, value in levels.items()},
        sums={name: _natural(value, name) for name, value in sums.items()},
    )


def _member(row: object) -> Member:
    """Return a member from its list."""
    match row:
        case [int() | float() as start_s, int(pid), str(digest)]:
            return Member(float(start_s), pid, digest)
    raise wrong("members", "lists of start, process and digest", row)


def _histogram(data: object, name: str) -> Histogram:
    """Return a histogram."""
    if not isinstance(data, Mapping):
        raise wrong(name[:80], "a histogram", data)
    try:
        return Histogram.from_dict(data)
    except ValueError as cause:
        raise StoreError(f"{name[:80]!r}: {cause}") from cause


def _counter(data: object, name: str) -> tuple[str, int]:
    """Return unit and sum of a counter."""
    match data:
        case [str(unit), int(total)]:
            return unicode(unit, name), total
    raise wrong(name[:80], "a unit and a whole number", data)


def _natural(value: object, what: str) -> int:
    """Return a whole number of any size that is not negative."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise wrong(what[:80], "a whole number that is not negative", value)
    return value
