"""Each line is strict JSON, and brings back what was measured."""

import json

from hypothesis import given, settings
from readings import READINGS, RESOURCES

from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.json_lines import text
from bench_runner.instrument.reading import Reading


def never(name: str) -> None:
    raise AssertionError(name)


@settings(max_examples=50)
@given(READINGS)
def test_all_comes_back(one: Reading) -> None:
    told = text(one)
    assert told.isascii()
    rows = [json.loads(line, parse_constant=never) for line in told.split("\n")[:-1]]
    assert all((row["pid"], row["time_s"], row["began_s"]) == (4711, 1790000060.25, 1790000000.5) for row in rows)
    kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in ("histogram", "counter", "failure")}
    assert {row["name"]: Histogram.from_dict(row) for row in kinds["histogram"]} == one.histograms
    assert {row["name"]: (row["unit"], row["value"]) for row in kinds["counter"]} == one.counters
    assert {row["name"]: (row["count"], row["message"]) for row in kinds["failure"]} == {
        name: (failed.count, failed.message) for name, failed in one.failures.items()
    }
    assert rows[-1].items() >= {"kind": "resources", **RESOURCES.to_dict()}.items()
