"""Histograms against sorted lists, and merging against recording everything in one."""

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.instrument.histogram import LARGEST_NS, Histogram, bounds

# From all octaves alike, with the ends of buckets and what is too small or too large.
DURATIONS = st.one_of(
    st.integers(0, 200),
    st.integers(0, 62).flatmap(lambda octave: st.integers(2**octave - 1, 2 ** (octave + 1))),
)
ROWS = st.lists(DURATIONS, max_size=60)


def histogram(values: list[int]) -> Histogram:
    made = Histogram()
    for value in values:
        made.record(value)
    return made


@given(st.lists(DURATIONS, min_size=1, max_size=200), st.fractions(0, 1, max_denominator=1000))
def test_quantiles_lie_within_a_64th_of_the_exact_ones(values: list[int], q: Fraction) -> None:
    exact = sorted(values)[max(1, math.ceil(q * len(values))) - 1]
    found = histogram(values).quantile(float(q))
    assert found is not None
    assert abs(found - exact) * 64 <= exact


def test_small_values_are_exact_and_so_are_both_ends() -> None:
    values = [*range(64), 12345, 10**15]
    assert [histogram(values).quantile((n + 1) / 66) for n in range(64)] == list(range(64))
    assert (histogram(values).quantile(0), histogram(values).quantile(1)) == (0, 10**15)


def test_a_float_does_not_reach_over_its_rank() -> None:
    hundred = histogram(list(range(1, 101)))  # 0.07 * 100 is more than 7
    assert [hundred.quantile(n / 100) for n in range(1, 64)] == list(range(1, 64))


@given(ROWS)
def test_sum_count_and_ends_are_exact(values: list[int]) -> None:
    made = histogram(values)
    inside = [min(value, LARGEST_NS) for value in values]
    assert (made.count, made.sum_ns) == (len(values), sum(inside))
    assert (made.min_ns, made.max_ns) == ((min(inside), max(inside)) if inside else (None, None))
    assert made.mean_ns == (sum(inside) / len(inside) if inside else None)


@given(st.lists(ROWS, max_size=5), st.randoms(use_true_random=False))
def test_merging_in_any_order_is_recording_in_one(rows: list[list[int]], order: object) -> None:
    whole = histogram([value for row in rows for value in row])
    parts = [histogram(row) for row in rows]
    order.shuffle(parts)  # type: ignore[attr-defined]
    while len(parts) > 1:
        one = parts.pop(order.randrange(len(parts)))  # type: ignore[attr-defined]
        other = order.choice(parts)  # type: ignore[attr-defined]
        other.merge(one)
    assert (parts or [Histogram()])[0] == whole


@given(ROWS, ROWS)
def test_what_came_since_makes_the_earlier_the_later_again(before: list[int], after: list[int]) -> None:
    earlier, later = histogram(before), histogram([*before, *after])
    since, really = later.since(earlier), histogram(after)
    assert (since.counts, since.sum_ns) == (really.counts, really.sum_ns)
    assert Histogram.from_dict(since.to_dict()) == since
    if since.min_ns is not None and really.min_ns is not None:
        assert since.min_ns <= really.min_ns
    if since.max_ns is not None and really.max_ns is not None:
        assert since.max_ns >= really.max_ns
    earlier.merge(since)
    assert earlier == later


@given(ROWS, ROWS)
def test_ends_beyond_the_earlier_ones_are_exact(before: list[int], after: list[int]) -> None:
    earlier, really = histogram(before), histogram(after)
    since = histogram([*before, *after]).since(earlier)
    ends = [value for value in (earlier.min_ns, earlier.max_ns) if value is not None]
    if really.min_ns is not None and (not ends or really.min_ns < ends[0]):
        assert since.min_ns == really.min_ns
    if really.max_ns is not None and (not ends or really.max_ns > ends[1]):
        assert since.max_ns == really.max_ns


def test_an_earlier_reading_cannot_have_more() -> None:
    with pytest.raises(ValueError, match="earlier reading"):
        histogram([5]).since(histogram([5, 5]))
    with pytest.raises(ValueError, match="earlier reading"):
        histogram([5]).since(histogram([6]))


@given(ROWS)
def test_strict_json_brings_back_the_same(values: list[int]) -> None:
    made = histogram(values)
    text = json.dumps(made.to_dict(), allow_nan=False)
    assert Histogram.from_dict(json.loads(text)) == made


@given(DURATIONS)
def test_a_value_lies_in_its_bucket_and_buckets_touch(value: int) -> None:
    made = histogram([value])
    [(low, high, n)] = made.buckets()
    [index] = made.counts
    assert low <= min(value, LARGEST_NS) <= high
    assert n == 1
    assert bounds(index + 1)[0] == high + 1
    assert (high - low + 1) * 32 <= max(low, 32)


def test_what_is_out_of_range_counts_at_the_nearer_end() -> None:
    made = histogram([-5, 10**30])
    assert (made.min_ns, made.max_ns, made.count) == (0, LARGEST_NS, 2)
    assert bounds(max(made.counts))[1] == LARGEST_NS


def test_memory_is_bounded() -> None:
    made = Histogram()
    for octave in range(70):
        for part in range(64):
            made.record(2**octave + part * 2**octave // 64)
    assert len(made.counts) <= 1888


def test_an_empty_one_has_no_quantile() -> None:
    assert (Histogram().quantile(0.5), Histogram().quantile(1), Histogram().mean_ns) == (None, None, None)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_quantile_is_between_0_and_1(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        histogram([1]).quantile(q)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"version": 2}, "version 2"),
        ({"buckets": None}, "list of buckets"),
        ({"buckets": "12"}, "list of buckets"),
        ({"buckets": [[7, 1], [7, 1]]}, "after index 7"),
        ({"buckets": [[7, 0]]}, "bucket"),
        ({"buckets": [[7]]}, "bucket"),
        ({"buckets": [[99999, 1]]}, "bucket"),
        ({"buckets": [["7", 1]]}, "bucket"),
        ({"buckets": []}, "count"),
        ({"count": 3}, "count"),
        ({"sum_ns": "9"}, "sum_ns"),
        ({"sum_ns": -1}, "sum_ns"),
        ({"sum_ns": 10**9}, "sum_ns"),
        ({"min_ns": None}, "min_ns"),
        ({"min_ns": 0}, "min_ns"),
        ({"max_ns": 10**9}, "max_ns"),
    ],
)
def test_a_damaged_document_is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Histogram.from_dict({**histogram([7, 100]).to_dict(), **change})


def test_a_torn_reading_is_made_to_agree() -> None:
    torn = histogram([100, 5000])
    torn.counts[3] += 1  # a thread without a GIL has come as far as here with its third call
    torn.settle()
    assert Histogram.from_dict(torn.to_dict()) == torn
    whole = histogram([100, 5000])
    whole.settle()
    assert whole == histogram([100, 5000])
