"""Two builds by whole rounds: oracles of each number, false flags by simulation, and what must make no difference."""

import itertools
import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench_runner.stats import paired
from bench_runner.stats.looks import SPENT, Aim, confirmed, state
from bench_runner.stats.noise import Array
from bench_runner.stats.paired import Paired, compare, one_sided, scaled, steadied

FAST = 999
SEEDS = st.integers(0, 10_000)
STATES = {"changed", "alike", "open", "unclear"}


def quickly(sides: Sequence[Array], blocks: Sequence[int] = (), draws: int = FAST) -> list[Paired]:
    """Compare with fewer draws; all rounds are a block unless it is said otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paired, "DRAWS", draws)
        return compare(sides, blocks or [len(sides[0])])


def alone(old: Sequence[float] | Array, new: Sequence[float] | Array) -> Paired:
    """Compare a single cell, where q does not matter."""
    (one,) = quickly([np.array(side, dtype=float)[:, None] for side in (old, new)], draws=9)
    return one


def suites(seed: int, rounds: int, cells: int, sides: int = 2) -> Array:
    """Return sides of noise that are shared by a moment to any degree, some cells changed, some values not measured."""
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, 0.03, (sides, rounds, cells)) + rng.uniform(0, 0.2) * rng.normal(size=(rounds, 1))
    logs[1] += rng.choice([0.0, 0.0, 0.05, -0.3], cells)
    logs[rng.random(logs.shape) < rng.choice([0, 0, 0.2])] = math.nan
    return np.exp(logs + rng.normal(0, 5, cells))


def near(q: float, other: float, draws: int = FAST) -> bool:
    """Whether two shares of so many draws differ by no more than luck."""
    middle = (q + other) / 2
    return abs(q - other) <= 5 * math.sqrt(2 * middle * (1 - middle) / draws) + 5 / draws


# Oracles: p, interval, q.


@pytest.mark.parametrize("rounds", [3, 5, 10, 20])
def test_without_ties_p_is_scipys_exact_mann_whitney(rounds: int) -> None:
    rng = np.random.default_rng(rounds)
    for shift in (0.0, 0.03, -0.1):
        old, new = np.exp(rng.normal(0, 0.05, rounds)), np.exp(rng.normal(shift, 0.05, rounds))
        expected = stats.mannwhitneyu(old, new, method="exact").pvalue
        assert alone(old, new).p == pytest.approx(expected, rel=1e-9)


def test_with_ties_p_counts_all_ways_of_giving_values_to_a_side() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        old, new = rng.integers(1, 5, 5), rng.integers(2, 6, 5)
        expected = stats.permutation_test(
            (old, new), lambda x, y: stats.rankdata([*x, *y])[: len(x)].sum(), vectorized=False, n_resamples=1000
        )
        assert alone(old, new).p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("rounds", [1, 2, 4, 10, 20])
def test_the_least_p_is_that_of_sides_that_do_not_meet(rounds: int) -> None:
    one = alone(np.linspace(1, 2, rounds), np.linspace(3, 4, rounds))
    assert one.p == pytest.approx(one.least_p) == pytest.approx(min(1, 2 / math.comb(2 * rounds, rounds)))
    assert one.rounds == rounds


@pytest.mark.parametrize("rounds", [4, 5, 8, 10])
def test_the_interval_holds_the_ratios_that_the_test_does_not_reject(rounds: int) -> None:
    rng = np.random.default_rng(rounds)
    old, new = rng.normal(0, 0.05, rounds), rng.normal(0.04, 0.05, rounds)
    gaps = np.sort(np.subtract.outer(new, old), axis=None)
    one = alone(np.exp(old), np.exp(new))
    assert one.ratio == pytest.approx(math.exp(np.median(gaps)))
    for between in (*(gaps[1:] + gaps[:-1]) / 2, gaps[0] - 1, gaps[-1] + 1):
        p = stats.mannwhitneyu(old, new - between, method="exact").pvalue
        assert (one.ratio_low < math.exp(between) < one.ratio_high) == (p > 0.05)
        assert (one.narrow[0] < math.exp(between) < one.narrow[1]) == (p > 0.1)


def test_too_few_rounds_bound_nothing() -> None:
    one = alone([1.0, 1.1, 1.2], [2.0, 2.1, 2.2])
    assert (one.ratio_low, one.ratio_high) == (0, math.inf)
    assert one.narrow == pytest.approx((2 / 1.2, 2.2))  # least p is .1: the ends just have their 5 % each
    assert alone([1.0, 1.1], [2.0, 2.1]).narrow == (0, math.inf)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["normal", "t3", "outliers", "moments"])
def test_the_intervals_hold_the_true_ratio_as_often_as_they_say(kind: str) -> None:
    rng = np.random.default_rng(2)
    tables = 600
    logs = rng.standard_t(3, (tables, 2, 10)) if kind == "t3" else rng.normal(size=(tables, 2, 10))
    if kind == "outliers":
        logs += 20 * (rng.random(logs.shape) < 0.1)
    if kind == "moments":
        logs += 5 * rng.normal(size=(tables, 1, 10))
    found = [alone(np.exp(0.03 * old), 1.1 * np.exp(0.03 * new)) for old, new in logs]
    covered = sum(one.ratio_low <= 1.1 <= one.ratio_high for one in found) / tables
    assert 0.95 - 3 * math.sqrt(0.05 * 0.95 / tables) <= covered <= 0.98
    for missed in (sum(one.narrow[0] > 1.1 for one in found), sum(one.narrow[1] < 1.1 for one in found)):
        assert 0.02 <= missed / tables <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / tables)


def in_moments(rng: np.random.Generator, rounds: int, change: float = 0.0, moment: float = 0.3) -> Array:
    """Return two sides (log scale) of a cell whose rounds differ by more than its sides do."""
    sides = moment * rng.normal(size=rounds) + 0.03 * rng.normal(size=(2, rounds))
    sides[1] += change
    return sides


@pytest.mark.parametrize("rounds", [8, 10, 20])
def test_in_strong_moments_all_is_wilcoxons(rounds: int) -> None:
    old, new = in_moments(np.random.default_rng(rounds), rounds, 0.03)
    gaps, one = new - old, alone(np.exp(old), np.exp(new))
    walsh = np.sort([(a + b) / 2 for a, b in itertools.combinations_with_replacement(gaps, 2)])
    assert one.by_round
    assert one.p == pytest.approx(stats.wilcoxon(gaps, method="exact").pvalue)
    assert (one.rounds, one.least_p, one.ratio) == (rounds, 2 / 2**rounds, pytest.approx(math.exp(np.median(walsh))))
    for between in (*(walsh[1:] + walsh[:-1]) / 2, walsh[0] - 1, walsh[-1] + 1):
        p = stats.wilcoxon(gaps - between, method="exact").pvalue
        assert (one.ratio_low < math.exp(between) < one.ratio_high) == (p > 0.05)
        assert (one.narrow[0] < math.exp(between) < one.narrow[1]) == (p > 0.1)


def test_rounds_are_compared_one_by_one_where_they_differ_by_more_than_sides_do() -> None:
    rng = np.random.default_rng(16)
    for moment, often in ((0.0, 0), (0.1, 60)):
        found = [alone(*np.exp(in_moments(rng, 10, moment=moment))).by_round for _ in range(60)]
        assert abs(sum(found) - often) <= 6
    assert not any(alone(*np.exp(in_moments(rng, 10, 3.0))).by_round for _ in range(20))  # sides differ by more still
    assert not alone(*np.exp(in_moments(rng, paired.PAIRS - 1))).by_round
    assert alone(*np.exp(in_moments(rng, paired.PAIRS))).by_round


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.permutations([0, 1, 2]))
def test_which_test_it_is_does_not_depend_on_which_side_is_which(seed: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    logs = rng.uniform(0, 0.06) * rng.normal(size=(10, 2)) + rng.normal(0, 0.03, (3, 10, 2))
    logs[1] += rng.choice([0.0, 0.1])
    here, there = quickly(list(np.exp(logs)), draws=9), quickly(list(np.exp(logs[order])), draws=9)
    assert [one.by_round for one in here] == [one.by_round for one in there]


def test_rounds_that_lack_a_side_do_not_tell_which_test_it_is() -> None:
    sides = [*in_moments(np.random.default_rng(21), 12), in_moments(np.random.default_rng(22), 12)[0]]
    sides[2] = sides[0].copy()
    sides[2][5:7] = math.nan
    assert quickly([np.exp(side)[:, None] for side in sides])[0].by_round
    sides[2][2:7] = math.nan
    assert not quickly([np.exp(side)[:, None] for side in sides])[0].by_round


def test_sides_that_are_equal_in_a_round_add_nothing() -> None:
    signed = paired._signed(np.array([0.0, 0.0, 1.0, -2.0]))
    assert signed[:2].tolist() == [0, 0]
    assert (signed**2).sum() == pytest.approx(1)


@pytest.mark.parametrize("moment", [0.0, 0.3])
def test_q_is_never_below_p_however_the_draws_fall(moment: float) -> None:
    rng = np.random.default_rng(23)
    for _ in range(30):
        old, new = np.exp(in_moments(rng, 10, 0.02, moment))[:, :, None]
        (one,) = quickly([old, new], draws=99)
        assert one.q >= one.p


def test_a_drift_that_all_sides_share_hides_no_change() -> None:
    rng, drift = np.random.default_rng(17), 0.2 * np.arange(10)
    one = alone(*np.exp(drift + [[0.0], [0.1]] + 0.02 * rng.normal(size=(2, 10))))
    assert (one.p, one.by_round) == (one.least_p, True)
    assert 1.06 < one.ratio_low < 1.105 < one.ratio_high < 1.16


def clear(old: Array, new: Array) -> Array:
    """Return by how many standard deviations each cell's rank sum is off its mean, by scipy's ranks."""
    pooled = stats.rankdata(np.concatenate([old, new]), axis=0)
    size = len(old)
    sd = np.sqrt(size**2 / (2 * size - 1) * pooled.var(axis=0))
    return np.abs(pooled[size:].sum(axis=0) - size * pooled.mean(axis=0)) / sd


def ways(blocks: Sequence[int]) -> list[Array]:
    """Return all ways of giving one side to as many processes of each block as it has rounds."""
    some = [itertools.combinations(range(2 * size), size) for size in blocks]
    return [np.concatenate([np.isin(np.arange(2 * len(one)), one) for one in way]) for way in itertools.product(*some)]


@pytest.mark.parametrize("blocks", [[4], [2, 2], [3, 2], [1, 1, 1, 1, 1]])
@pytest.mark.parametrize("cells", [1, 3])
def test_q_counts_the_ways_in_which_any_cell_is_as_clear(blocks: list[int], cells: int) -> None:
    rng = np.random.default_rng([*blocks, cells])
    rounds, edges = sum(blocks), np.cumsum([0, *blocks])
    values = rng.integers(1, 9, (2, rounds, cells)) + rng.normal(0, 0.01, (1, rounds, 1)) + 2.0
    values[1, :, 0] += 4
    # Ways are given block by block (old and new rounds of the first, then of the second): put values in that order.
    within = [np.r_[first:last] for first, last in itertools.pairwise(edges)]
    pooled = np.concatenate([values[side, one] for one in within for side in (0, 1)])
    most = np.array([clear(pooled[~way], pooled[way]).max() for way in ways(blocks)])
    for one, seen in zip(compare([*values], blocks), clear(*values), strict=True):
        exact = max(one.p, float(np.mean(most >= seen - 1e-9)))
        assert one.q == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / paired.DRAWS) + 2e-4)


def test_q_of_cells_that_are_compared_by_round_counts_the_swaps_of_rounds() -> None:
    """Eight rounds, 256 ways: a cell in strong moments, one in none, and one that was not always measured."""
    rng = np.random.default_rng(18)
    logs = np.stack([in_moments(rng, 8, 0.03), rng.normal(0, 0.03, (2, 8)), in_moments(rng, 8)], axis=2)
    logs[1, :, 1] += 0.02
    logs[0, 5, 1] = math.nan
    found = compare([*np.exp(logs)], [8])
    assert [one.by_round for one in found] == [True, False, True]

    def clarities(swapped: Array) -> list[float]:
        old, new = (np.where(swapped[:, None], logs[1 - side], logs[side]) for side in (0, 1))
        rank_sums = [stats.rankdata(np.abs(gaps)) * np.sign(gaps) for gaps in (new - old).T[[0, 2]]]
        first, last = (abs(one.sum()) / math.sqrt((one**2).sum()) for one in rank_sums)
        mine = np.isfinite(old + new)[:, 1]
        return [first, float(clear(old[mine, 1:2], new[mine, 1:2])[0]), last]

    seen = clarities(np.zeros(8, dtype=bool))
    most = np.array([max(clarities(np.array(swapped))) for swapped in itertools.product([False, True], repeat=8)])
    for one, mine in zip(found, seen, strict=True):
        exact = max(one.p, float(np.mean(most >= mine - 1e-9)))
        assert one.q == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / paired.DRAWS) + 2e-4)


@pytest.mark.parametrize("rounds", [1, 3, 10])
def test_sides_apart_are_as_clear_as_the_textbook_says(rounds: int) -> None:
    """Half of all n * n pairs more than expected, over the standard deviation of U, however many rounds there are."""
    old, new = np.arange(rounds)[:, None], np.arange(rounds)[:, None] + 99.0
    scores = paired._scores(old, new, [False])
    assert scores[1].sum() == pytest.approx(rounds**2 / 2 / math.sqrt(rounds**2 * (2 * rounds + 1) / 12))


# False flags, by simulation.


def correlated(rng: np.random.Generator, cells: int) -> Array:
    """Cells that share nine tenths of the variance of a process, as those of one layout do."""
    return 0.95 * rng.normal(size=(2, 10, 1)) + 0.3 * rng.normal(size=(2, 10, cells))


def drifting(rng: np.random.Generator, cells: int) -> Array:
    """Cells in a common moment that drifts, and each by itself."""
    walk = rng.normal(size=(10, 1)).cumsum(axis=0) + 0.3 * rng.normal(size=(10, cells)).cumsum(axis=0)
    return walk + rng.normal(size=(2, 10, cells))


KINDS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "by themselves": lambda rng, cells: rng.normal(size=(2, 10, cells)),
    "heavy tails": lambda rng, cells: rng.standard_t(2, (2, 10, cells)),
    "few values": lambda rng, cells: rng.integers(0, 3, (2, 10, cells)).astype(float),
    "correlated": correlated,
    "a moment": lambda rng, cells: 3 * rng.normal(size=(10, 1)) + rng.normal(size=(2, 10, cells)),
    "drifting": drifting,
    "a moment, few cells": lambda rng, _: 3 * rng.normal(size=(10, 1)) + rng.normal(size=(2, 10, 3)),
    "half a moment, few cells": lambda rng, _: rng.normal(size=(10, 1)) + rng.normal(size=(2, 10, 3)),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_at_most_five_in_a_hundred_suites_without_a_change_have_any_small_q(kind: str) -> None:
    rng, suites = np.random.default_rng(3), 120
    made = (np.exp(0.02 * KINDS[kind](rng, 6)) for _ in range(suites))
    flagged = sum(min(one.q for one in quickly(list(sides), draws=499)) <= 0.05 for sides in made)
    assert flagged / suites <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / suites)


def test_of_correlated_cells_q_is_smaller_than_bonferronis() -> None:
    rng = np.random.default_rng(4)
    shared = rng.normal(size=(2, 10, 1))
    shared[1] += 1.3
    found = quickly(list(np.exp(0.02 * (shared + 0.05 * rng.normal(size=(2, 10, 4))))), draws=9999)
    assert all(one.p <= one.q < 2.5 * one.p for one in found)


@pytest.mark.parametrize("measured", [1, 3, 4, 6])
def test_a_cell_that_was_measured_in_few_rounds_is_no_clearer_for_it(measured: int) -> None:
    old, new = np.linspace(1, 1.1, 10)[:, None], np.linspace(2, 2.1, 10)[:, None]
    old[measured:] = new[measured:] = math.nan
    (one,) = quickly([old, new])
    assert one.rounds == measured
    assert one.q >= one.p == pytest.approx(one.least_p)


def test_sides_that_share_no_round_are_not_clear() -> None:
    old, new = np.linspace(1, 1.1, 10)[:, None], np.linspace(2, 2.1, 10)[:, None]
    old[5:] = new[:5] = math.nan
    (one,) = quickly([old, new])
    assert (one.rounds, one.q) == (5, 1)


# What must make no difference.


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 12), st.integers(1, 9), st.integers(2, 3))
def test_swapping_the_sides_mirrors_everything(seed: int, rounds: int, cells: int, sides: int) -> None:
    made = suites(seed, rounds, cells, sides)
    there, back = quickly(list(made)), quickly([made[1], made[0], *made[2:]])
    for one, other in zip(there, back, strict=True):
        assert one.p == other.p
        assert (one.rounds, one.least_p, one.before) == (
            other.rounds,
            other.least_p,
            pytest.approx(other.after, nan_ok=True),
        )
        assert one.ratio == pytest.approx(1 / other.ratio, nan_ok=True)
        assert one.narrow == pytest.approx((1 / other.narrow[1], 1 / other.narrow[0] if other.narrow[0] else math.inf))
        assert near(one.q, other.q)
        if not any(near(one.q, level) for level in SPENT):
            assert [state(one, look, Aim()) for look in range(3)] == [state(other, look, Aim()) for look in range(3)]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(2, 12), st.integers(1, 2))
def test_copies_of_cells_make_no_q_smaller(seed: int, rounds: int, cells: int) -> None:
    """With so few that others do not tell the moment: copies would be read as its surest sign."""
    made = suites(seed, rounds, cells)
    once, twice = quickly(list(made)), quickly(list(np.concatenate([made, made], axis=2)))
    assert 2 * cells <= paired.FEW
    for k, one in enumerate(once):
        assert twice[k].q == twice[k + cells].q >= one.q
        assert twice[k].p == one.p


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(2, 12), st.integers(1, 9), st.floats(-9, 9))
def test_the_unit_of_a_cell_does_not_matter(seed: int, rounds: int, cells: int, power: float) -> None:
    made = suites(seed, rounds, cells)
    if seed % 3 == 0:
        made[0, 0, 0] = -made[0, 0, 0]  # compared by differences
    other = made.copy()
    other[:, :, 0] *= 10**power
    for one, changed in zip(quickly(list(made)), quickly(list(other)), strict=True):
        assert (one.p, one.q, one.rounds) == (changed.p, changed.q, changed.rounds)
        assert (one.ratio, *one.narrow) == pytest.approx((changed.ratio, *changed.narrow), rel=1e-6, nan_ok=True)
    centres = [(one.before, one.after) for one in (quickly(list(made))[0], quickly(list(other))[0])]
    assert np.array(centres[0]) * 10**power == pytest.approx(np.array(centres[1]), nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(2, 10), st.integers(1, 8))
def test_neither_the_order_of_cells_nor_that_of_rounds_matters(seed: int, rounds: int, cells: int) -> None:
    made, rng = suites(seed, rounds, cells), np.random.default_rng(seed)
    across, along = rng.permutation(cells), rng.permutation(rounds)
    found = quickly(list(made))
    moved = quickly(list(made[:, :, across]))
    assert [one.q for one in moved] == pytest.approx([found[k].q for k in across])
    for one, other in zip(found, quickly(list(made[:, along])), strict=True):
        assert one.p == pytest.approx(other.p)
        assert near(one.q, other.q)


ODD = [math.nan, math.nan, math.inf, -math.inf, 0.0, -1.0, 1.0, 1.0, 1.0, 1.5, 2.0, 1e-12, 1e12]


def odd(rng: np.random.Generator, sides: int, rounds: int, cells: int) -> Array:
    """Return any values: some of them odd, some by rounds."""
    made = np.where(rng.random((sides, rounds, cells)) < rng.random(), rng.choice(ODD, (sides, rounds, cells)), 1.5)
    return made + rng.integers(0, 2, cells) * rng.integers(0, 9, (rounds, 1)) * rng.choice([0.01, 1])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(SEEDS, st.integers(0, 12), st.integers(0, 8), st.integers(2, 3))
def test_any_values_are_judged_without_a_warning(seed: int, rounds: int, cells: int, sides: int) -> None:
    made = odd(np.random.default_rng(seed), sides, rounds, cells)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = quickly(list(made), [rounds], draws=99)
        looked = [state(one, look, Aim()) for one in found for look in range(3)]
        fresh = scaled(list(made))
        again = [confirmed(fresh[0][:, k], fresh[1][:, k], one, Aim()) for k, one in enumerate(found)]
    assert len(found) == len(again) == cells
    assert set(looked) <= STATES
    for one in found:
        assert 0 < one.p <= one.q <= 1
        assert one.narrow[0] <= one.narrow[1]
        assert not one.rounds or one.ratio_low <= one.ratio <= one.ratio_high


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e6, 1e6), st.integers(1, 12), st.integers(1, 8), SEEDS)
def test_values_that_are_all_equal_have_not_changed(value: float, rounds: int, cells: int, seed: int) -> None:
    made = suites(seed, rounds, cells)
    made[:, :, 0] = value
    one = quickly(list(made))[0]
    assert (one.p, one.q, one.ratio) == (1, 1, 1)
    assert "changed" not in {state(one, look, Aim()) for look in range(3)}
    assert rounds < 4 or state(one, 0, Aim()) == "alike"


def test_a_cell_without_noise_that_moved_has_changed() -> None:
    old, new = np.full((10, 6), 7.0), np.full((10, 6), 7.0)
    new[:, 2] = 8
    found = quickly([old, new])
    assert [state(one, 0, Aim()) for one in found] == ["alike"] * 2 + ["changed"] + ["alike"] * 3
    assert (found[2].ratio, found[2].ratio_low, found[2].ratio_high) == pytest.approx((8 / 7,) * 3)


# Odd values.


def test_what_was_not_measured_on_a_side_says_nothing_and_disturbs_nobody() -> None:
    made = np.exp(np.random.default_rng(5).normal(0, 0.02, (2, 10, 7)))
    made *= np.exp(0.1 * np.random.default_rng(6).normal(size=(10, 1)))
    rest = quickly(list(np.delete(made, 3, axis=2)))
    made[1, :, 3] = math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = quickly(list(made))[3]
    assert (one.rounds, one.p, one.least_p, one.q, one.narrow) == (0, 1, 1, 1, (0, math.inf))
    assert all(map(math.isnan, (one.before, one.after, one.ratio, one.error)))
    assert one.worth(40, 0.05)
    assert [*quickly(list(made))[:3], *quickly(list(made))[4:]] == rest


def test_what_is_infinite_was_not_measured() -> None:
    one = alone([1.0, 2.0, math.inf, 3.0], [-math.inf, 4.0, 5.0, 6.0])
    assert (one.rounds, one.before, one.after) == (3, 2, 5)
    assert one.p == pytest.approx(0.1)


def test_values_that_are_not_above_zero_are_compared_by_differences() -> None:
    old, new = [0.0, 1, 2, 0, 1, 2, 0, 1, 2, 1], [10.0, 11, 12, 10, 11, 12, 10, 11, 12, 11]
    one, other = alone(old, new), alone([-value for value in new], [-value for value in old])
    size = np.median([*old, *new])
    assert one.ratio == pytest.approx(math.exp(10 / size)) == pytest.approx(other.ratio)
    assert one.p == other.p == one.least_p
    assert (one.before, one.after) == (1, 11)


def test_growth_from_nothing_beyond_all_numbers_is_infinite() -> None:
    few, many = np.array([[0.0]] + [[1.0]] * 9), np.full((10, 1), 5000.0)
    (up,), (down,) = quickly([few, many, few]), quickly([many, few, few])
    assert (up.ratio, up.narrow, down.ratio, down.narrow) == (math.inf, (math.inf,) * 2, 0, (0, 0))
    assert [state(one, 0, Aim()) for one in (up, down)] == ["changed"] * 2
    assert confirmed(few[:, 0], many[:, 0], up, Aim())
    assert alone([1e-200] * 5, [1e200] * 5).ratio == math.inf


def test_scales_are_logarithms_or_units_of_a_cells_size() -> None:
    first, second = scaled([np.array([[1.0, 0, 0, 0]] * 2), np.array([[math.e, 4, 0, 0], [1, 4, 0, 8]])])
    assert first.tolist() == [[0, 0, 0, 0]] * 2
    assert second.tolist() == [[1, 2, 0, 0], [0, 2, 0, 1]]  # of nothing but zeros and an 8 that is the size


# The moment.


def moved(rng: np.random.Generator, cells: int, moment: float, own: float, sides: int = 2) -> list[Array]:
    """Return sides (log scale) of ten rounds that share moments."""
    shared = moment * rng.normal(size=(10, 1))
    return [shared + rng.normal(0, own, (10, cells)) for _ in range(sides)]


def test_a_shared_moment_is_taken_out_of_all() -> None:
    logs = moved(np.random.default_rng(6), 8, 0.1, 0.005)
    assert all(side.std(axis=0).min() > 0.05 for side in logs)
    assert all(side.std(axis=0).max() < 0.02 for side in steadied(logs))
    found = quickly([np.exp(side) for side in logs])
    assert all(one.error < 0.01 and not one.by_round for one in found)  # nothing is left to compare rounds for


def test_a_drift_is_taken_out_of_all_as_far_as_they_follow_it() -> None:
    rng = np.random.default_rng(7)
    follow, drift = np.array([0.5, 1, 1, 1, 1, 1, 2, 0]), 0.03 * np.arange(10)[:, None]
    logs = [follow * drift + rng.normal(0, 0.01, (10, 8)) for _ in range(2)]
    slopes = [np.polyfit(np.arange(10), side, 1)[0] for side in steadied(logs)]
    assert np.abs(slopes).max() < 0.004


@pytest.mark.parametrize("change", [0.05, -0.3])
def test_a_change_of_all_cells_by_one_side_stays(change: float) -> None:
    old, new, again = moved(np.random.default_rng(8), 8, 0.1, 0.005, sides=3)
    for sides in ([old, new + change], [old, new + change, again]):
        found = quickly([np.exp(side) for side in sides])
        assert [one.ratio for one in found] == pytest.approx([math.exp(change)] * 8, rel=0.01)
        assert {state(one, 0, Aim()) for one in found} == {"changed"}


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 12), st.integers(1, 9), st.integers(2, 3))
def test_what_sides_differ_by_in_a_round_is_never_touched(seed: int, rounds: int, cells: int, sides: int) -> None:
    logs = scaled(list(suites(seed, rounds, cells, sides)))
    steady = steadied(logs)
    assert steady[1] - steady[0] == pytest.approx(logs[1] - logs[0], nan_ok=True)
    assert [np.isfinite(one).tolist() for one in steady] == [np.isfinite(one).tolist() for one in logs]


def test_cells_that_go_their_own_way_are_left_alone() -> None:
    rng = np.random.default_rng(9)
    logs = moved(rng, 8, 0.1, 0.005)
    own = 0.1 * rng.normal(size=10)
    for side in logs:
        side[:, 2] = own
        side[:, 5] -= 2 * side[:, 0]  # against all others
    for before, after in zip(logs, steadied(logs), strict=True):
        assert after[:, [2, 5]].tolist() == before[:, [2, 5]].tolist()
        assert np.abs(after[:, [0, 1]] - before[:, [0, 1]]).max() > 0.05


def test_a_cell_follows_if_more_than_half_of_its_variance_is_the_moments() -> None:
    moment, own = np.repeat([1.0, -1.0], 4), np.tile([1.0, -1.0], 4)
    for share, follows in ((0.55, True), (0.45, False)):
        values = np.tile(moment[:, None], 6)
        values[:, 0] = math.sqrt(share) * moment + math.sqrt(1 - share) * own
        (steady, _) = steadied([values, values])
        assert (steady[:, 0] == pytest.approx(math.sqrt(1 - share) * own)) == follows
        assert (steady[:, 0] == pytest.approx(values[:, 0])) != follows


def test_a_cell_follows_how_rounds_vary_and_not_where_they_lie() -> None:
    moment, own = np.repeat([1.0, 0.0], [4, 5]), np.array([1.0, 1, 1, 0, 1, 0, 0, 0, 0])
    values = np.tile(moment[:, None], 6)
    values[:, 0] = own
    assert steadied([values, values])[0][:, 0].tolist() == own.tolist()


def test_one_wild_cell_does_not_make_a_moment() -> None:
    logs = moved(np.random.default_rng(19), 8, 0.1, 0.005)
    for side in logs:
        side[3, 2] += 5
    assert all(np.delete(side, 2, axis=1).std(axis=0).max() < 0.02 for side in steadied(logs))


def test_a_cell_that_was_not_always_measured_follows_too() -> None:
    old, new = moved(np.random.default_rng(20), 8, 0.1, 0.005)
    old[:3, 0] = math.nan
    assert all(np.nanstd(side[:, 0]) < 0.02 for side in steadied([old, new]))


@pytest.mark.parametrize("cells", [1, 4])
def test_few_cells_do_not_tell_a_moment(cells: int) -> None:
    logs = moved(np.random.default_rng(10), cells, 0.1, 0.005)
    assert [side.tolist() for side in steadied(logs)] == [side.tolist() for side in logs]


def test_of_a_round_that_was_not_measured_on_each_side_the_moment_is_not_known() -> None:
    old, new, again = moved(np.random.default_rng(11), 8, 0.1, 0.005, sides=3)
    again[4] = math.nan
    steady, _, _ = steadied([old, new, again])
    assert steady[4].tolist() == old[4].tolist()
    assert (np.abs(steady - old).min(axis=1) > 0).sum() == 8  # and the median of nine rounds stays where it is
    assert steadied([old, new, np.full_like(again, math.nan)])[0].tolist() == old.tolist()


def test_a_cell_known_in_few_rounds_is_not_fitted_to_the_others() -> None:
    old, new = moved(np.random.default_rng(12), 8, 0.1, 0.005)
    old[2:, 0] = math.nan
    assert steadied([old, new])[1][:, 0].tolist() == new[:, 0].tolist()


def test_of_many_cells_no_more_are_read_than_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "READ", 5)
    moment = np.random.default_rng(13).normal(size=10)
    signs = np.array([1, -1, 1, -1, 1, -1, 1, -1, 1])  # every other cell is read: of all the median would be zero
    assert np.ptp(steadied([moment[:, None] * signs] * 2)[0][:, 8]) < 1e-9


# What is read off a cell.


def seen(ratio: float, error: float, rounds: int = 10) -> Paired:
    """Return a cell with a known ratio and standard error (log scale)."""
    narrow, wide = (
        (ratio * math.exp(z * error) for z in (-1.645, 1.645)),
        (ratio * math.exp(z * error) for z in (-2, 2)),
    )
    return Paired(rounds, 1.0, ratio, ratio, *wide, 0.5, 1e-5, 1.0, (next(narrow), next(narrow)))


@given(st.floats(0.1, 10), st.floats(1e-6, 1))
def test_the_error_is_the_one_that_made_the_interval(ratio: float, error: float) -> None:
    assert seen(ratio, error).error == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("rounds", [10, 20])
def test_the_error_is_that_of_the_ratio(rounds: int) -> None:
    rng = np.random.default_rng(rounds)
    found = [alone(*np.exp(rng.normal(0, 0.03, (2, rounds)))) for _ in range(300)]
    true = float(np.std([math.log(one.ratio) for one in found]))
    assert np.median([one.error for one in found]) == pytest.approx(true, rel=0.12)
    assert true == pytest.approx(0.03 * math.sqrt(2 / rounds), rel=0.12)


def test_an_effect_is_excluded_when_the_narrow_interval_lies_within_it() -> None:
    assert seen(1.0, 0.02).inside(0.05)
    assert not seen(1.02, 0.02).inside(0.05)
    assert not seen(0.98, 0.02).inside(0.05)
    assert seen(1.02, 0.02).inside(0.1)


@pytest.mark.parametrize(
    ("ratio", "error", "most", "worth"),
    [
        (1.0, 0.05, 40, True),  # .025 then: likely alike
        (1.0, 0.08, 40, True),  # .04 then: alike with some luck
        (1.0, 0.2, 40, False),  # .1 then: neither
        (1.25, 0.2, 40, True),  # one of .1 more would be clear
        (0.8, 0.2, 40, True),
        (1.25, 0.2, 20, False),
        (1.0, 0.2, 4000, True),
        (1.0, math.nan, 20, True),
    ],
)
def test_more_rounds_are_worth_it_where_they_may_decide(ratio: float, error: float, most: int, worth: bool) -> None:
    assert seen(ratio, error).worth(most, 0.05) == worth


def test_one_sided_p_is_scipys_in_the_direction_that_is_seen() -> None:
    rng = np.random.default_rng(14)
    for shift in (0.0, 0.5, -2.0):
        old, new = rng.normal(0, 1, 8), rng.normal(shift, 1, 8)
        up, down = (stats.mannwhitneyu(new, old, alternative=way, method="exact").pvalue for way in ("greater", "less"))
        mine = one_sided(old, new, slower=True), one_sided(old, new, slower=False)
        assert min(mine) == pytest.approx(min(up, down))
        assert (mine[0] < mine[1]) == (up < down)
        assert sum(mine) == pytest.approx(1)


def test_one_sided_p_by_round_is_wilcoxons() -> None:
    rng = np.random.default_rng(15)
    for change in (0.0, 0.02, -0.05):
        old, new = in_moments(rng, 10, change)
        mine = one_sided(old, new, slower=True, by_round=True), one_sided(old, new, slower=False, by_round=True)
        up, down = (stats.wilcoxon(new - old, alternative=way, method="exact").pvalue for way in ("greater", "less"))
        assert min(mine) == pytest.approx(min(up, down))
        assert (mine[0] < mine[1]) == (up < down)
        old[3], new[5] = math.nan, math.nan
        some = np.delete(np.arange(10), [3, 5])
        assert one_sided(old, new, slower=True, by_round=True) == one_sided(
            old[some], new[some], slower=True, by_round=True
        )


def test_a_wild_round_does_not_turn_the_direction() -> None:
    old, new = np.zeros(10), np.array([*np.arange(1.0, 10), -99])
    for by_round in (True, False):
        up, down = (one_sided(old, new, slower=slower, by_round=by_round) for slower in (True, False))
        assert up < 0.1
        assert down > 0.9


def test_one_sided_p_does_not_see_what_was_not_measured() -> None:
    old, new = np.arange(5.0), np.arange(5.0) + 3
    holed = np.array([*new, math.nan, math.nan]), np.array([math.nan, *old])
    assert one_sided(holed[1], holed[0], slower=True) == one_sided(old, new, slower=True)
