"""Writes histories as scripts of delta-coded integers, which a page opened from disk may load.

A chunk holds CHUNK measured commits, so that a new commit touches the last one only. Every script calls one function of
the site's registry with strict JSON; revisions, not positions, join them, so old and new files never disagree.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.material import Material
from bench_runner.publish.text import digest, label, script_json
from bench_runner.publish.views import Script

CHUNK = 1024  # measured commits in one script
SHELF = 8  # series in one script: the machines and environments of a few cases
RESOLUTION = 1e-4  # of the median: below any noise, four digits in the file
_SMALLEST = 1e-5  # of the median: smaller values do not raise the resolution further
_LARGEST = 2.0**50  # integers that a browser holds exactly

Numbers = npt.NDArray[np.float64]


def series_id(key: SeriesKey) -> str:
    """Return the name of a series in scripts and links: ten hex digits."""
    return digest(repr((key.case.benchmark, key.case.params, key.environment, key.machine)), 10)


def commit_scripts(material: Material) -> list[Script]:
    """Return the measured commits: revision, time in s and length of sha as deltas, sha of 12 digits, subject."""
    scripts = []
    for number, revisions in enumerate(_chunks(material.measured)):
        commits = [material.commits[revision] for revision in revisions]
        content = {
            "r": deltas(revisions),
            "t": deltas([commit.time_ms // 1000 for commit in commits]),
            "s": [commit.sha[:12] for commit in commits],
            "m": [label(commit.subject, 72) for commit in commits],
        }
        scripts.append(Script(f"data/commits/{number}.js", f"bench.commits({script_json(content)});\n"))
    return scripts


def series_scripts(name: str, series: Sequence[Series], measured: Sequence[int]) -> list[list[Script]]:
    """Return, for each shelf of SHELF series, its scripts in time order; `name` is the page's slug."""
    edges = [chunk[0] for chunk in _chunks(measured)]
    return [
        list(_shelf_scripts(f"data/s/{name}.{number}", series[first : first + SHELF], edges))
        for number, first in enumerate(range(0, len(series), SHELF))
    ]


def _shelf_scripts(stem: str, series: Sequence[Series], edges: Sequence[int]) -> Iterator[Script]:
    """Yield a shelf's script for each chunk in which it has a point."""
    cuts = [[*np.searchsorted(np.asarray(one.revisions), edges).tolist(), len(one.revisions)] for one in series]
    for number in range(len(edges)):
        parts = [
            encode(one, slice(cut[number], cut[number + 1]))
            for one, cut in zip(series, cuts, strict=True)
            if cut[number] < cut[number + 1]
        ]
        if parts:
            yield Script(f"{stem}.{number}.js", f"bench.points({script_json(parts)});\n")


def encode(series: Series, part: slice) -> dict[str, object]:
    """Return points as {id, k: unit, r: revisions, v: values, l and h: distance of the interval's ends, in units}.

    Without l and h all intervals have no width; None is one that is not known.
    """
    values = np.asarray(series.values[part], dtype=np.float64)
    unit = resolution(np.asarray(series.values, dtype=np.float64))
    coded: dict[str, object] = {
        "id": series_id(series.key),
        "k": unit,
        "r": deltas(series.revisions[part]),
        "v": _gapped_deltas(values, unit),
    }
    low, high = (np.asarray(some[part], dtype=np.float64) for some in (series.low, series.high))
    below, above = _distances(values, low, high, unit)
    return {**coded, "l": below, "h": above} if any(one != 0 for one in (*below, *above)) else coded


def resolution(values: Numbers) -> float:
    """Return the unit that values are counted in: 1 for whole numbers, else 1, 2 or 5 times a power of ten.

    A unit that moved with each new point would rewrite every number of a series each night.
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not sizes.size or bool(np.all(sizes == np.rint(sizes)) and sizes.max() < _LARGEST):
        return 1.0
    wanted = RESOLUTION * max(float(sizes.min()), _SMALLEST * float(np.median(sizes)))
    return _round_down(max(wanted, float(sizes.max()) / _LARGEST, 1e-300))


def _round_down(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `value`."""
    power = math.floor(math.log10(value))
    digit = max(digit for digit in (1, 2, 5) if digit == 1 or float(f"{digit}e{power}") <= value)
    return float(f"{digit}e{power}")


def _gapped_deltas(values: Numbers, unit: float) -> list[int | None]:
    """Return deltas of the numbers in units; None where there is no number."""
    there = np.isfinite(values)
    coded: list[int | None] = [None] * len(values)
    steps = deltas(np.rint(values[there] / unit).astype(np.int64))
    for index, delta in zip(np.flatnonzero(there).tolist(), steps, strict=True):
        coded[index] = delta
    return coded


def _distances(values: Numbers, low: Numbers, high: Numbers, unit: float) -> list[list[int | None]]:
    """Return how far below and above the ends lie, in units; None where unknown or beyond what a browser counts."""
    with np.errstate(over="ignore", invalid="ignore"):
        both = np.rint(np.asarray([values - low, high - values]) / unit)
    both[:, ~np.isfinite(values)] = 0  # no number, and so no interval to lack
    known = np.all(np.isfinite(both) & (np.abs(both) <= _LARGEST), axis=0)
    return [[int(one) if there else None for one, there in zip(some, known, strict=True)] for some in both]


def deltas(numbers: Sequence[int] | npt.NDArray[np.int64]) -> list[int]:
    """Return the first number and then differences."""
    steps: list[int] = np.diff(np.asarray(numbers, dtype=np.int64), prepend=0).tolist()
    return steps


def _chunks(revisions: Sequence[int]) -> list[Sequence[int]]:
    """Return runs of CHUNK measured revisions."""
    return [revisions[first : first + CHUNK] for first in range(0, len(revisions), CHUNK)]
