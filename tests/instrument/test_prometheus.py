"""The official clients read back exactly what was measured, whatever its names."""

from collections.abc import Callable, Iterable
from itertools import accumulate

import pytest
from hypothesis import given, settings
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain
from readings import HOSTILE, READINGS, RESOURCES, failure, histogram, reading

from bench_runner.instrument import cuts
from bench_runner.instrument.counting import Count
from bench_runner.instrument.prometheus import text
from bench_runner.instrument.reading import Reading

Sample = tuple[str, tuple[tuple[str, str], ...]]


def parsed(families: Iterable[Metric]) -> dict[Sample, float]:
    found: dict[Sample, float] = {}
    for family in families:
        for one in family.samples:
            key = one.name, tuple(sorted(one.labels.items()))
            assert key not in found
            found[key] = float(one.value)  # all that Prometheus keeps; one of the parsers hands on more
    return found


def key(sample: str, /, **labels: str) -> Sample:
    return sample, tuple(sorted({**labels, "pid": "4711"}.items()))


def wanted(one: Reading) -> dict[Sample, float]:
    """Say the same in the words of the parsers."""
    found: dict[Sample, float] = {}
    for given_name, made in one.histograms.items():
        name = cuts.well_formed(given_name)
        for end, upto in zip([*cuts.ENDS_S, None], accumulate(cuts.counts(made)), strict=True):
            found[key("instrument_duration_seconds_bucket", name=name, le=repr(end) if end else "+Inf")] = upto
        found[key("instrument_duration_seconds_count", name=name)] = made.count
        found[key("instrument_duration_seconds_sum", name=name)] = made.sum_ns / 10**9
    for name, count in one.counters.items():
        labels = {"name": cuts.well_formed(name), "unit": cuts.well_formed(count.unit)}
        found[key("instrument_count_total", **labels)] = float(count.value)
    for name, failed in one.failures.items():
        found[key("instrument_failures_total", name=cuts.well_formed(name))] = failed.count
    return found | {
        key("instrument_cpu_seconds_total"): 1.25,
        key("instrument_minor_faults_total"): float(2**40),
        key("instrument_rss_bytes"): float(10**12 + 1),
        key("instrument_load1"): 0.07,
    }


@pytest.mark.slow
@settings(max_examples=50)
@given(READINGS)
def test_the_plain_format_comes_back(one: Reading) -> None:
    assert parsed(read_plain(text(one))) == wanted(one)


@pytest.mark.slow
@settings(max_examples=50)
@given(READINGS)
def test_openmetrics_comes_back(one: Reading) -> None:
    assert parsed(read_openmetrics(text(one, openmetrics=True))) == wanted(one)


@pytest.mark.parametrize("read", [read_plain, read_openmetrics])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_label(name: str, read: Callable[[str], Iterable[Metric]]) -> None:
    one = reading(
        histograms={name: histogram([10**9])}, counters={name: Count(name, 5)}, failures={name: failure(1, name)}
    )
    assert parsed(read(text(one, openmetrics=read is not read_plain))) == wanted(one)


def test_families_say_what_they_are() -> None:
    one = reading(histograms={"a": histogram([5])}, counters={"a": Count("By", 5)}, failures={"a": failure(1)})
    for families in (read_plain(text(one)), read_openmetrics(text(one, openmetrics=True))):
        kinds = {family.name: family.type for family in families}
        assert kinds == {
            "instrument_duration_seconds": "histogram",
            "instrument_count": "counter",
            "instrument_failures": "counter",
            "instrument_cpu_seconds": "counter",
            "instrument_minor_faults": "counter",
            "instrument_rss_bytes": "gauge",
            "instrument_load1": "gauge",
        }
    units = {family.name: family.unit for family in read_openmetrics(text(one, openmetrics=True)) if family.unit}
    assert set(units.values()) == {"seconds", "bytes"}


def test_nothing_measured_is_a_whole_scrape() -> None:
    empty = reading(resources=RESOURCES)
    assert len(parsed(read_plain(text(empty)))) == 4
    assert text(empty, openmetrics=True).endswith("\n# EOF\n")
    assert text(empty).endswith("\n")
