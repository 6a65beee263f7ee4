"""Benchmarks as asv lists them in benchmarks.json, to Benchmark and back."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.metric import Better, Metric
from bench_runner.store.fields import Json, array, number, text, unicode, whole, wrong

API_VERSION = 2
_NAMES = {
    "peakmemory": "peak memory",
    "bytecode": "bytecodes",
    "alloc": "allocations",
    "allocpeak": "peak of allocations",
    "memsize": "size",
    "instr": "instructions",
}
_COMMON = {"name", "version", "type", "unit", "code", "params", "param_names"}
_FIELDS = _COMMON | {"timeout", "setup_cache_key", "better", "exact"}


def check_version(path: Path, data: Json) -> None:
    """Refuse a benchmarks.json of another format than ours; StoreError names it."""
    version = data.get("version")
    if type(version) is int and version > 0 and version != API_VERSION:
        what = "update bench-history" if version > API_VERSION else "run `asv update`"
        raise StoreError(f"{path}: has format {version}, this program reads {API_VERSION}: {what}")


def read_entries(data: Json) -> Iterator[tuple[str, Benchmark | StoreError]]:
    """Yield the benchmarks of a benchmarks.json by name, or what is wrong with one; StoreError for all of it."""
    if whole(data, "version") != API_VERSION:
        raise wrong("version", str(API_VERSION), data.get("version"))
    for name, entry in data.items():
        if name != "version":
            try:
                yield name, read_entry(name, entry)
            except StoreError as error:
                yield name, StoreError(f"benchmark {name[:80]!r}: {error}")


def write_entry(benchmark: Benchmark) -> dict[str, Any]:
    """Return asv's entry; what asv has no word for (better, exact) only where it is unusual."""
    entry: dict[str, Any] = {key: value for key, value in benchmark.attributes.items() if _strict(value)}
    entry |= {
        "name": benchmark.name,
        "version": benchmark.version,
        "type": benchmark.kind,
        "unit": benchmark.metric.unit,
        "code": benchmark.code,
        "params": [list(values) for values in benchmark.params],
        "param_names": list(benchmark.param_names),
    }
    if benchmark.timeout is not None and math.isfinite(benchmark.timeout):
        entry["timeout"] = benchmark.timeout
    if benchmark.setup_cache_key is not None:
        entry["setup_cache_key"] = benchmark.setup_cache_key
    if benchmark.metric.better != "lower":
        entry["better"] = benchmark.metric.better
    if benchmark.metric.exact:
        entry["exact"] = True
    return entry


def _strict(value: object) -> bool:
    """Whether strict JSON has a word for a value."""
    return not isinstance(value, float) or math.isfinite(value)


def read_entry(name: str, entry: Any) -> Benchmark:
    """Return the benchmark of an entry, or StoreError."""
    if not isinstance(entry, Mapping):
        raise wrong(name[:80], "an object", entry)
    timeout = number(entry.get("timeout"), "timeout")
    return Benchmark(
        name=unicode(name, "name"),
        version=text(entry, "version"),
        kind=text(entry, "type", "time"),
        metric=read_metric(entry),
        code=text(entry, "code"),
        params=tuple(_strings(values, "params") for values in array(entry.get("params"), "params")),
        param_names=_strings(entry.get("param_names"), "param_names"),
        timeout=None if math.isnan(timeout) else timeout,
        setup_cache_key=text(entry, "setup_cache_key") or None,
        attributes={key: value for key, value in entry.items() if key not in _FIELDS},
    )


def _strings(values: object, what: str) -> tuple[str, ...]:
    """Return a list of strings."""
    return tuple(unicode(one, what) for one in array(values, what))


def read_metric(entry: Json) -> Metric:
    """Return what the numbers of an entry mean."""
    kind, better = text(entry, "type", "time"), entry.get("better")
    return Metric(
        name=_NAMES.get(kind, kind),
        unit=text(entry, "unit", "seconds" if kind == "time" else "unit"),
        better=cast("Better", better) if better in get_args(Better) else "lower",
        exact=entry.get("exact") is True,
    )
