"""Changes of one case, placed by all its machines together."""

from dataclasses import replace

from made_up import COUNT, Past, commits, level, series

from bench_runner.history.changes import find
from bench_runner.history.grouping import overlap
from bench_runner.history.pooling import pooled
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change
from bench_runner.model.series import Series
from bench_runner.stats.changepoints import Segments


def on(one: Series, machine: str) -> Series:
    return replace(one, key=replace(one.key, machine=machine))


def vague(seed: int, *, size: float = 1.06, name: str = "time_a") -> Series:
    return series(level((60, 1.0), (60, size), sd=0.03, seed=seed), name=name)


def both(*some: Series) -> tuple[list[Change], list[Change]]:
    past = Past(commits(120), some)
    found = find(past, Segments())
    return found, pooled(found, past)


def test_two_vague_machines_place_a_change_better_than_each_of_them() -> None:
    alone = together = 0
    for seed in range(0, 60, 2):
        before, after = both(vague(seed), on(vague(seed + 1), "two"))
        if len(before) == 2 and overlap(*before):
            alone += sum(abs(one.revision - 60) for one in before)
            together += sum(abs(one.revision - 60) for one in after)
            assert len({(one.revision, one.span) for one in after}) == 1
    assert 0 < together < 0.75 * alone


def test_a_sparse_machine_takes_the_range_of_a_dense_one_and_its_own_next_point() -> None:
    dense = series(level((47, 1.0), (73, 1.4)))
    sparse = on(series(level((10, 1.0), (14, 1.4), seed=2), every=5), "two")
    _, (one, other) = both(dense, sparse)
    assert (one.revision, one.span) == (47, (47, 47))
    assert (other.revision, other.span, other.step.index) == (50, (47, 47), 10)
    assert other.last_old == sparse.shas[9]
    assert one.posterior == other.posterior
    assert 0.9 < one.posterior[0][2] <= 1


def test_other_cases_other_directions_and_changes_elsewhere_stay_where_they_are() -> None:
    other_case, other_way = vague(2, name="time_b"), on(vague(3, size=0.94), "two")
    elsewhere = on(series(level((20, 1.0), (100, 1.06))), "two")
    for other in (other_case, other_way, elsewhere):
        before, after = both(vague(1), other)
        assert len(before) == 2
        assert before == after


def test_one_that_is_wrong_does_not_rule_out_what_others_say() -> None:
    clear = [on(series(level((60, 1.0), (60, 1.3), seed=seed)), f"m{seed}") for seed in range(3)]
    before, after = both(*clear)
    wrong = replace(before[0], span=(58, 60), posterior=((58, 58, 0.98), (60, 60, 0.02)))
    assert [one.revision for one in pooled([wrong, *before[1:]], Past(commits(120), clear))] == [60, 60, 60]
    assert [one.revision for one in after] == [60, 60, 60]


def counts(*parts: tuple[int, float], of: str = "time_a") -> Series:
    return series(level(*parts, sd=0.0), name=f"{of}:calls", metric=COUNT)


def times(found: list[Change]) -> list[Change]:
    return [one for one in found if not one.metric.exact]


def vaguer() -> Series:
    """Return a series of time whose only change, at 60, may be anywhere from 56 to 64."""
    for seed in range(200):
        one = vague(seed, size=1.05)
        found = find(Past(commits(120), [one]), Segments())
        if len(found) == 1 and found[0].span and found[0].span[0] <= 56 and found[0].span[1] >= 64:
            return one
    raise AssertionError


def test_what_is_counted_tells_where_the_time_of_the_same_call_changed() -> None:
    moved = 0
    for seed in range(20):
        (before,), (after,) = map(times, both(vague(seed, size=1.1), counts((60, 100.0), (60, 110.0))))
        moved += before.revision != 60
        assert (after.revision, after.span, after.posterior) == (60, (60, 60), ((60, 60, 1.0),))
        assert after.step.ratio == before.step.ratio
    assert moved


def test_a_count_that_cannot_have_made_it_does_not_tell_where_it_is() -> None:
    for count in (
        counts((60, 10000.0), (60, 10001.0)),
        counts((60, 110.0), (60, 100.0)),
        counts((60, 100.0), (60, 110.0), of="time_b"),
        counts((20, 100.0), (100, 110.0)),
    ):
        (before,), (after,) = map(times, both(vague(1, size=1.1), count))
        assert before == after


def test_the_largest_count_tells_and_two_changes_never_share_a_place() -> None:
    time = vaguer()
    few, many = counts((59, 1000.0), (61, 1040.0)), counts((61, 100.0), (59, 110.0))
    many = replace(many, key=replace(many.key, case=Case("time_a:bytecode")))
    before, after = map(times, both(time, few, many))
    assert [one.revision for one in after] == [61]
    beside = replace(before[0], revision=61, span=(61, 62))
    found = [*before, beside, *find(Past(commits(120), [many]), Segments())]
    assert [one.revision for one in times(pooled(found, Past(commits(120), [time, many])))] == [before[0].revision, 61]


def test_a_count_of_fewer_commits_narrows_the_range_as_far_as_it_can() -> None:
    sparse = series(level((7, 100.0), (8, 110.0), sd=0.0), name="time_a:calls", metric=COUNT, every=9)
    (before,), (after,) = map(times, both(vaguer(), sparse))
    assert before.span is not None
    assert after.span is not None
    assert before.span[1] > 63
    assert 55 <= after.span[0] <= after.revision <= after.span[1] <= 63
