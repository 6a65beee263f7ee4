"""Budgets held against made-up histories."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_up import COUNT, SPEED, Past, commits, level, series, sha

from bench_runner.history.budgets import judge
from bench_runner.history.changes import find
from bench_runner.history.policy import Policy
from bench_runner.history.references import Reference
from bench_runner.model.budget import BudgetVerdict
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Amount, Budget, Entries, Ignored, Scope
from bench_runner.model.series import Series
from bench_runner.stats.changepoints import Segments

MEMORY = Metric("memory", "bytes")
TRAFFIC = Metric("requests", "1/s", better="neither")


def at_most(value: float, unit: str = "seconds", glob: str = "*") -> Budget:
    return Budget(Scope(glob), at_most=Amount(value, unit))


def worse(share: float, since: str = "v1") -> Budget:
    return Budget(Scope("*"), worse=share, since=since)


def verdicts(
    found: Sequence[Series], *budgets: Budget, since: int = 19, ignored: tuple[Ignored, ...] = ()
) -> list[BudgetVerdict]:
    past = Past(commits(400), found)
    policy = Policy(entries=Entries(budgets=budgets, ignored=ignored), references={"v1": Reference(sha(since), since)})
    return judge(past, policy, find(past, Segments(), policy))


def one(found: Series, budget: Budget, since: int = 19) -> BudgetVerdict:
    (verdict,) = verdicts([found], budget, since=since)
    return verdict


@pytest.mark.parametrize(("limit", "verdict"), [(0.9, "exceeded"), (1.0, "inconclusive"), (1.1, "within")])
def test_the_newest_level_keeps_an_amount_or_not(limit: float, verdict: str) -> None:
    found = one(series(level((40, 1.0), sd=0.02)), at_most(limit))
    assert found.verdict == verdict
    assert (found.limit, found.level.points) == (limit, 20)
    assert bool(found.reason) == (verdict == "inconclusive")


def test_a_fresh_level_is_judged_as_soon_as_it_is_known() -> None:
    values = level((40, 1.0), (8, 1.5))
    assert one(series(values), at_most(1.2)).verdict == "exceeded"
    assert one(series(values[:41]), at_most(1.2)).verdict == "within"


def test_one_outlier_at_the_end_exceeds_nothing() -> None:
    assert one(series([*level((40, 1.0)), 3.0]), at_most(1.2)).verdict == "within"


def test_a_budget_from_below() -> None:
    fast = series(level((30, 100.0)), metric=SPEED)
    assert one(fast, Budget(Scope("*"), at_least=Amount(90.0, "1/s"))).verdict == "within"
    assert one(fast, Budget(Scope("*"), at_least=Amount(120.0))).verdict == "exceeded"


def test_an_exact_counter_is_judged_by_its_newest_value() -> None:
    counts = series([100.0] * 9 + [101.0], metric=COUNT)
    assert one(counts, at_most(100.0, "")).verdict == "exceeded"
    assert one(counts, at_most(101.0, "")).verdict == "within"
    assert one(counts, worse(0.005), since=8).worse.value == pytest.approx(0.01)
    assert one(counts, worse(0.005), since=8).verdict == "exceeded"


def test_a_budget_speaks_of_the_series_in_its_unit() -> None:
    slow, large = series(level((30, 2.0))), series(level((30, 2.0)), metric=MEMORY, name="mem_a")
    found = verdicts([slow, large], at_most(1.0), at_most(3e6, "bytes"))
    assert [(each.key.case.id, each.verdict) for each in found] == [("time_a", "exceeded"), ("mem_a", "within")]


def test_a_unit_that_no_series_has_is_said() -> None:
    found = one(series(level((30, 2.0))), at_most(1.0, "sec"))
    assert (found.verdict, found.reason) == ("inconclusive", "the limit is in 'sec', the benchmark in 'seconds'")


@pytest.mark.parametrize(("daily", "count"), [(1.0015, 70), (1.0005, 190)])
def test_the_boiling_frog_exceeds_a_budget_since_a_tag(daily: float, count: int) -> None:
    found = []
    for seed in range(10):
        noise = np.exp(np.random.default_rng(seed).normal(0, 0.008, count))
        values = [float(value) for value in daily ** np.arange(count) * noise]
        found.append(one(series(values), worse(0.05), since=10))
    assert [each.verdict for each in found].count("exceeded") >= 8
    assert all(each.verdict != "within" and each.since_sha == sha(10) for each in found)
    true = daily ** (count - 11) - 1
    assert all(each.worse.low < true and each.worse.value == pytest.approx(true, abs=0.025) for each in found)


def test_many_small_steps_exceed_a_budget_in_all() -> None:
    steps = [(20, 1.0 * 1.02**k) for k in range(5)]
    found = one(series(level(*steps, sd=0.003)), worse(0.05), since=15)
    assert found.verdict == "exceeded"
    assert found.worse.value == pytest.approx(1.02**4 - 1, abs=0.004)
    assert one(series(level(*steps, sd=0.003)), worse(0.1), since=15).verdict == "within"


def test_noise_around_the_budget_is_inconclusive() -> None:
    found = one(series(level((40, 1.0), (40, 1.05), sd=0.03)), worse(0.05), since=30)
    assert (found.verdict, found.reason) == ("inconclusive", "the limit lies within the noise")


def test_worse_is_in_the_bad_direction_of_the_metric() -> None:
    fallen, grown = series(level((30, 100.0), (30, 90.0)), metric=SPEED), series(level((30, 1.0), (30, 0.9)))
    assert one(fallen, worse(0.05)).verdict == "exceeded"
    assert one(grown, worse(0.05)).verdict == "within"


def test_what_came_back_keeps_its_budget() -> None:
    assert one(series(level((30, 1.0), (30, 1.3), (30, 1.0))), worse(0.05)).verdict == "within"


def test_the_level_at_a_tag_is_not_one_point() -> None:
    values = level((30, 1.0), (30, 1.02))
    values[19] = 0.7
    assert one(series(values), worse(0.05)).verdict == "within"


def test_a_tag_right_after_a_change_is_judged_by_what_followed_it() -> None:
    found = one(series(level((30, 1.0), (40, 1.5), (30, 1.6), sd=0.005)), worse(0.05), since=31)
    assert found.verdict == "exceeded"
    assert found.worse.value == pytest.approx(1.6 / 1.5 - 1, abs=0.01)


def test_a_tag_at_the_first_measured_commit_has_a_level_too() -> None:
    found = one(series(level((60, 1.0))), worse(0.05), since=0)
    assert (found.verdict, found.worse.points) == ("within", 8)


def test_the_nearest_measured_ancestor_stands_for_a_commit_and_is_named() -> None:
    found = one(series(level((30, 1.0), (30, 1.3)), every=5), worse(0.05), since=103)
    assert (found.verdict, found.since_sha) == ("exceeded", sha(100))
    assert found.reason == f"v1 was not measured: {sha(100)[:8]} stands for it"


def test_a_point_without_a_value_is_not_measured() -> None:
    values = level((30, 1.0), (30, 1.3))
    values[19] = math.nan
    assert one(series(values), worse(0.05)).since_sha == sha(18)


def test_nothing_before_the_commit_is_inconclusive() -> None:
    late = replace(series(level((30, 1.0))), revisions=list(range(100, 130)))
    assert one(late, worse(0.05)).reason == "nothing was measured at v1 or before it"
    assert one(late, worse(0.05), since=-1).verdict == "inconclusive"


def test_nothing_is_compared_across_a_new_version_of_the_benchmark() -> None:
    found = one(series(level((30, 1.0), (30, 1.3)), segments=(0, 30)), worse(0.05))
    assert (found.verdict, found.reason) == (
        "inconclusive",
        "the benchmark, or how it is measured, has changed since v1: name a newer commit",
    )
    assert one(series(level((30, 1.0), (30, 1.3)), segments=(0, 30)), worse(0.05), since=45).verdict == "within"


def test_few_points_since_are_inconclusive_and_said() -> None:
    found = one(series(level((30, 1.0), (2, 1.08), sd=0.02)), worse(0.05), since=29)
    assert (found.verdict, found.reason) == ("inconclusive", "only 2 points to judge by")
    assert one(series(level((30, 1.0))), worse(0.05), since=29).verdict == "inconclusive"


def test_a_series_that_is_no_longer_measured_exceeds_nothing() -> None:
    old, new = series(level((30, 2.0))), series(level((60, 0.5)), name="time_b")
    found = verdicts([old, new], at_most(1.0))
    assert [each.verdict for each in found] == ["inconclusive", "within"]
    assert found[0].reason == f"not measured since {sha(29)[:8]}"
    failing = replace(old, values=[*old.values[:28], math.nan, math.nan])
    assert verdicts([failing], at_most(1.0))[0].verdict == "exceeded"


def test_a_series_without_a_value_is_inconclusive() -> None:
    assert one(series([math.nan] * 5), at_most(1.0)).reason == "nothing was measured"


def test_ignored_series_and_traffic_have_no_budget() -> None:
    found = [series(level((30, 2.0))), series(level((30, 2.0)), name="time_b", metric=TRAFFIC)]
    assert verdicts(found, at_most(1.0), ignored=(Ignored(Scope("time_a"), "why"),)) == []


def test_how_much_worse_is_asked_of_series_without_what_machines_did() -> None:
    measured, even = series(level((30, 1.0), (30, 1.3))), series(level((60, 1.0)))
    policy = Policy(entries=Entries(budgets=(worse(0.05), at_most(1.2))), references={"v1": Reference(sha(19), 19)})
    past = Past(commits(60), [measured])
    changes = find(past, Segments())
    assert [each.verdict for each in judge(past, policy, changes)] == ["exceeded", "exceeded"]
    assert [each.verdict for each in judge(past, policy, changes, [even])] == ["within", "exceeded"]


def test_without_budgets_there_is_nothing_to_say() -> None:
    assert verdicts([series(level((30, 2.0)))]) == []


def test_a_level_at_the_limit_rarely_exceeds_it() -> None:
    found = [series(level((60, 1.0), sd=0.03, seed=seed), name=f"time_{seed}") for seed in range(400)]
    exceeded = [each for each in verdicts(found, at_most(1.0), worse(0.0)) if each.verdict == "exceeded"]
    assert len(exceeded) <= 0.01 * 800
