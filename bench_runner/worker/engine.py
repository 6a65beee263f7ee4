"""Everything the worker takes from asv_runner, inner names included, so that a new version is checked in one place."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from json import dumps  # by name: a suite may patch the module
from pathlib import Path
from typing import Any, Dict, Iterator, List

from asv_runner._aux import set_cpu_affinity_from_params, update_sys_path
from asv_runner.benchmarks import benchmark_types
from asv_runner.benchmarks._base import Benchmark, _get_first_attr
from asv_runner.benchmarks.mark import SkipNotImplemented
from asv_runner.discovery import disc_benchmarks, get_benchmark_from_name

__all__ = ["Benchmark", "SkipNotImplemented", "benchmark_types"]

# The attributes by which a suite steers how it is sampled.
STEERING = ("rounds", "processes", "repeat", "number", "warmup_time", "sample_time", "min_run_count", "timer")
_PLAIN = (str, int, float, list, dict, bool)  # what asv writes to benchmarks.json
_OURS = (("better", "higher"), ("exact", True))  # words of the metric that asv has not
_ALONE = ("PeakMemBenchmark", "TimerawBenchmark")  # not to be forked: memory is inherited, processes are measured
_JITS = ("__pypy__", "__graalpython__")


class Unavailable(SkipNotImplemented):  # type: ignore[misc] # the engine is not typed
    """This Python, or this machine, cannot measure a kind: the reason."""


def open_suite(root: str) -> None:
    """Make the suite's folder importable as a package by its own name; the folder around it stays off the path."""
    update_sys_path(root)


def pin(cpus: List[int]) -> None:
    """Bind this process to CPUs, numbered from 0; none leaves it free."""
    if cpus:
        set_cpu_affinity_from_params({"cpu_affinity": cpus})


def load(root: str) -> Dict[str, str]:
    """Import every module of the suite; return those that failed -> traceback."""
    failures: Dict[str, str] = {}
    waiting = [Path(root).name]
    while waiting:
        name = waiting.pop(0)
        try:
            module = importlib.import_module(name)
        except BaseException:  # noqa: BLE001 - a module may well call sys.exit
            failures[name] = traceback.format_exc()
        else:
            # None would make iter_modules list everything there is
            inside = getattr(module, "__path__", None) or []
            waiting += [found.name for found in pkgutil.iter_modules(inside, name + ".")]
    return failures


def benchmarks(root: str, failures: Dict[str, str]) -> Iterator[Any]:
    """Yield the benchmarks of a loaded suite, in asv's order; modules that failed are not executed again."""
    for name in failures:
        sys.modules[name] = None  # type: ignore[assignment] # Python's own way to block an import
    try:
        yield from disc_benchmarks(root, ignore_import_errors=bool(failures))
    finally:
        for name in failures:
            sys.modules.pop(name, None)


def find(root: str, name: str) -> Any:
    """Return one benchmark, importing only its module where the name tells which; None when that does not do."""
    if "-" in name:  # asv_runner takes what follows it for the number of a case
        return None
    try:
        benchmark = get_benchmark_from_name(root, name)
    except BaseException:  # noqa: BLE001 - it may come from a module that has no part in this: load() tells them apart
        return None
    return benchmark if benchmark.name == name else None


def attributes(benchmark: Any) -> List[Any]:
    """Return where a benchmark looks for its attributes: the function, its class, its module."""
    return list(benchmark._attr_sources)  # noqa: SLF001 - engine


def own(benchmark: Any) -> Any:
    """Return the `metrics` that a benchmark names, None where it leaves them to the suite."""
    return _get_first_attr(attributes(benchmark), "metrics", None)


def timed(benchmark: Any) -> bool:
    """Return whether the time of a benchmark's own calls is taken: timeraw_* is code for another process."""
    return benchmark.type == "time" and type(benchmark).__name__ != "TimerawBenchmark"


def explicit(benchmark: Any) -> List[str]:
    """Return which steering attributes the suite has set itself, on the function, its class or its module."""
    return [name for name in STEERING if _get_first_attr(attributes(benchmark), name, None) is not None]


def describe(benchmark: Any) -> Dict[str, Any]:
    """Return what asv writes of a benchmark, with `better`, `exact`, `explicit`, `pinned`, `alone` beside it."""
    fields = {name: value for name, value in vars(benchmark).items() if _kept(name, value)}
    for name, word in _OURS:
        said = _get_first_attr(attributes(benchmark), name, None)
        fields[name] = said if isinstance(said, type(word)) and said == word else None
    pinned = bool(getattr(type(benchmark), "pinned", False))
    told = {"explicit": explicit(benchmark), "pinned": pinned}
    told["alone"] = pinned or type(benchmark).__name__ in _ALONE
    exact = bool(type(benchmark).exact) or None if pinned else fields["exact"]
    return dict(fields, exact=exact, **told)


def _kept(name: str, value: Any) -> bool:
    """Return whether asv would write this attribute, and could."""
    if name.startswith("_") or not isinstance(value, _PLAIN):
        return False
    try:
        dumps(value, skipkeys=True)
    except (TypeError, ValueError):
        return False
    return True


def configure(benchmark: Any, settings: Dict[str, Any], *, force: bool) -> None:
    """Give a timing benchmark attributes before all others; without `force` only those the suite has left alone.

    To be called after setup, which may set attributes too.
    """
    if not hasattr(benchmark, "_load_vars"):
        return
    kept = set() if force else set(explicit(benchmark))
    if not force and any(name in sys.modules for name in _JITS):
        kept.add("warmup_time")  # a compiler needs its full warm-up in each process
    ours = {name: value for name, value in settings.items() if name not in kept}
    benchmark._attr_sources.insert(0, type("Settings", (), ours))  # noqa: SLF001 - engine
    benchmark._load_vars()  # noqa: SLF001 - engine


def has_memory() -> bool:
    """Return whether mem_* benchmarks are known here; asv_runner leaves the kind out when pympler is missing."""
    return any(kind.__name__ == "MemBenchmark" for kind in benchmark_types)
