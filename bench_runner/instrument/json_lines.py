"""A reading as lines of strict JSON, one for each thing that is known, with all buckets."""

import json
from collections.abc import Iterator

from bench_runner.instrument.reading import Reading


def text(reading: Reading) -> str:
    """Return the lines, ASCII whatever the names hold."""
    when = {"time_s": reading.at_s, "began_s": reading.began_s, "pid": reading.pid}
    return "".join(json.dumps({**when, **one}, allow_nan=False) + "\n" for one in _things(reading))


def _things(reading: Reading) -> Iterator[dict[str, object]]:
    for name, histogram in reading.histograms.items():
        yield {"kind": "histogram", "name": name, **histogram.to_dict()}
    for name, count in reading.counters.items():
        yield {"kind": "counter", "name": name, "unit": count.unit, "value": count.value}
    for name, failure in reading.failures.items():
        yield {"kind": "failure", "name": name, "count": failure.count, "message": failure.message}
    yield {"kind": "resources", **reading.resources.to_dict()}
