"""The official protocol reads back exactly what was measured, whatever its names."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from hypothesis import given, settings
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE
from readings import HOSTILE, READINGS, failure, histogram, reading

from bench_runner.instrument import cuts
from bench_runner.instrument.counting import Count
from bench_runner.instrument.otlp import request
from bench_runner.instrument.reading import Reading


def parsed(one: Reading, **named: str) -> Any:
    body = json.dumps(request(one, **{"service": "shop", **named}), allow_nan=False)
    return Parse(body, ExportMetricsServiceRequest())


def metrics(message: Any) -> dict[str, Any]:
    [resource] = message.resource_metrics
    [scope] = resource.scope_metrics
    assert scope.scope.name == "bench_runner.instrument"
    found = {one.name: one for one in scope.metrics}
    assert len(found) == len(scope.metrics)
    return found


def attributes(thing: Any) -> dict[str, object]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in thing.attributes}


@settings(max_examples=50)
@given(READINGS)
def test_all_numbers_come_back(one: Reading) -> None:
    found = metrics(parsed(one))
    durations = found["instrument.duration"].histogram.data_points if one.histograms else []
    assert len(durations) == len(one.histograms)
    for point, (name, made) in zip(durations, one.histograms.items(), strict=True):
        assert attributes(point)["name"] == cuts.well_formed(name)
        assert list(point.bucket_counts) == cuts.counts(made)
        assert list(point.explicit_bounds) == list(cuts.ENDS_S)
        assert (point.count, point.sum) == (made.count, made.sum_ns / 10**9)
        assert (point.min, point.max) == ((made.min_ns or 0) / 10**9, (made.max_ns or 0) / 10**9)
    for metric, wanted in (
        ("count", [count.value for count in one.counters.values()]),
        ("failures", [failed.count for failed in one.failures.values()]),
    ):
        points = found[f"instrument.{metric}"].sum.data_points if wanted else []
        assert [point.as_int for point in points] == wanted
    names = [attributes(point) for point in found["instrument.count"].sum.data_points] if one.counters else []
    assert names == [
        {"name": cuts.well_formed(name), "unit": cuts.well_formed(count.unit)} for name, count in one.counters.items()
    ]


def test_resources_are_sums_and_levels() -> None:
    found = metrics(parsed(reading()))
    assert set(found) == {f"instrument.{name}" for name in ("cpu_s", "minor_faults", "rss_bytes", "load1")}
    assert found["instrument.cpu_s"].sum.is_monotonic
    assert found["instrument.cpu_s"].sum.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    assert (found["instrument.cpu_s"].unit, found["instrument.rss_bytes"].unit) == ("s", "By")
    [cpu], [rss] = found["instrument.cpu_s"].sum.data_points, found["instrument.rss_bytes"].gauge.data_points
    assert (cpu.as_double, rss.as_int) == (1.25, 10**12 + 1)
    assert found["instrument.load1"].gauge.data_points[0].as_double == 0.07


def test_time_and_place_are_told() -> None:
    message = parsed(reading(histograms={"a": histogram([5])}), version="v1", environment="prod")
    told = attributes(message.resource_metrics[0].resource)
    instance = str(told.pop("service.instance.id"))
    assert instance.endswith("-4711-1790000000")
    assert told == {
        "service.name": "shop",
        "service.version": "v1",
        "deployment.environment.name": "prod",
        "process.pid": 4711,
    }
    timed = metrics(message)["instrument.duration"].histogram
    assert timed.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    [point] = timed.data_points
    assert (point.start_time_unix_nano, point.time_unix_nano) == (1790000000500000000, 1790000060250000000)
    assert set(attributes(parsed(reading()).resource_metrics[0].resource)) == {
        "service.name",
        "service.instance.id",
        "process.pid",
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_an_attribute(name: str) -> None:
    one = reading(histograms={name: histogram([5])}, counters={name: Count(name, 5)}, failures={name: failure(1)})
    message = parsed(one, service=name, version=name, environment=name)
    assert {attributes(point)["name"] for point in metrics(message)["instrument.count"].sum.data_points} == {
        cuts.well_formed(name)
    }


def test_a_counter_beyond_64_bits_stays_at_their_end() -> None:
    [point] = metrics(parsed(reading(counters={"a": Count("1", 2**80)})))["instrument.count"].sum.data_points
    assert point.as_int == 2**63 - 1
