"""Which rounds count, and what is said of those that were disturbed."""

import math
from dataclasses import replace
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.model.metric import TIME, Metric
from bench_runner.model.sample import Round, Sample
from bench_runner.model.vitals import UNKNOWN, Vitals
from bench_runner.stats import quality
from bench_runner.stats.compare import compare
from bench_runner.stats.quality import disturbed, doubt, timed, used
from bench_runner.stats.summary import centres, summarise

CALM = Vitals(3.0, 1.0, 40.0, 0.0, 0.6, 0.0, 0.04, 2000.0, 0.0, 1.05e-3, 1.05e-3, 1e-3)
BUSY = replace(CALM, others=0.6)
SIGNS = {
    "others": (replace(CALM, others=0.71), "others used 71 % of the CPU"),
    "steal": (replace(CALM, steal=0.12), "steal 12 %"),
    "canary": (replace(CALM, canary_s=1.3e-3), "canary +30 %"),
    "pages": (replace(CALM, major=250.0), "250 pages read from disk"),
}
LIMITS = {
    "others": quality.OTHERS,
    "steal": quality.STEAL,
    "major": quality.PAGES,
    "canary_s": 1e-3 * (1 + quality.SLOWER),
}
VITALS = st.sampled_from([CALM, UNKNOWN, BUSY, *(one for one, _ in SIGNS.values())])
VALUES = st.floats(1e-9, 1e3)


def rounds(*vitals: Vitals) -> list[Round]:
    return [Round((1.0 + number,), vitals=one) for number, one in enumerate(vitals)]


def sample(*vitals: Vitals) -> Sample:
    return Sample(tuple(rounds(*vitals)))


@pytest.mark.parametrize("name", SIGNS)
def test_each_sign_is_said(name: str) -> None:
    vitals, words = SIGNS[name]
    assert disturbed(vitals)
    assert doubt(rounds(CALM, vitals)) == f"1 of 2 rounds disturbed: {words}"


@pytest.mark.parametrize("name", LIMITS)
def test_limits(name: str) -> None:
    assert disturbed(replace(CALM, **{name: LIMITS[name] * 1.001}))
    assert not disturbed(replace(CALM, **{name: LIMITS[name] * 0.999}))


@pytest.mark.parametrize(
    "vitals",
    [
        CALM,
        UNKNOWN,
        Vitals(involuntary=1e6, voluntary=1e6, minor=1e9, load=99.0, swapped=1e6, mhz=1.0),
        replace(CALM, usual_s=math.nan, canary_s=9.0),
        replace(CALM, usual_s=0.0, canary_s=9.0),
        replace(CALM, canary_s=math.nan),
        replace(CALM, canary_s=1e-5),
    ],
)
def test_what_is_no_sign(vitals: Vitals) -> None:
    assert not disturbed(vitals)
    assert doubt(rounds(vitals, vitals)) == ""


def test_the_worst_of_each_sign_is_said() -> None:
    found = [replace(CALM, others=0.55), replace(CALM, others=0.62, canary_s=2e-3), CALM]
    assert doubt(rounds(*found)) == "2 of 3 rounds disturbed: others used 62 % of the CPU, canary +100 %"


def test_undisturbed_rounds_are_used_alone_when_they_are_enough() -> None:
    enough = rounds(CALM, BUSY, CALM, BUSY, UNKNOWN)
    assert used(enough) == [enough[0], enough[2], enough[4]]
    assert doubt(enough) == "2 of 5 rounds left out: others used 60 % of the CPU"
    too_few = rounds(CALM, BUSY, CALM, BUSY)
    assert used(too_few) == too_few
    assert doubt(too_few) == "2 of 4 rounds disturbed: others used 60 % of the CPU"


@given(st.lists(st.tuples(VITALS, VALUES, VALUES), min_size=1, max_size=8))
def test_no_value_ever_decides(found: list[tuple[Vitals, float, float]]) -> None:
    here = [Round((one,), number, vitals=vitals) for number, (vitals, one, _) in enumerate(found)]
    there = [Round((one,), number, vitals=vitals) for number, (vitals, _, one) in enumerate(found)]
    assert [one.number for one in used(here)] == [one.number for one in used(there)]
    assert doubt(here) == doubt(there)


@given(st.lists(st.tuples(VITALS, VALUES), min_size=1, max_size=8))
def test_a_summary_is_that_of_the_rounds_that_are_used(found: list[tuple[Vitals, float]]) -> None:
    whole = Sample(tuple(Round((one,), vitals=vitals) for vitals, one in found))
    part = Sample(tuple(replace(one, vitals=UNKNOWN) for one in used(whole.rounds)))
    of_whole, of_part = summarise(whole, TIME), summarise(part, TIME)
    said = (doubt(whole.rounds),) if doubt(whole.rounds) else ()
    assert repr(of_whole) == repr(replace(of_part, warnings=(*of_part.warnings, *said)))
    assert centres(whole) == centres(part) == [one.values[0] for one in used(whole.rounds)]


def test_rounds_without_a_number_are_none() -> None:
    some = sample(CALM, CALM, CALM, BUSY, BUSY).rounds
    empty = Sample((replace(some[0], values=(math.nan,)), *some[1:]))
    assert centres(empty) == [2.0, 3.0, 4.0, 5.0]
    assert summarise(empty, TIME).warnings[-1].startswith("2 of 4 rounds disturbed")


@pytest.mark.parametrize(
    "unit", ["seconds", "s", "ms", "\u00b5s", "\u03bcs", "Seconds", "ops/s", "MB/s", "rows / second", "hits per sec"]
)
def test_units_that_suffer(unit: str) -> None:
    assert timed(Metric("any", unit))
    assert not timed(Metric("any", unit, exact=True))


@pytest.mark.parametrize("unit", ["bytes", "unit", "points", "objects", "", "calls", "s/bytes", "classes", "pers"])
def test_units_that_do_not(unit: str) -> None:
    assert not timed(Metric("any", unit))
    assert summarise(sample(BUSY, BUSY), Metric("any", unit)).warnings == summarise(sample(CALM, CALM), TIME).warnings


def test_an_exact_metric_is_held_to_all_of_its_rounds() -> None:
    exact = Metric("count", "objects", exact=True)
    same = Sample(tuple(Round((7.0,), vitals=one) for one in (CALM, BUSY, CALM)))
    assert summarise(same, exact).warnings == ()
    other = Sample((*same.rounds, same.rounds[0], Round((8.0,), vitals=BUSY)))
    assert summarise(other, exact).warnings[0] == "declared exact but its values differ"


def test_a_comparison_says_what_was_disturbed_on_either_side() -> None:
    before, after = sample(CALM, CALM, CALM, BUSY), sample(BUSY, BUSY, CALM)
    contrast = compare(before, after, TIME)
    assert contrast.before == median([1.0, 2.0, 3.0])
    assert contrast.warnings == (
        "before, 1 of 4 rounds left out: others used 60 % of the CPU",
        "after, 2 of 3 rounds disturbed: others used 60 % of the CPU",
    )
    assert compare(before, after, Metric("size", "bytes")).warnings == ()
