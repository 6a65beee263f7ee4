"""Numbers for people."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner import units


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.00213, "seconds", "2.13 ms"),
        (0.9999, "seconds", "1.00 s"),
        (3.2e-8, "seconds", "32.0 ns"),
        (75.0, "seconds", "75.0 s"),
        (420_000, "bytes", "410 KiB"),
        (0.0, "seconds", "0 ns"),
        (19.0, "steps", "19.0 steps"),
        (7.0, "unit", "7.00"),
        (math.nan, "seconds", "n/a"),
        (-0.0021, "seconds", "-2.10 ms"),
    ],
)
def test_values_get_a_prefix_that_suits_them(value: float, unit: str, shown: str) -> None:
    assert units.show(value, unit) == shown


@pytest.mark.parametrize(("ratio", "shown"), [(1.082, "+8.2 %"), (0.5, "-50.0 %"), (2.5, "+150 %"), (1.0, "+0.0 %")])
def test_ratios_are_signed_changes(ratio: float, shown: str) -> None:
    assert units.percent(ratio) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(4.21, "4.2 s"), (42, "42 s"), (500, "8 min 20 s"), (7400, "2 h 3 min"), (59.7, "1 min 0 s")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert units.duration(seconds) == shown


@given(st.floats(1e-9, 1e9), st.integers(1, 6))
def test_significant_digits_are_close_to_the_value(value: float, digits: int) -> None:
    shown = float(units.significant(value, digits))
    assert shown == pytest.approx(value, rel=0.5 * 10 ** (1 - digits) * 1.001)


def test_the_largest_number_is_shown_too() -> None:
    assert units.significant(1.797e308) == "1.80e+308"
    assert units.significant(-1.797e308) == "-1.80e+308"


def test_counts() -> None:
    assert units.count(1, "commit") == "1 commit"
    assert units.count(0, "commit") == "0 commits"
    assert units.count(2, "entry", "entries") == "2 entries"
