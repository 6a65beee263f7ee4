import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_runner.bisect.observations import Prior
from bench_runner.bisect.posterior import Evidence, summed, weigh
from bench_runner.bisect.question import Costs, _capacity, _entropy
from bench_runner.bisect.search import CONFIRM, NONE_ROUNDS, START, Answer, Ask, Search

Level = Callable[[int], float]


def drive(search: Search, value: Callable[[int], float | str], limit: int = 2000) -> tuple[Answer, list[int]]:
    """Answer questions: a number is a value, "slow" a time-out, anything else a failure."""
    asked = []
    for _ in range(limit):
        ask = search.next()
        if isinstance(ask, Answer):
            return ask, asked
        assert ask.commit == search.candidates[ask.index]
        assert ask.rounds >= 1
        asked.append(ask.index)
        answers = [value(ask.index) for _ in range(ask.rounds)]
        if answers[0] == "slow":
            search.time_out(ask.index)
        elif isinstance(answers[0], str):
            search.fail(ask.index)
        else:
            search.observe(ask.index, [float(each) for each in answers])
    pytest.fail("the search does not end")


def noisy(step_at: int, step: float, seed: int, sigma: float = 0.02, failing: Sequence[int] = ()) -> Level:
    rng = random.Random(seed)
    return lambda i: "broken" if i in failing else rng.gauss(step if i >= step_at else 0.0, sigma)  # type: ignore[return-value]


def shas(count: int) -> list[str]:
    return [f"{index:040x}" for index in range(count)]


def test_both_ends_come_first_and_in_turns() -> None:
    search = Search(shas(20))
    _, asked = drive(search, noisy(7, 0.3, seed=1))
    assert asked[:4] == [0, 19, 19, 0]
    assert search.rounds[0] >= START
    assert search.rounds[19] >= START


@pytest.mark.parametrize("seed", range(20))
def test_a_clear_step_is_placed_exactly(seed: int) -> None:
    at = 1 + seed % 29
    answer, _ = drive(Search(shas(30)), noisy(at, 0.26, seed))
    assert (answer.outcome, answer.last_old, answer.first_new, answer.among) == ("found", at - 1, at, (at,))
    assert answer.probability >= 0.99


@pytest.mark.parametrize("seed", range(20))
def test_an_improvement_is_placed_as_well(seed: int) -> None:
    at = 1 + (7 * seed) % 29
    answer, _ = drive(Search(shas(30)), noisy(at, -0.26, seed))
    assert (answer.outcome, answer.first_new) == ("found", at)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_where_nothing_changed_nothing_is_named(seed: int) -> None:
    search = Search(shas(30))
    answer, asked = drive(search, noisy(99, 0.0, seed))
    assert answer.outcome == "unchanged"
    assert len(asked) - asked.count(0) - asked.count(29) < len(asked) / 2
    assert min(search.rounds[0], search.rounds[29]) >= NONE_ROUNDS


@pytest.mark.slow
def test_a_small_step_in_long_history_is_right_nearly_always() -> None:
    right = sum(drive(Search(shas(128)), noisy(at, 0.05, at))[0].first_new == at for at in range(3, 127, 5))
    assert right >= 24  # of 25


def test_no_outlier_alone_names_a_commit() -> None:
    search = Search(shas(16))
    values = noisy(9, 0.2, seed=5)
    wild = {6}

    def value(index: int) -> float:
        return 0.9 if index in wild and not wild.remove(index) else values(index)

    answer, _ = drive(search, value)
    assert answer.first_new == 9
    assert search.rounds[8] >= CONFIRM
    assert search.rounds[9] >= CONFIRM


@pytest.mark.parametrize("seed", range(10))
def test_a_busy_moment_names_no_commit(seed: int) -> None:
    """All rounds of one look, whichever it is, are slow together."""
    values, rng = noisy(9, 0.26, seed), random.Random(seed)
    search, looks = Search(shas(30)), 0
    while isinstance(ask := search.next(), Ask):
        looks += 1
        slow = rng.uniform(0.3, 0.9) if looks % 5 == 1 + seed % 5 else 0.0
        search.observe(ask.index, [values(ask.index) + slow + 0.1 * slow * rng.random() for _ in range(ask.rounds)])
    assert ask.outcome != "found" or ask.first_new == 9


