"""Changes of one case, placed by all its machines together."""

from dataclasses import replace

from made_up import Past, commits, level, series

from bench_runner.history.changes import find
from bench_runner.history.grouping import overlap
from bench_runner.history.pooling import pooled
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
