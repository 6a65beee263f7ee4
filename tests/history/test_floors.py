"""Floors suggested from the noise of made-up projects."""

from made_up import COUNT, SPEED, Past, commits, level, series

from bench_runner.history.floors import Suggestions, suggest
from bench_runner.history.policy import Policy
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Entries, Floor, Ignored, Scope
from bench_runner.model.series import Series


def floors(*found: Series, policy: Policy | None = None) -> Suggestions:
    return suggest(Past(commits(200), found), policy or Policy())


def noisy(name: str, sd: float, metric: Metric = SPEED, seed: int = 1) -> Series:
    return series(level((40, 1.0), (40, 1.5), sd=sd, seed=seed), name=name, metric=metric)


def named(found: Suggestions) -> dict[str, float]:
    return {str(one.scope): one.change for one in found.floors}


def test_a_floor_is_three_times_the_noise_rounded_up_and_knows_no_step() -> None:
    found = floors(noisy("a.time_x", 0.02))
    assert named(found) == {"a.time_x metric=rate": 0.07}
    (one,) = found.floors
    assert 0.015 < one.quietest == one.noisiest < 0.025


def test_a_class_with_equal_floors_has_one() -> None:
    made = [noisy(f"{place}.time_{letter}", sd) for place, sd in (("a.B", 0.02), ("a.C", 0.1)) for letter in "xyz"]
    assert named(floors(*made)) == {"a.B.* metric=rate": 0.07, "a.C.* metric=rate": 0.5}
    assert named(floors(*made[:3])) == {"* metric=rate": 0.07}
    assert named(floors(*made[:4])) == {"a.B.* metric=rate": 0.07, "a.C.time_x metric=rate": 0.5}


def test_an_exception_leaves_its_class_without_one() -> None:
    made = [noisy("a.time_x", 0.02), noisy("a.time_y", 0.02), noisy("a.time_z", 0.1)]
    assert named(floors(*made)) == {
        "a.time_x metric=rate": 0.07,
        "a.time_y metric=rate": 0.07,
        "a.time_z metric=rate": 0.5,
    }


def test_metrics_have_floors_of_their_own() -> None:
    memory = Metric("memory", "bytes")
    found = floors(noisy("a.x", 0.02), noisy("a.y", 0.02), noisy("a.m", 0.1, memory), noisy("a.n", 0.1, memory))
    assert named(found) == {"* metric=rate": 0.07, "* metric=memory": 0.5}


def test_what_needs_no_floor_is_counted() -> None:
    policy = Policy(entries=Entries((Floor(Scope("a.covered"), 0.1),), (), (Ignored(Scope("a.ignored"), "r"),)))
    made = [noisy("a.covered", 0.02), noisy("a.ignored", 0.02), noisy("a.quiet", 0.001), noisy("a.exact", 0.02, COUNT)]
    found = floors(*made, series([1.0] * 9, name="a.short"), series([0.0] * 40, name="a.zero"), policy=policy)
    assert found == Suggestions((), covered=1, quiet=1, short=2)


def test_an_empty_project_has_none() -> None:
    assert floors() == Suggestions()