def test_unbuildable_neighbours_widen_the_answer() -> None:
    failing = (8, 9, 10)
    answer, asked = drive(Search(shas(20)), noisy(9, 0.3, seed=2, failing=failing))
    assert (answer.outcome, answer.last_old, answer.first_new) == ("found", 7, 11)
    assert all(asked.count(index) <= 1 for index in failing)


def test_unbuildable_ends_move_inwards() -> None:
    answer, _ = drive(Search(shas(20)), noisy(9, 0.3, seed=3, failing=(0, 1, 19)))
    assert (answer.outcome, answer.first_new) == ("found", 9)


@pytest.mark.parametrize("count", [2, 3, 30])
def test_nothing_buildable_is_an_answer(count: int) -> None:
    answer, asked = drive(Search(shas(count)), lambda _: "broken")
    assert answer.outcome == "unbuildable"
    assert len(asked) <= 18


def test_a_time_out_counts_as_slow() -> None:
    answer, asked = drive(Search(shas(30)), lambda i: "slow" if i >= 17 else 0.0 + random.Random(i).gauss(0, 0.01))
    assert (answer.outcome, answer.first_new) == ("found", 17)
    assert len(asked) < 20


def test_a_time_out_that_was_mended_is_found_from_the_other_side() -> None:
    answer, _ = drive(Search(shas(30)), lambda i: "slow" if i < 17 else 0.0)
    assert (answer.outcome, answer.first_new) == ("found", 17)


def test_time_outs_everywhere_are_no_change() -> None:
    answer, asked = drive(Search(shas(30)), lambda _: "slow")
    assert answer.outcome == "unchanged"
    assert set(asked) == {0, 29}
    assert len(asked) < 10


def test_a_time_out_between_measured_ends_lies_on_the_slow_side() -> None:
    rng = random.Random(4)
    answer, _ = drive(Search(shas(30)), lambda i: "slow" if 12 <= i < 20 else rng.gauss(0.3 if i >= 12 else 0, 0.02))
    assert (answer.outcome, answer.first_new) == ("found", 12)


@pytest.mark.slow
@given(st.integers(2, 60), st.data())
@settings(max_examples=60, deadline=None)
def test_an_exact_metric_takes_one_round_per_commit(count: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, count - 1))
    old, new = data.draw(st.lists(st.integers(-3, 10**9), min_size=2, max_size=2, unique=True))
    search = Search(shas(count), exact=True)
    answer, asked = drive(search, lambda i: float(new if i >= at else old))
    assert (answer.outcome, answer.first_new, answer.last_old) == ("found", at, at - 1)
    assert len(asked) == len(set(asked)) <= 2 + 2 * math.ceil(math.log2(count))


def test_an_exact_metric_that_stays_is_settled_by_its_ends() -> None:
    answer, asked = drive(Search(shas(9), exact=True), lambda _: 114.0)
    assert (answer.outcome, asked) == ("unchanged", [0, 8])


def test_the_budget_ends_a_hopeless_search() -> None:
    search = Search(shas(64), budget=60)
    answer, _ = drive(search, noisy(20, 0.02, seed=6, sigma=0.03))
    assert answer.outcome in {"undecided", "unchanged"}
    assert search.measurements < 70
    if answer.outcome == "undecided":
        assert len(answer.among) > 1


def test_a_commit_that_fails_only_now_and_then_cannot_hold_up_the_search() -> None:
    calls = itertools.count()
    answer, _ = drive(Search(shas(12)), lambda i: 0.1 * (i >= 5) if next(calls) < 6 else "broken")
    assert answer.outcome in {"undecided", "unbuildable", "found"}


def test_missing_values_do_no_harm() -> None:
    search = Search(shas(4))
    assert isinstance(search.next(), Ask)
    search.observe(0, [math.nan, 0.0, math.inf])
    assert search.rounds[0] == 1
    search.observe(1, [math.nan])
    assert 1 in search.failed


def evidence(values: Sequence[tuple[int, float]], last: int, sigma: float = 0.02) -> Evidence:
    table = np.array([(index, value, 10.0 * at) for at, (index, value) in enumerate(values)])
    return Evidence(0, last, *table.T, sigma=sigma)


