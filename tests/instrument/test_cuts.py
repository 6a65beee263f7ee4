"""The buckets for other systems hold exactly what the ends promise."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st
from readings import DURATIONS, histogram

from bench_runner.instrument import cuts
from bench_runner.instrument.histogram import LARGEST_NS


@given(st.lists(DURATIONS, max_size=50))
def test_each_value_is_in_the_bucket_of_its_end(values: list[int]) -> None:
    wanted = [0] * (len(cuts.ENDS_NS) + 1)
    for value in values:
        wanted[bisect_left(cuts.ENDS_NS, min(value, LARGEST_NS))] += 1
    assert cuts.counts(histogram(values)) == wanted


@given(st.integers(0, 2**63))
def test_seconds_are_exact(ns: int) -> None:
    assert float(cuts.seconds(ns)) == ns / 10**9
    assert int(cuts.seconds(ns).replace(".", "")) == ns


def test_only_lone_surrogates_are_spelt_out() -> None:
    assert cuts.well_formed('a"\\\n€😀\x00') == 'a"\\\n€😀\x00'
    assert cuts.well_formed("a\udc80b") == "a\\udc80b"
