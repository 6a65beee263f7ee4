"""Tables of points (pandas): put in the order of series and commits, and cut into series."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bench_runner.history.renaming import AGE, NAMED
from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit
from bench_runner.store.columns import Columns

if TYPE_CHECKING:
    import pandas as pd

FAILED = ("failed", "timeout", "crashed")
_KEY = ["benchmark", "params", "environment", "machine"]
_COLUMNS = [
    "machine",
    "environment",
    "benchmark",
    "params",
    "case",
    "sha",
    "revision",
    "commit_time_ms",
    "version",
    "protocol",
    "outcome",
    "value",
    "low",
    "high",
    "n",
    "started_ms",
    "segment",
]


@dataclass(frozen=True, slots=True)
class Part:
    """The points of one series, oldest first, and the first index of each of its segments."""

    benchmark: str
    params: tuple[str, ...]
    environment: str
    machine: str
    revisions: list[int]
    values: list[float]
    low: list[float]
    high: list[float]
    doubts: list[str]
    segments: tuple[int, ...]


def frame(found: Columns, revisions: Mapping[str, int]) -> "pd.DataFrame":
    """Return the points of commits that have a revision, ordered by case, environment, machine and revision.

    To the columns of the store it adds "revision", "environment", "machine", "series" and "segment" (ordinals).
    """
    import numpy as np
    import pandas as pd

    points = found.table.to_pandas()
    runs = points.pop("run").to_numpy()
    place = np.array([revisions.get(one.sha, -1) for one in found.entries], np.int64)
    points["revision"] = place[runs] if len(runs) else np.empty(0, np.int64)
    for name in ("environment", "machine"):
        known = pd.Categorical([getattr(one, name) for one in found.entries])
        points[name] = pd.Categorical.from_codes(known.codes[runs], categories=known.categories)
    points = _ordered(points[points["revision"] >= 0])
    points["series"] = points.groupby(_KEY, observed=True, sort=False).ngroup()
    points["segment"] = _segments(points)
    return points


def _ordered(points: "pd.DataFrame") -> "pd.DataFrame":
    """Return points sorted, with one point per series and commit: the last that was measured.

    Of a benchmark that was renamed it is the last under the newest name that the commit knows. Cases stand in the order
    of their benchmark's parameters, by their last place there where that was edited.
    """
    import pandas as pd

    for name in ("benchmark", "params"):
        points = points.assign(**{name: pd.Categorical(points[name], sorted(points[name].cat.categories))})
    in_time = points.sort_values("revision", kind="stable")
    last = in_time.groupby(["benchmark", "params"], observed=True)["position"].transform("last")
    order = ["benchmark", "position", *_KEY[1:], "revision", *([AGE] if AGE in points else []), "started_ms"]
    upward = [name != AGE for name in order]
    points = points.assign(position=last).sort_values(order, ascending=upward, kind="stable", ignore_index=True)
    return points.drop_duplicates([*_KEY, "revision"], keep="last", ignore_index=True)


def _segments(points: "pd.DataFrame") -> Any:
    """Return for each point how many times version or protocol changed before it in its series.

    Where a benchmark was renamed its version changes with the name, and nothing else says so: a name's versions are
    compared with those of the same name alone.
    """
    import numpy as np

    series = points["series"].to_numpy()
    first = np.diff(series, prepend=-1) != 0
    changed = _changed(points, "protocol") & ~first
    if NAMED in points:
        names = points[["series", NAMED, "version"]].sort_values(["series", NAMED], kind="stable")
        again = ~names.duplicated(["series", NAMED]).to_numpy()
        changed[names.index[_changed(names, "version") & ~again]] = True
    else:
        changed |= _changed(points, "version") & ~first
    total = np.cumsum(changed)
    return total - total[np.flatnonzero(first)][series]


def _changed(points: "pd.DataFrame", name: str) -> Any:
    """Return for each row whether a column has another word there than in the row before."""
    import numpy as np

    return np.diff(points[name].cat.codes.to_numpy().astype(np.int64), prepend=-1) != 0


def parts(points: "pd.DataFrame") -> Iterator[Part]:
    """Yield the series of an ordered frame."""
    import numpy as np

    series = points["series"].to_numpy()
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    revisions, segments = points["revision"].to_numpy(), points["segment"].to_numpy()
    centre, low, high = (points[name].to_numpy() for name in ("centre", "low", "high"))
    doubts = points["doubts"].to_numpy()
    heads = points.iloc[starts][_KEY].itertuples(index=False, name=None)
    ends = [*starts[1:], len(series)] if len(starts) else []
    for (benchmark, params, environment, machine), start, end in zip(heads, starts, ends, strict=True):
        part = slice(start, end)
        breaks = np.flatnonzero(np.diff(segments[part], prepend=-1))
        yield Part(
            benchmark,
            _params(params),
            environment,
            machine,
            revisions=revisions[part].tolist(),
            values=centre[part].tolist(),
            low=low[part].tolist(),
            high=high[part].tolist(),
            doubts=doubts[part].tolist(),
            segments=tuple(breaks.tolist()),
        )


def counts(found: Columns) -> dict[int, tuple[int, int, int]]:
    """Return for the index of each run with points: when the last case began (ms), numbers, failures."""
    points = found.table.select(["run", "outcome", "started_ms"]).to_pandas()
    points["ok"] = points["outcome"] == "ok"
    points["bad"] = points["outcome"].isin(FAILED)
    by_run = points.groupby("run").agg(started=("started_ms", "max"), ok=("ok", "sum"), bad=("bad", "sum"))
    return {int(run): (int(started), int(ok), int(bad)) for run, started, ok, bad in by_run.itertuples(name=None)}


def numbers(found: Columns, runs: Collection[int]) -> Iterator[tuple[int, Case, float, float, float]]:
    """Yield (index of the run, case, value, low, high) of the numbers in some runs, in the order of cases."""
    names = ["run", "benchmark", "params", "position", "centre", "low", "high"]
    points = found.table.select([*names, "outcome"]).to_pandas()
    points = points[points["run"].isin(list(runs)) & (points["outcome"] == "ok")]
    points["benchmark"] = points["benchmark"].astype(str)
    ordered = points.sort_values(["benchmark", "position"], kind="stable")[names]
    for run, benchmark, params, _, *values in ordered.itertuples(index=False, name=None):
        yield run, Case(benchmark, _params(params)), *values


def failures(points: "pd.DataFrame") -> Iterator[tuple[Any, ...]]:
    """Yield (revision, environment, machine, outcome, case, detail, output) of cases that failed."""
    bad = points[points["outcome"].isin(FAILED)]
    names = ["revision", "environment", "machine", "outcome", "benchmark", "params", "detail", "output"]
    for revision, environment, machine, outcome, benchmark, params, *words in bad[names].itertuples(
        index=False, name=None
    ):
        yield revision, environment, machine, outcome, Case(benchmark, _params(params)), *words


def table(points: "pd.DataFrame", commits: Sequence[Commit]) -> "pd.DataFrame":
    """Return points for people: words for what is coded, sha and time of the commit."""
    import numpy as np
    import pandas as pd

    revisions = points["revision"].to_numpy()
    found = points.rename(columns={"centre": "value"})
    found["sha"] = np.array([one.sha for one in commits], object)[revisions]
    found["commit_time_ms"] = np.array([one.time_ms for one in commits], np.int64)[revisions]
    heads = found.drop_duplicates("series")[["benchmark", "params"]].itertuples(index=False, name=None)
    ids = [Case(benchmark, _params(params)).id for benchmark, params in heads]
    found["case"] = pd.Series(np.array(ids, object)[found["series"].to_numpy()], found.index)
    return found[_COLUMNS]


@cache
def _params(written: str) -> tuple[str, ...]:
    """Return parameters from their JSON list."""
    return tuple(json.loads(written))