DATA = [(0, 0.003), (0, -0.012), (6, 0.071), (6, 0.052), (0, 0.01), (6, 0.066), (3, 0.02), (3, 0.049), (4, 0.061)]


def test_the_posterior_agrees_with_brute_force() -> None:
    """Enumerate the change's place, both levels, the noise and each commit's layout on fine grids."""
    found = weigh(evidence(DATA, 6))
    scales = 0.02 * np.array([0.4, 0.63, 1.0, 1.6, 2.6])
    weights = np.exp(-0.5 * (np.log(scales / 0.02) / 0.5) ** 2)
    weights /= weights.sum()
    nodes = np.linspace(-4, 4, 41)
    node_weights = np.exp(-(nodes**2) / 2) / np.exp(-(nodes**2) / 2).sum()
    levels = np.linspace(-0.3, 0.4, 1401)
    middle = float(np.median([value for _, value in DATA]))
    prior = np.exp(-0.5 * ((levels - middle) / 0.3) ** 2) / (0.3 * math.sqrt(2 * math.pi)) * (levels[1] - levels[0])

    def likelihood(commit: int, scale: float, layout: float) -> np.ndarray:
        values = np.array([value for index, value in DATA if index == commit])
        z = (values[:, None, None] - levels[:, None] - layout * nodes) / scale
        return (0.353553 * (1 + z**2 / 2) ** -1.5 / scale + 0.025).prod(axis=0) @ node_weights

    knots = [0, 3, 4, 6]
    mass, none = np.zeros(3), 0.0
    layouts = ((0.003, 0.97), (0.0105, 0.03))
    for (scale, likely), (layout, odds) in itertools.product(zip(scales, weights, strict=True), layouts):
        weight = likely * odds
        table = np.array([likelihood(knot, scale, layout) for knot in knots])
        for cut in range(1, 4):
            width = (knots[cut] - knots[cut - 1]) / 6
            sides = (table[:cut].prod(axis=0) @ prior) * (table[cut:].prod(axis=0) @ prior)
            mass[cut - 1] += 0.8 * weight * width * sides
        none += 0.2 * weight * float(table.prod(axis=0) @ prior)
    total = mass.sum() + none
    assert found.knots == tuple(knots)
    assert found.mass == pytest.approx(mass / total, abs=0.01)
    assert found.none == pytest.approx(none / total, abs=0.005)


def shaken(size: float, seed: int, step: float = 0.05) -> Level:
    """Return levels of 30 commits with a layout effect each, of which the 13th and those after it are slower."""
    own = np.random.default_rng(seed).normal(0, size, 30)
    rng = random.Random(seed)
    return lambda i: rng.gauss(own[i] + (step if i >= 12 else 0.0), 0.004)


@pytest.mark.slow
@pytest.mark.parametrize("step", [0.03, 0.04])
def test_what_the_layout_hides_is_narrowed_to_a_set_that_holds_it(step: float) -> None:
    """Steps of three and four sd of the layout's effect."""
    sets = []
    for seed in range(30):
        answer, _ = drive(Search(shas(30), budget=300), shaken(0.01, seed, step=step))
        if answer.outcome in {"found", "narrowed"}:
            sets.append(answer.among)
        if answer.outcome == "narrowed":
            assert len(answer.among) > 1
            assert answer.probability < 0.99
    assert len(sets) >= 20
    assert sum(12 in one for one in sets) >= 0.9 * len(sets)


def test_the_layout_is_learnt_from_the_commits_that_were_looked_at() -> None:
    known: dict[float, list[float]] = {size: [] for size in (0.0, 0.012)}
    for size, some in known.items():
        for seed in range(8):
            level = shaken(size, seed)
            rows = [(index, level(index)) for index in range(0, 30, 2) for _ in range(6)]
            some.append(weigh(evidence([*rows, (29, level(29)), (29, level(29))], 29, sigma=0.004)).layout)
    assert max(known[0.0]) < 0.004
    assert min(known[0.012]) > 0.00675  # nearer to .0105 than to .003


