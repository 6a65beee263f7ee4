"""A reading in the text formats that Prometheus scrapes: 0.0.4, and OpenMetrics 1.0.

Names of functions and counters are labels, of one metric family for all: they hold what metric names cannot, and a
query finds them together. All samples carry the pid: scrapes of a service whose workers share a port reach one worker
or another, and `sum without (pid)` adds them up.
"""

from collections.abc import Iterator
from itertools import accumulate

from bench_runner.instrument import cuts
from bench_runner.instrument.nouns import noun
from bench_runner.instrument.reading import Reading
from bench_runner.instrument.resources import LEVELS, SUMS

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Iterable

    Sample = tuple[str, dict[str, str], object]  # end of the name, labels, value

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_UNITS = {"s": "seconds", "By": "bytes", "1": ""}


@noun
class _Family:
    """A metric with its samples."""

    name: str
    kind: str
    unit: str
    help: str
    samples: "Iterable[Sample]"


def text(reading: Reading, *, openmetrics: bool = False) -> str:
    """Return what a scrape gets; it holds no lone surrogates."""
    written = [line for family in _families(reading) for line in _lines(family, reading.pid, openmetrics=openmetrics)]
    return "\n".join([*written, *(["# EOF"] if openmetrics else []), ""])


def _families(reading: Reading) -> Iterator[_Family]:
    yield _Family("instrument_duration_seconds", "histogram", "seconds", "Calls by their time.", _durations(reading))
    counted = [("_total", {"name": name, "unit": one.unit}, one.value) for name, one in reading.counters.items()]
    yield _Family("instrument_count", "counter", "", "What the program counts.", counted)
    failed = [("_total", {"name": name}, one.count) for name, one in reading.failures.items()]
    yield _Family("instrument_failures", "counter", "", "Failures of the instruments themselves.", failed)
    for name, value in reading.resources.to_dict().items():
        kind, unit = ("counter", SUMS[name]) if name in SUMS else ("gauge", LEVELS[name])
        samples: list[Sample] = [] if value is None else [("_total" if name in SUMS else "", {}, value)]
        full = f"instrument_{name.removesuffix('_s') + '_seconds' if unit == 's' else name}"
        yield _Family(full, kind, _UNITS[unit], f"The process's {name}.", samples)


def _durations(reading: Reading) -> "Iterator[Sample]":
    """Yield the samples of all histograms; `_sum` is exact."""
    ends = [*map(repr, cuts.ENDS_S), "+Inf"]
    for name, one in reading.histograms.items():
        reached = list(accumulate(cuts.counts(one)))
        for end, upto in zip(ends, reached, strict=True):
            yield "_bucket", {"name": name, "le": end}, upto
        yield "_count", {"name": name}, reached[-1]
        yield "_sum", {"name": name}, cuts.seconds(one.sum_ns)


def _lines(family: _Family, pid: int, *, openmetrics: bool) -> Iterator[str]:
    samples = list(family.samples)
    if not samples:
        return
    # Before OpenMetrics, a counter's family was called by its sample.
    name = f"{family.name}_total" if family.kind == "counter" and not openmetrics else family.name
    yield f"# HELP {name} {family.help}"
    yield f"# TYPE {name} {family.kind}"
    if openmetrics and family.unit:
        yield f"# UNIT {name} {family.unit}"
    for ending, labels, value in samples:
        told = ",".join(f'{key}="{_escaped(one)}"' for key, one in {**labels, "pid": str(pid)}.items())
        yield f"{family.name}{ending}{{{told}}} {value}"


def _escaped(value: str) -> str:
    """Return a label's value as it stands between quotes."""
    return cuts.well_formed(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
