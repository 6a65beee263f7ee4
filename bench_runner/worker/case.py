"""Measures one case in the process it is called in, as asv_runner's own run does."""

from __future__ import annotations

import math
import numbers
import pickle
import re
from pathlib import Path
from typing import Any, List, Sequence

from . import engine, meter
from .messages import Ended, MakeCache, RunCase, replace

CACHE = "cache.pickle"  # asv's name: suites may look for it
_ADDRESS = re.compile("0x[0-9a-fA-F]+")


def run(benchmark: Any, request: RunCase, bare_rss: float) -> Ended:
    """Set up, measure and tear down; what a benchmark raises is the caller's.

    `bare_rss` is the most memory that this process held before the suite was loaded.
    """
    if benchmark.params or request.params:
        benchmark.set_param_idx(place(benchmark.params, request.params, request.index))
    benchmark.set_cache(_cache(benchmark, request.cwd))
    skipped = benchmark.do_setup()
    try:
        if skipped:
            return Ended("skipped", "skipped by the suite")
        setup_rss = meter.peak_rss()
        ended = _measured(benchmark, request)
        return replace(ended, bare_rss=bare_rss, setup_rss=setup_rss) if benchmark.type == "peakmemory" else ended
    except engine.Unavailable as reason:
        return Ended("skipped", str(reason))
    except engine.SkipNotImplemented as reason:
        return Ended("skipped", "skipped by the suite: " + str(reason)[:300])
    finally:
        benchmark.do_teardown()


def make_cache(benchmark: Any, request: MakeCache) -> Ended:
    """Run setup_cache and leave what it returns in the folder it began in."""
    cache = benchmark.do_setup_cache()
    with Path(request.cwd, CACHE).open("wb") as file:
        pickle.dump(cache, file)
    return Ended("ok")


def place(params: Sequence[List[str]], wanted: Sequence[str], index: int) -> int:
    """Return the number of the combination whose reprs are `wanted`; ValueError when there is none.

    Parameters may depend on the commit, so reprs decide; one that differs from process to process (the order in a set,
    an address) is known again at its old place, `index`.
    """
    if len(params) != len(wanted):
        raise ValueError("it takes %d parameters here, not %d" % (len(params), len(wanted)))
    rest = index
    old: List[int] = []
    for values in reversed(params):
        rest, position = divmod(rest, len(values) or 1)
        old.insert(0, position)
    number = 0
    for which, values in enumerate(params):
        number = number * len(values) + _position(values, wanted[which], old[which])
    return number


def _position(values: List[str], text: str, old: int) -> int:
    """Return where a repr stands among those of one parameter."""
    if text in values:
        return values.index(text)
    if values and _shape(values[old]) == _shape(text):
        return old
    raise ValueError("it has no parameter %s here" % text[:300])


def _shape(text: str) -> List[str]:
    """Return what stays of a repr when addresses and the order of its parts are taken away."""
    return sorted(_ADDRESS.sub("0x", text))


def _cache(benchmark: Any, folder: str) -> Any:
    """Return what setup_cache has left in a folder, None without one."""
    if benchmark.setup_cache_key is None:
        return None
    with Path(folder, CACHE).open("rb") as file:
        return pickle.load(file)  # noqa: S301 - written by this suite a moment ago


def _measured(benchmark: Any, request: RunCase) -> Ended:
    """Return the values of one case and their costs."""
    engine.configure(benchmark, request.settings, force=request.force)
    counted = meter.Meter()
    result = counted.run(benchmark)
    peak_rss = meter.peak_rss()
    if isinstance(result, dict) and "samples" in result:
        return _costed([float(one) for one in result["samples"]], int(result["number"]), counted, peak_rss)
    value = _number(result)
    if math.isnan(value):
        return Ended("skipped", "returned NaN")
    return _costed([value], 1, counted, peak_rss)


def _number(result: Any) -> float:
    """Return what a benchmark returned as a number."""
    imaginary = isinstance(result, numbers.Complex) and not isinstance(result, numbers.Real)  # numpy drops a part
    if isinstance(result, (str, bytes)) or imaginary or not hasattr(result, "__float__"):
        raise TypeError("the benchmark returned %s, not a number" % type(result).__name__)
    value = float(result)
    if math.isinf(value):
        raise ValueError("the benchmark returned %s, which no chart can show" % value)
    return value


def _costed(values: List[float], number: int, counted: meter.Meter, peak_rss: float) -> Ended:
    """Return values with their costs per call, and what befell the process over all calls."""
    total, calls = counted.spent(len(values))
    return Ended(
        "ok",
        values=values,
        number=number,
        cpu_s=total.cpu_s / calls,
        child_cpu_s=total.child_cpu_s / calls,
        wall_s=total.wall_s / calls,
        peak_rss=peak_rss,
        batch_s=counted.batch_s(len(values)),
        involuntary=total.involuntary,
        voluntary=total.voluntary,
        minor=total.minor,
        major=total.major,
    )
