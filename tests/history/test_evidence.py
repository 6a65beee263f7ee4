"""How sure groups are: what one series says, what several say together, and what luck makes of many."""

from collections.abc import Sequence

import numpy as np
from made_up import COUNT, Past, commits, level, series, sha

from bench_runner.history.changes import find
from bench_runner.history.evidence import judged
from bench_runner.history.grouping import Group
from bench_runner.model.series import Series
from bench_runner.stats.changepoints import Segments

SIZE = 80


def found(*some: Series) -> list[Group]:
    past = Past(commits(SIZE), some)
    return judged(find(past, Segments()), past)


def noisy(count: int, *, sd: float = 0.02, first: int = 100) -> list[Series]:
    return [series(level((SIZE, 1.0), seed=first + k, sd=sd), name=f"time_still_{k}") for k in range(count)]


def on(one: Series, machine: str) -> Series:
    from dataclasses import replace

    return replace(one, key=replace(one.key, machine=machine))


def test_a_clear_change_is_no_luck() -> None:
    (one,) = found(series(level((40, 1.0), (40, 1.2))), *noisy(20))
    assert one.q < 1e-6


def test_a_change_of_an_exact_counter_is_real() -> None:
    (one,) = found(series([10.0] * 79 + [11.0], metric=COUNT))
    assert one.q == 0


def test_a_faint_change_is_less_sure_among_many_series() -> None:
    faint = series(level((70, 1.0), (10, 1.04), seed=3, sd=0.015), name="time_faint")
    alone = [one for one in found(faint) if faint.key in {change.key for change in one.changes}]
    crowded = [one for one in found(faint, *noisy(150)) if faint.key in {change.key for change in one.changes}]
    assert alone[0].q < crowded[0].q


def test_another_machine_that_agrees_makes_sure_and_one_that_does_not_makes_doubt() -> None:
    def q(other: Sequence[float]) -> float:
        faint = series(level((40, 1.0), (40, 1.02), seed=5, sd=0.015))
        groups = found(faint, on(series(other), "two"), *noisy(20))
        return min(one.q for one in groups if faint.key in {change.key for change in one.changes})

    agrees, differs = q(level((40, 1.0), (40, 1.02), seed=8, sd=0.015)), q(level((80, 1.0), seed=9, sd=0.015))
    assert agrees < differs / 10


def test_noise_does_not_join_a_commit_because_its_range_holds_it() -> None:
    clear = series(level((40, 1.0), (40, 1.3)), name="time_clear")
    rng = np.random.default_rng(12)
    wandering = []
    for number in range(60):
        walk = rng.normal(size=SIZE)
        for k in range(1, SIZE):
            walk[k] = 0.8 * walk[k - 1] + 0.6 * walk[k]
        wandering.append(series(np.exp(0.02 * walk).tolist(), name=f"time_walk_{number}"))
    groups = found(clear, *wandering)
    detected = {change.key for one in groups for change in one.changes}
    (main,) = [one for one in groups if clear.key in {change.key for change in one.changes}]
    assert main.commit.sha == sha(40)
    assert len(detected) > 5
    assert len({change.key for change in main.changes}) <= 3
    assert all(one.q > 0.05 for one in groups if one is not main)


def test_what_all_series_of_a_run_share_is_no_agreement() -> None:
    rng = np.random.default_rng(2)
    shared = np.convolve(rng.normal(size=SIZE + 5), np.ones(6) / 2, mode="valid")
    some = [
        series(np.exp(0.01 * (shared + rng.normal(0, 0.3, SIZE))).tolist(), name=f"time_{number}")
        for number in range(40)
    ]
    assert all(one.q > 0.05 for one in found(*some))


def test_a_step_in_a_short_noisy_history_is_not_laid_to_noise_that_remembers() -> None:
    """Times of 29 commits on a busy machine, in ms: 30 % slower from the tenth on."""
    before = [5.54, 5.14, 5.81, 5.25, 5.13, 4.97, 3.41, 5.18, 5.26]
    after = [
        6.87,
        6.23,
        6.6,
        4.4,
        7.01,
        7.11,
        6.61,
        6.5,
        6.83,
        4.7,
        6.6,
        6.93,
        6.95,
        7.58,
        7.07,
        6.97,
        6.9,
        6.91,
        5.82,
        4.49,
    ]
    (one,) = [group for group in found(series([*before, *after]), *noisy(9)) if group.q <= 0.05]
    assert [change.first_new for change in one.changes] == [sha(len(before))]
