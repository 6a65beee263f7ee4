"""Readings made up for the tests of exports, with names that no format likes."""

from typing import Any

from hypothesis import strategies as st

from bench_runner.instrument.counting import Count
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.reading import Reading
from bench_runner.instrument.registry import Failure
from bench_runner.instrument.resources import Resources

HOSTILE = ['"', "\\", "\n", '\\n"} 1', "# EOF", '{le="1"}', "ä€😀", "\ud800", "\r\x00\x85\u2028", "", " ", "," * 500]
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=[]), max_size=6))
DURATIONS = st.integers(0, 63).flatmap(lambda octave: st.integers(2**octave - 1, 2**octave + 1))
RESOURCES = Resources(cpu_s=1.25, minor_faults=2**40, rss_bytes=10**12 + 1, load1=0.07)


def histogram(values: list[int]) -> Histogram:
    made = Histogram()
    for value in values:
        made.record(value)
    return made


def failure(count: int, message: str = "OSError: disk full") -> Failure:
    made = Failure()
    made.count, made.message = count, message
    return made


def reading(**changes: Any) -> Reading:
    plain: dict[str, Any] = {
        "pid": 4711,
        "began_s": 1790000000.5,
        "at_s": 1790000060.25,
        "tick_s": 5.0,
        "histograms": {},
        "counters": {},
        "resources": RESOURCES,
        "failures": {},
    }
    return Reading(**{**plain, **changes})


READINGS = st.builds(
    reading,
    histograms=st.dictionaries(NAMES, st.builds(histogram, st.lists(DURATIONS, min_size=1, max_size=20)), max_size=4),
    counters=st.dictionaries(NAMES, st.builds(Count, NAMES, st.integers(0, 2**63 - 1)), max_size=4),
    failures=st.dictionaries(NAMES, st.builds(failure, st.integers(1, 2**53), NAMES), max_size=4),
)
