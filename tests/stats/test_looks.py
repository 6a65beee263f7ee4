"""How long a gate measures: its states, its confirmation, and what it promises over all looks, by simulation."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench_runner.stats import looks, paired
from bench_runner.stats.looks import (
    AGAIN,
    CLEAR,
    CONFIRMING,
    LOOKS,
    SPENT,
    Aim,
    beyond,
    confirmed,
    confirming,
    detectable,
    state,
)
from bench_runner.stats.noise import Array
from bench_runner.stats.paired import Paired, compare, moments_rule, scaled, steadied

AIM = Aim()
LAST = range(len(LOOKS))


def cell(ratio: float = 1.0, error: float = 0.02, q: float = 1.0, rounds: int = 10) -> Paired:
    """Return a cell with a known ratio and standard error (log scale)."""
    low, high = (ratio * math.exp(z * error) for z in (-1.645, 1.645))
    return Paired(rounds, 1.0, ratio, ratio, low, high, 0.5, 1e-5, q, (low, high))


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "DRAWS", 999)


# States.


@pytest.mark.parametrize("ratio", [1.1, 1 / 1.1, math.inf, 0.0])
@pytest.mark.parametrize("look", LAST)
def test_what_no_luck_explains_has_changed(ratio: float, look: int) -> None:
    assert state(cell(ratio, q=SPENT[look]), look, AIM) == "changed"
    assert state(cell(ratio, q=1.01 * SPENT[look]), look, AIM) != "changed"


def test_a_later_look_asks_for_more() -> None:
    assert [state(cell(1.1, q=0.025), look, AIM) for look in LAST] == ["changed", "changed", "open"]
    assert list(SPENT) == sorted(SPENT, reverse=True)
    assert sum(SPENT) == pytest.approx(0.1)
    assert len(SPENT) == len(LOOKS)
    assert list(LOOKS) == sorted(set(LOOKS))


@pytest.mark.parametrize("ratio", [1.019, 1 / 1.019])
def test_what_is_too_small_to_matter_has_not_changed(ratio: float) -> None:
    assert state(cell(ratio, 0.001, q=0.0001), 0, AIM) == "alike"
    assert state(cell(ratio, 0.001, q=0.0001), 0, Aim(floor=0.01)) == "changed"


def test_a_change_that_is_clear_counts_though_it_is_smaller_than_the_effect() -> None:
    assert state(cell(1.03, 0.001, q=0.0001), 0, AIM) == "changed"
    assert state(cell(1.03, 0.001, q=0.2), 0, AIM) == "alike"


def test_what_excludes_the_effect_is_alike() -> None:
    assert state(cell(1.0, 0.029), 0, AIM) == "alike"
    assert state(cell(1.0, 0.030), 0, AIM) == "open"
    assert state(cell(1.0, 0.030), 0, Aim(effect=0.1)) == "alike"
    assert state(cell(1.0, 0.029, rounds=40), 2, AIM) == "alike"


def test_rounds_go_on_while_they_may_tell_more() -> None:
    assert state(cell(1.0, 0.05), 0, AIM) == "open"
    assert state(cell(1.0, 0.2), 0, AIM) == "unclear"  # .1 after 40 rounds
    assert state(cell(1.0, 0.05, rounds=20), 1, AIM) == "open"
    assert state(cell(1.0, 0.05, rounds=40), 2, AIM) == "unclear"
    assert state(cell(1.0, 0.05), 0, AIM, most=10) == "unclear"
    assert state(cell(1.0, 0.2), 0, AIM, most=4000) == "open"


def test_what_was_hardly_measured_is_open_until_there_are_no_more_rounds() -> None:
    unknown = replace(cell(rounds=2), narrow=(0.0, math.inf))
    assert [state(unknown, look, AIM) for look in LAST] == ["open"] * 3
    assert state(unknown, 0, AIM, most=2) == "unclear"


@given(st.floats(0.5, 2), st.floats(1e-4, 0.5), st.floats(1e-4, 1), st.sampled_from(LAST), st.sampled_from(LOOKS))
def test_slower_and_faster_are_judged_alike(ratio: float, error: float, q: float, look: int, rounds: int) -> None:
    one, other = cell(ratio, error, q, rounds), cell(1 / ratio, error, q, rounds)
    off = abs(math.log(ratio))
    if all(abs(off + z * error - math.log1p(at)) > 1e-9 for at, z in ((AIM.floor, 0), (AIM.effect, 1.645))):
        assert state(one, look, AIM) == state(other, look, AIM)


@given(st.floats(0.5, 2), st.floats(1e-4, 0.5), st.floats(1e-4, 1), st.sampled_from(LAST), st.sampled_from(LOOKS))
def test_a_state_has_its_reason(ratio: float, error: float, q: float, look: int, rounds: int) -> None:
    one = cell(ratio, error, q, rounds)
    found = state(one, look, AIM)
    changed = q <= SPENT[look] and beyond(ratio, AIM.floor)
    assert (found == "changed") == changed
    assert (found == "alike") == (not changed and one.inside(AIM.effect))
    assert (found == "open") <= (rounds < LOOKS[-1])
    assert (found == "open") <= one.worth(LOOKS[-1], AIM.effect)


@pytest.mark.parametrize(
    ("ratio", "off"),
    [(1.021, True), (1.019, False), (1 / 1.021, True), (1 / 1.019, False), (1.0, False), (0.0, True), (math.inf, True)],
)
def test_a_ratio_is_beyond_the_floor_either_way(ratio: float, off: bool) -> None:
    assert beyond(ratio, 0.02) == off


# Confirmation.


def test_it_takes_as_many_rounds_to_confirm_as_to_flag_but_not_too_many() -> None:
    assert [confirming(rounds) for rounds in (1, 9, 10, 20, 40)] == [1, 9, 10, CONFIRMING, CONFIRMING]


@pytest.mark.parametrize("cells", [1, 3, 20])
@pytest.mark.parametrize("slower", [True, False])
def test_a_flag_is_confirmed_by_one_sided_p_shared_among_all_flagged(cells: int, slower: bool) -> None:
    rng = np.random.default_rng(cells)
    flagged, verdicts = cell(1.1 if slower else 0.9), set()
    for shift in rng.uniform(0.03, 0.15, 60):
        old, new = rng.normal(0, 0.05, 10), rng.normal(shift if slower else -shift, 0.05, 10)
        way = "greater" if slower else "less"
        if moments_rule([old, new]):
            continue
        p = stats.mannwhitneyu(new, old, alternative=way, method="exact").pvalue
        far = abs(np.median(np.subtract.outer(new, old))) > math.log(1.02)
        verdicts.add(confirmed(old, new, flagged, AIM, cells))
        assert confirmed(old, new, flagged, AIM, cells) == (p <= AGAIN / cells and far)
    assert verdicts == {True, False}


@pytest.mark.parametrize("by_round", [True, False])
def test_where_the_machine_changes_its_pace_it_is_confirmed_by_round(by_round: bool) -> None:
    """However it was flagged: the pace may have changed only since."""
    moment = 0.3 * np.random.default_rng(5).normal(size=10)
    old, new = moment, moment + np.linspace(0.05, 0.07, 10)
    slower, faster = (replace(cell(ratio), by_round=by_round) for ratio in (1.1, 0.9))
    assert confirmed(old, new, slower, AIM, 20)
    assert not confirmed(old, new, faster, AIM)
    assert not confirmed(new, old, slower, AIM)


def test_what_was_flagged_by_round_is_confirmed_by_round_on_a_steady_machine_too() -> None:
    rng = np.random.default_rng(3)
    old = rng.normal(0, 0.05, 10)
    new = old[::-1] + 0.1
    told = {
        confirmed(old, new, replace(cell(1.1), by_round=way), AIM, cells) for way in (True, False) for cells in (1, 40)
    }
    assert not moments_rule([old, new])
    assert told == {True, False}


def test_hardly_any_pair_without_a_difference_is_confirmed() -> None:
    """At .05 one-sided, whether the machine is steady or changes its pace."""
    rng = np.random.default_rng(8)
    for pace in (0.0, 0.3):
        alike = [moment + rng.normal(0, 0.05, (2, 10)) for moment in pace * rng.choice([0, 1], (2000, 1, 10))]
        share = sum(confirmed(*pair, cell(1.1), AIM) for pair in alike) / 2000
        assert 0.01 < share <= AGAIN + 3 * math.sqrt(AGAIN / 2000)


def test_the_other_direction_confirms_nothing() -> None:
    old, new = np.linspace(0, 0.01, 10), np.linspace(0.1, 0.11, 10)
    assert confirmed(old, new, cell(1.1), AIM)
    assert confirmed(new, old, cell(0.9), AIM)
    assert not confirmed(old, new, cell(0.9), AIM)
    assert not confirmed(new, old, cell(1.1), AIM)


def test_what_is_too_small_to_matter_confirms_nothing() -> None:
    old = np.linspace(0, 0.001, 10)
    assert not confirmed(old, old + 0.019, cell(1.1), AIM)
    assert not confirmed(old, old + np.repeat([0.019, 1], [8, 2]), cell(1.1), AIM)
    assert not confirmed(old, old + np.repeat([0.019, math.nan], [8, 2]), cell(1.1), AIM)
    assert confirmed(old, old + 0.021, cell(1.1), AIM)
    assert confirmed(old, old + 0.019, cell(1.1), Aim(floor=0.01))


def test_few_rounds_and_none_confirm_nothing() -> None:
    none, few = np.array([]), np.array([0.0, 0.01])
    assert not confirmed(none, none, cell(1.1), AIM)
    assert not confirmed(few, none, cell(1.1), AIM)
    assert not confirmed(few, few + 1, cell(1.1), AIM)  # a sixth of all ways
    assert confirmed(np.arange(3.0), np.arange(3.0) + 9, cell(1.1), AIM)  # one of twenty ways


def test_rounds_that_were_not_measured_do_not_count() -> None:
    old = np.linspace(0, 0.01, 10)
    holed, lost = old + 0.1, np.full(10, math.nan)
    holed[3:6] = math.nan
    assert confirmed(old, holed, cell(1.1), AIM)
    assert not confirmed(holed - 0.1, holed - 0.1, cell(1.1), AIM)
    assert not confirmed(old, np.where(np.arange(10) < 4, old + 0.03, lost), cell(0.9), AIM)
    assert not confirmed(old, np.where(np.arange(10) < 4, old, lost), cell(1.1), AIM)
    assert not confirmed(old, lost, cell(1.1), AIM)


@pytest.mark.parametrize("cells", [1, 4])
def test_luck_confirms_no_oftener_than_is_said(cells: int) -> None:
    rng, tables = np.random.default_rng(1), 3000
    again = sum(confirmed(old, new, cell(1.1), AIM, cells) for old, new in 0.1 * rng.normal(size=(tables, 2, 10)))
    level = 0.05 / cells
    assert abs(again / tables - level) <= 0.1 * level + 3 * math.sqrt(level / tables)


# What can be seen.


def test_detectable_is_so_many_standard_errors_of_the_median_cell() -> None:
    found = [cell(1.0, 0.01), cell(1.3, 0.02), cell(0.5, 0.2)]
    assert detectable(found) == pytest.approx(math.expm1(CLEAR * 0.02))
    assert detectable([*found, replace(cell(), narrow=(0.0, math.inf))]) == pytest.approx(math.expm1(CLEAR * 0.02))
    assert math.isnan(detectable([]))
    assert math.isnan(detectable([replace(cell(), narrow=(0.0, math.inf))]))
    assert detectable([cell(1.0, 0.0)] * 2) == 0


def power(share: float, rounds: int) -> float:
    """Return how often a cell of twelve, slower by a share of what is detectable, is flagged and confirmed."""
    rng, found = np.random.default_rng(rounds), 0
    for _ in range(60):
        sides = rng.normal(0, 0.03, (2, rounds, 12))
        size = detectable(compare([*np.exp(sides)], [rounds]))
        sides[1, :, 0] += math.log1p(size * share)
        one = compare([*np.exp(sides)], [rounds])[0]
        again = rng.normal(0, 0.03, (2, confirming(one.rounds)))
        again[1] += math.log1p(size * share)
        found += state(one, 0, AIM) == "changed" and one.ratio > 1 and confirmed(*again, one, AIM)
    return found / 60


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [10, 20])
@pytest.mark.usefixtures("few_draws")
def test_most_changes_of_the_detectable_size_are_flagged_and_confirmed(rounds: int) -> None:
    assert power(1.0, rounds) >= 0.6


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_most_changes_of_two_thirds_of_it_are_not() -> None:
    assert power(0.66, 10) <= 0.45


# All looks together.


def looked(rng: np.random.Generator, change: float) -> tuple[bool, bool, int]:
    """Return whether anything was flagged and confirmed in a suite of six cells, the first changed, and its rounds."""
    aside = np.arange(6) == 0
    sides, active, flagged = np.empty((2, 0, 6)), np.ones(6, dtype=bool), {}
    for look, upto in enumerate(LOOKS):
        fresh = noisy(rng, upto - sides.shape[1], change * aside)
        fresh[:, :, ~active] = math.nan
        sides = np.concatenate([sides, fresh], axis=1)
        found = compare([*sides], np.diff([0, *LOOKS[: look + 1]]).tolist())
        states = {k: state(found[k], look, AIM) for k in np.flatnonzero(active)}
        flagged |= {k: found[k] for k, one in states.items() if one == "changed"}
        active = np.array([states.get(k) == "open" for k in range(6)])
        if not active.any():
            break
    again = steadied(scaled(list(noisy(rng, CONFIRMING, change * aside))))
    kept = [confirmed(again[0][:, k], again[1][:, k], one, AIM, len(flagged)) for k, one in flagged.items()]
    return bool(flagged), any(kept), sides.shape[1]


def noisy(rng: np.random.Generator, rounds: int, change: Array) -> Array:
    """Return two sides of cells with noise of 5 % and a common moment."""
    logs = 0.05 * rng.normal(size=(2, rounds, 6)) + 0.05 * rng.normal(size=(rounds, 1))
    logs[1] += change
    return np.exp(logs)


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_all_looks_together_flag_no_more_suites_without_a_change_than_is_spent() -> None:
    rng, suites = np.random.default_rng(2), 120
    found = [looked(rng, 0.0) for _ in range(suites)]
    flagged, again = (sum(one[k] for one in found) / suites for k in (0, 1))
    assert 0.02 <= flagged <= sum(SPENT) + 3 * math.sqrt(0.1 * 0.9 / suites)
    assert again <= 0.005 + 3 * math.sqrt(0.005 / suites)


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_large_changes_are_seen_early_and_small_ones_late() -> None:
    rng = np.random.default_rng(3)
    large, small = ([looked(rng, change) for _ in range(25)] for change in (0.3, 0.05))
    assert all(again for _, again, _ in large)
    assert sum(again for _, again, _ in small) >= 12
    assert np.mean([rounds for _, _, rounds in small]) > 20


def test_the_aim_is_two_and_five_percent() -> None:
    assert (looks.Aim().floor, looks.Aim().effect) == (0.02, 0.05)