def test_what_is_known_before_weighs_as_bayes_says() -> None:
    even, odds = weigh(evidence(DATA, 6)), [0.0, 0.0, 1.0, 0.0, 3.0, 0.0, 0.0]
    told = weigh(replace(evidence(DATA, 6), prior=summed(odds)))
    mixed = np.array([0.9 * one / 4 + 0.1 / 6 for one in odds[1:]])
    shares = np.array([mixed[:3].sum(), mixed[3], mixed[4:].sum()])  # (0, 3], (3, 4], (4, 6]
    expected = np.array(even.mass) / [3 / 6, 1 / 6, 2 / 6] * shares
    assert np.array(told.mass) / sum(told.mass) == pytest.approx(expected / expected.sum(), rel=1e-6)
    assert told.inside(0, [1, 2])[1] > 10 * told.inside(0, [1, 2])[0] > 0


@pytest.mark.parametrize("prior", [[1.0] * 7, [0.0] * 7])
def test_a_prior_that_says_nothing_is_none(prior: list[float]) -> None:
    assert weigh(replace(evidence(DATA, 6), prior=summed(prior))).mass == pytest.approx(weigh(evidence(DATA, 6)).mass)


def test_a_right_prior_saves_builds_and_a_wrong_one_costs_some_and_misleads_nobody() -> None:
    def asked(at: int | None) -> float:
        total = 0
        for seed in range(6):
            prior = Prior(weights=[] if at is None else [float(abs(index - at) < 2) for index in range(64)])
            answer, some = drive(Search(shas(64), prior=prior), noisy(40, 0.1, seed))
            assert (answer.outcome, answer.first_new) == ("found", 40)
            total += len(set(some))
        return total / 6

    assert asked(40) < asked(None) - 2
    assert asked(20) < asked(None) + 4


@given(st.permutations(DATA))
@settings(max_examples=25, deadline=None)
def test_without_drift_the_order_of_observations_does_not_matter(data: list[tuple[int, float]]) -> None:
    assert weigh(evidence(data, 6)).mass == pytest.approx(weigh(evidence(DATA, 6)).mass, rel=1e-9)


@given(st.floats(-5, 5), st.sampled_from([-1.0, 1.0]))
@settings(max_examples=25, deadline=None)
def test_neither_shift_nor_sign_changes_the_posterior(shift: float, sign: float) -> None:
    moved = weigh(evidence([(index, sign * value + shift) for index, value in DATA], 6))
    plain = weigh(evidence(DATA, 6))
    assert moved.mass == pytest.approx(plain.mass, abs=1e-6)
    assert moved.none == pytest.approx(plain.none, abs=1e-6)


def test_drift_that_the_ends_show_is_taken_off() -> None:
    order, drift = (0, 9, 9, 0, 4, 0, 9, 4, 0, 9), (0.0,) * 4 + (0.04,) * 6
    rows = [(index, 0.05 * (index == 9) + drift[at] + 0.002 * (-1) ** at, 600.0 * at) for at, index in enumerate(order)]
    table = np.array(rows)
    seen = Evidence(0, 9, *table.T, sigma=0.005, drift=0.02)
    first = weigh(seen)
    settled = weigh(seen, first)
    assert settled.new[1] < 0.05 < first.new[1]  # the commit in the middle is an old one, and looked new


def test_capacity_and_entropy_have_their_limits() -> None:
    assert _entropy(0.5) == 1.0
    assert _entropy(0.0) == _entropy(1.0) == 0.0
    assert _capacity(0.0) == pytest.approx(0.0)
    assert _capacity(20.0) == pytest.approx(1.0)
    assert all(_capacity(d / 10) < _capacity(d / 10 + 0.1) for d in range(1, 60))
    # against numerical integration of the mutual information for two normal levels one sd apart
    y = np.linspace(-9, 10, 20001)
    one, two = (np.exp(-((y - d) ** 2) / 2) / math.sqrt(2 * math.pi) for d in (0, 1))
    exact = np.trapezoid(0.5 * one * np.log2(2 * one / (one + two)) + 0.5 * two * np.log2(2 * two / (one + two)), y)
    assert _capacity(1.0) == pytest.approx(float(exact), abs=0.01)


def test_dear_builds_are_traded_for_more_rounds() -> None:
    def builds(cost: float) -> int:
        total = 0
        for seed in range(8):
            _, asked = drive(Search(shas(256), costs=Costs(build=cost, switch=0)), noisy(100 + seed, 0.05, seed))
            total += len(set(asked))
        return total

    assert builds(60.0) <= builds(0.1)
