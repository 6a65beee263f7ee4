"""A reading as the body of an OTLP/HTTP request for metrics, in JSON.

Names of functions and counters are attributes, as they are labels for Prometheus. Sums and histograms are cumulative
since the process began or forked; the histograms' bounds are those of `cuts`, min, max and sum are exact.
"""

import os

from bench_runner.instrument import cuts
from bench_runner.instrument.histogram import LARGEST_NS, Histogram
from bench_runner.instrument.reading import Reading
from bench_runner.instrument.resources import LEVELS, SUMS

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_CUMULATIVE = 2  # AGGREGATION_TEMPORALITY_CUMULATIVE
_LARGEST = LARGEST_NS  # of a signed number of 64 bits, too


def request(reading: Reading, service: str, *, version: str = "", environment: str = "") -> "dict[str, Any]":
    """Return an ExportMetricsServiceRequest; numbers of 64 bits are text in it, as OTLP's JSON has them."""
    named = {"service.name": service, "service.version": version, "deployment.environment.name": environment}
    instance = f"{os.uname().nodename if hasattr(os, 'uname') else ''}-{reading.pid}-{int(reading.began_s)}"
    told = {**{key: one for key, one in named.items() if one}, "service.instance.id": instance}
    resource = {"attributes": [*_attributes(told), {"key": "process.pid", "value": {"intValue": str(reading.pid)}}]}
    metrics = [one for one in _metrics(reading) if _points(one)]
    scope = {"scope": {"name": "bench_runner.instrument"}, "metrics": metrics}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]}


def _metrics(reading: Reading) -> "Iterator[dict[str, Any]]":
    times = {"startTimeUnixNano": _nano(reading.began_s), "timeUnixNano": _nano(reading.at_s)}
    durations = [_duration(name, one) | times for name, one in reading.histograms.items()]
    timed = {"aggregationTemporality": _CUMULATIVE, "dataPoints": durations}
    yield {"name": "instrument.duration", "unit": "s", "histogram": timed}
    counted = [_number(one.value, name=name, unit=one.unit) | times for name, one in reading.counters.items()]
    yield {"name": "instrument.count", "unit": "1", "sum": _rising(counted)}
    failed = [_number(one.count, name=name) | times for name, one in reading.failures.items()]
    yield {"name": "instrument.failures", "unit": "1", "sum": _rising(failed)}
    for name, value in reading.resources.to_dict().items():
        points = [] if value is None else [_number(value) | times]
        kind = {"sum": _rising(points)} if name in SUMS else {"gauge": {"dataPoints": points}}
        yield {"name": f"instrument.{name}", "unit": SUMS.get(name) or LEVELS[name], **kind}


def _points(metric: "dict[str, Any]") -> object:
    """Return the data points of a metric, of whatever kind."""
    return next(kind["dataPoints"] for kind in metric.values() if isinstance(kind, dict))


def _rising(points: "list[dict[str, Any]]") -> "dict[str, Any]":
    return {"aggregationTemporality": _CUMULATIVE, "isMonotonic": True, "dataPoints": points}


def _duration(name: str, one: Histogram) -> "dict[str, Any]":
    found = cuts.counts(one)
    return {
        "attributes": _attributes({"name": name}),
        "count": str(sum(found)),
        "sum": one.sum_ns / 10**9,
        "min": (one.min_ns or 0) / 10**9,
        "max": (one.max_ns or 0) / 10**9,
        "bucketCounts": [str(n) for n in found],
        "explicitBounds": list(cuts.ENDS_S),
    }


def _number(value: float, **attributes: str) -> "dict[str, Any]":
    kind = {"asInt": str(min(value, _LARGEST))} if isinstance(value, int) else {"asDouble": value}
    return {"attributes": _attributes(attributes), **kind}


def _attributes(named: "dict[str, str]") -> "Iterable[dict[str, Any]]":
    return [{"key": key, "value": {"stringValue": cuts.well_formed(one)}} for key, one in named.items()]


def _nano(at_s: float) -> str:
    return str(round(at_s * 10**6) * 1000)  # a float of our time holds no more
