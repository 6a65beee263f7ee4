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
        (281_600.0, "instructions", "282 k instructions"),
        (2.5e9, "instructions", "2.50 G instructions"),
        (7.0, "unit", "7.00"),
        (math.nan, "seconds", "n/a"),
        (-0.0021, "seconds", "-2.10 ms"),
    ],
)
def test_values_get_a_prefix_that_suits_them(value: float, unit: str, shown: str) -> None:
    assert units.show(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1002.0, "calls", "1,002 calls"),
        (9_999.0, "bytes", "9,999 B"),
        (413_696.0, "bytes", "404.00 KiB"),
        (413_799.0, "bytes", "404.10 KiB"),
        (0.0, "blocks", "0 blocks"),
        (12.0, "unit", "12"),
        (1.5, "blocks", "1.5000 blocks"),
        (4e12, "bytecodes", "4.0000e+12 bytecodes"),
        (math.nan, "calls", "n/a"),
        (math.inf, "calls", "inf calls"),
    ],
)
def test_what_has_no_noise_is_shown_to_its_last_digit(value: float, unit: str, shown: str) -> None:
    assert units.exactly(value, unit) == shown


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


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("2 s", (2.0, "seconds")),
        ("2s", (2.0, "seconds")),
        (" 1.5 min ", (90.0, "seconds")),
        ("20 μs", (20e-6, "seconds")),
        ("20 us", (20e-6, "seconds")),
        ("20 µs", (20e-6, "seconds")),
        ("150 MB", (150e6, "bytes")),
        ("150 MiB", (150 * 2.0**20, "bytes")),
        ("3 kB", (3000.0, "bytes")),
        ("7 rows/s", (7.0, "rows/s")),
        ("-1e3", (-1000.0, "")),
        ("5 %", (5.0, "%")),
    ],
)
def test_amounts_are_read_as_people_write_them(written: str, amount: tuple[float, str]) -> None:
    value, unit = units.parse(written)
    assert (pytest.approx(value), unit) == amount


@pytest.mark.parametrize("written", ["", "fast", "s 2", "1 2", "1e999", "nan", "inf", "2 s\nx"])
def test_other_words_are_no_amount(written: str) -> None:
    with pytest.raises(ValueError, match=r"number"):
        units.parse(written)


@given(st.floats(1e-9, 1e4), st.sampled_from(["seconds", "bytes"]))
def test_what_is_shown_is_read_back(value: float, unit: str) -> None:
    number, read = units.parse(units.show(value, unit))
    assert read == unit
    assert number == pytest.approx(value, rel=0.006, abs=0.006)


def test_a_percentage_is_a_share() -> None:
    assert units.share("5 %") == pytest.approx(0.05)
    with pytest.raises(ValueError, match="percentage"):
        units.share("0.05")
