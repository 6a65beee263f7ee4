"""What a detector sees against what the ledger holds."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import COUNT, Past, commits, level, series, sha

from bench_runner.history.changes import find
from bench_runner.history.ledger import Reconciled, reconcile
from bench_runner.model.change import UNSEEN
from bench_runner.model.ledger import Entry, Proposal
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.series import Series
from bench_runner.stats.changepoints import Segments

Ledger = Mapping[str, Entry]


def told(past: Past, ledger: Ledger | None = None) -> Reconciled:
    return reconcile(find(past, Segments()), ledger or {}, past)


def written(ledger: Ledger, proposals: Sequence[Proposal]) -> dict[str, Entry]:
    found = dict(ledger)
    for one in proposals:
        if one.new is None:
            del found[one.id]
        else:
            found[one.id] = one.new
    return found


def recorded(past: Past, ledger: Ledger | None = None) -> dict[str, Entry]:
    return written(ledger or {}, told(past, ledger).proposals)


def past(*found: Series, count: int = 400) -> Past:
    return Past(commits(count), found)


def measured(values: Sequence[float], revisions: Sequence[int], metric: Metric = TIME) -> Past:
    """The points of a history, one value per commit, of which only some were measured."""
    some = [values[one] for one in revisions]
    one = series(some, metric=metric)
    return past(replace(one, revisions=list(revisions), shas=[sha(at) for at in revisions]), count=len(values))


def news(found: Reconciled) -> list[tuple[str, ...]]:
    return [one.news for one in found.proposals]


def test_a_confirmed_change_is_proposed_and_a_pending_one_is_not() -> None:
    here = past(
        series(level((12, 1.0), (12, 1.3)), name="time_old"),
        series([100.0] * 20 + [101.0] * 2, name="count_new", metric=COUNT),
    )
    found = told(here)
    assert sorted(one.state for one in found.changes) == ["confirmed", "pending"]
    (proposal,) = found.proposals
    assert (proposal.news, proposal.old) == (("new",), None)
    entry = proposal.new
    assert entry is not None
    assert (entry.key.case.id, entry.last_old, entry.first_new) == ("time_old", sha(11), sha(12))
    assert entry.size.ratio == pytest.approx(1.3, rel=0.02)


def test_what_was_recorded_is_no_news() -> None:
    here = past(series(level((12, 1.0), (12, 1.3))))
    again = told(here, recorded(here))
    assert again.proposals == ()
    assert [one.id for one in again.changes] == [one.id for one in told(here).changes]


def test_a_commit_measured_in_the_middle_narrows_the_range_and_keeps_the_id() -> None:
    values = level((50, 1.0), (50, 1.3))
    sparse = measured(values, range(3, 100, 6))
    ledger = recorded(sparse)
    (before,) = ledger.values()
    assert (before.last_old, before.first_new) == (sha(45), sha(51))
    denser = measured(values, sorted({*range(3, 100, 6), 48}))
    found = told(denser, ledger)
    assert [one.news[0] for one in found.proposals] == ["narrowed"]
    (change,) = found.changes
    assert (change.id, change.last_old, change.first_new, change.candidates) == (before.id, sha(48), sha(51), 3)
    dense = measured(values, range(100))
    (final,) = told(dense, written(ledger, found.proposals)).changes
    assert (final.id, final.last_old, final.first_new, final.candidates) == (before.id, sha(49), sha(50), 1)


def test_a_recorded_place_stays_when_the_detectors_moves_a_little() -> None:
    here = past(series(level((40, 1.0), (40, 1.3))))
    ledger = recorded(here)
    (entry,) = ledger.values()
    (seen,) = find(here, Segments())
    step = replace(seen.step, index=41, earliest=41, latest=41)
    wandered = replace(seen, step=step, last_old=sha(40), first_new=sha(41), revision=41, span=(41, 41))
    found = reconcile([wandered], ledger, here)
    (change,) = found.changes
    assert (change.id, change.first_new, change.revision, change.step.index) == (entry.id, sha(40), 40, 40)
    assert found.proposals == ()
    far = replace(wandered, step=replace(step, index=60, earliest=60, latest=60), first_new=sha(60), revision=60)
    assert sorted(news(reconcile([far], ledger, here))) == [("new",), ("no longer seen",)]


def test_a_place_that_noise_had_chosen_is_corrected_within_the_recorded_span() -> None:
    dense = past(series(level((60, 1.0), (60, 1.25))))
    ((name, right),) = recorded(dense).items()
    wrong = replace(right, last_old=sha(63), first_new=sha(70), span=(sha(57), sha(70)))
    found = told(dense, {name: wrong})
    assert news(found) == [("narrowed",)]
    assert (found.changes[0].id, found.changes[0].first_new, found.changes[0].span) == (name, sha(60), (60, 60))
    sure = replace(wrong, last_old=sha(61), first_new=sha(62), span=(sha(62), sha(62)))
    found = told(dense, {name: sure})
    assert (found.proposals, found.changes[0].first_new) == ((), sha(62))


def test_a_change_that_is_no_longer_seen_is_kept_with_a_warning() -> None:
    here = past(series(level((12, 1.0), (12, 1.3))))
    ledger = recorded(here)
    found = reconcile([], ledger, here)
    (kept,) = found.kept
    assert kept.warnings == (UNSEEN,)
    assert (kept.id, kept.state, kept.worse, kept.standing) == (*ledger, "confirmed", True, False)
    assert news(found) == [("no longer seen",)]
    assert written(ledger, found.proposals) == ledger


def test_one_whose_results_or_commits_are_gone_is_named() -> None:
    ledger = recorded(past(series(level((12, 1.0), (12, 1.3)))))
    for other in (past(series(level((24, 1.0)), name="time_other")), Past(commits(5), [series(level((5, 1.0)))])):
        found = told(other, ledger)
        assert news(found) == [("lost",)]
        assert (found.changes, found.kept) == ((), ())
        assert written(ledger, found.proposals) == ledger


def test_a_recovery_is_news_and_names_its_commit() -> None:
    values = level((12, 1.0), (8, 1.25), (12, 1.005))
    early, late = past(series(values[:20])), past(series(values))
    ledger = recorded(early)
    (slow,) = ledger.values()
    assert slow.state == "confirmed"
    found = told(late, ledger)
    assert sorted(news(found)) == [("new",), ("recovered",)]
    after = written(ledger, found.proposals)[slow.id]
    assert (after.state, after.recovered_by) == ("recovered", sha(20))
    assert [one.state for one in found.changes] == ["recovered", "confirmed"]


def test_a_recovery_that_is_taken_back_is_told_as_well() -> None:
    here = past(series(level((12, 1.0), (12, 1.3))))
    ((name, entry),) = recorded(here).items()
    found = told(here, {name: replace(entry, state="recovered", recovered_by=sha(20))})
    assert news(found) == [("stands again",)]
    assert found.changes[0].standing
    assert recorded(here, {name: replace(entry, state="recovered")})[name] == entry


def test_dismissed_stays_dismissed_and_is_never_written_again() -> None:
    values = level((50, 1.0), (50, 1.3))
    ((name, entry),) = recorded(measured(values, range(3, 100, 6))).items()
    ledger = {name: replace(entry, state="dismissed", reason="the disk was full")}
    found = told(measured(values, range(100)), ledger)
    assert found.proposals == ()
    (change,) = found.changes
    assert (change.state, change.reason, change.standing) == ("dismissed", "the disk was full", False)
    unseen = reconcile([], ledger, measured(values, range(100)))
    assert (unseen.proposals, unseen.kept[0].warnings) == ((), ())


def test_the_size_stays_as_recorded_until_it_is_known_much_better() -> None:
    values = level((60, 1.0), (60, 1.1), sd=0.02, seed=3)
    young, older, old = (past(series(values[:end])) for end in (64, 68, 120))
    ledger = recorded(young)
    (entry,) = ledger.values()
    (change,) = told(older, ledger).changes
    assert change.step.ratio == entry.size.ratio
    found = told(old, ledger)
    assert any("sharpened" in one for one in news(found))
    assert found.changes[0].id == entry.id
    after = written(ledger, found.proposals)[entry.id].size
    assert after.ratio_high - after.ratio_low < (entry.size.ratio_high - entry.size.ratio_low) / 2


def test_a_size_that_turned_out_to_be_another_is_taken_anew() -> None:
    here = past(series(level((12, 1.0), (12, 1.3))))
    ((name, entry),) = recorded(here).items()
    wrong = replace(entry, size=replace(entry.size, ratio=1.5, ratio_low=1.499, ratio_high=1.501))
    found = told(here, {name: wrong})
    assert news(found) == [("sharpened",)]
    assert found.changes[0].step.ratio == entry.size.ratio


def test_two_counters_steps_in_a_row_are_two_changes() -> None:
    here = past(series([100.0] * 5 + [101.0] * 2 + [102.0] * 5, metric=COUNT))
    first, second = find(here, Segments())
    old = told(past(series([100.0] * 5 + [101.0] * 4, metric=COUNT))).proposals[0].new
    assert old is not None
    assert old.id == first.id
    found = reconcile([second], {old.id: old}, here)
    assert sorted(news(found)) == [("new",), ("no longer seen",)]
    assert told(here, written({old.id: old}, told(here, {old.id: old}).proposals)).proposals == ()


def test_a_new_change_never_takes_the_id_of_a_recorded_one() -> None:
    here = past(series(level((12, 1.0), (12, 1.3), (12, 1.6))))
    first, second = find(here, Segments())
    ((name, entry),) = recorded(past(series(level((12, 1.0), (12, 1.3))))).items()
    assert name == first.id
    ledger = {second.id: replace(entry, id=second.id)}
    found = told(here, ledger)
    assert len({one.id for one in found.changes}) == 2
    assert found.changes[0].id == second.id
    assert written(ledger, found.proposals).keys() == {one.id for one in found.changes}
    assert told(here, written(ledger, found.proposals)).proposals == ()


def test_what_two_branches_recorded_under_two_ids_is_made_one() -> None:
    here = past(series(level((40, 1.0), (40, 1.3))))
    ((name, entry),) = recorded(here).items()
    other = replace(entry, id="0" * 8, last_old=sha(40), first_new=sha(41), span=(sha(41), sha(41)))
    found = told(here, {name: entry, other.id: other})
    assert [(one.news, one.id) for one in found.proposals] == [(("twice",), other.id)]
    assert [one.id for one in found.changes] == [name]
    dismissed = replace(other, state="dismissed", span=(sha(40), sha(41)))
    found = told(here, {name: entry, other.id: dismissed})
    assert [(one.news, one.id) for one in found.proposals] == [(("twice",), name)]
    assert [one.state for one in found.changes] == ["dismissed"]


def test_an_entry_follows_a_series_that_was_renamed() -> None:
    here = past(series(level((12, 1.0), (12, 1.3)), name="time_new"))
    ((name, entry),) = recorded(past(series(level((12, 1.0), (12, 1.3)), name="time_old"))).items()
    key = here.series[0].key
    found = reconcile(find(here, Segments()), {name: entry}, here, today=lambda _: key)
    assert found.proposals == ()
    assert [(one.id, one.key) for one in found.changes] == [(name, key)]


def test_a_change_that_is_unsure_is_not_proposed_and_keeps_a_recorded_one_alive() -> None:
    here = past(series(level((12, 1.0), (12, 1.3))))
    changes = find(here, Segments())
    assert reconcile(changes, {}, here, unsure=changes).proposals == ()
    known = reconcile(changes, recorded(here), here, unsure=changes)
    assert (known.proposals, known.kept) == ((), ())


def test_unknown_fields_of_an_entry_survive_what_becomes_of_it() -> None:
    values = level((50, 1.0), (50, 1.3))
    ((name, entry),) = recorded(measured(values, range(3, 100, 6))).items()
    ledger = {name: replace(entry, unknown={"colour": "red"})}
    assert recorded(measured(values, range(100)), ledger)[name].unknown == {"colour": "red"}


def windows(values: Sequence[float], every: int = 1) -> Past:
    """A series of production: two windows of each release, one window a minute."""
    one = series(values[::every])
    at = range(0, len(values), every)
    places = [number // 2 for number in at]
    shas = [sha(number) for number in places]
    return past(replace(one, revisions=places, shas=shas, times=[60_000 * number for number in at]))


def test_a_change_of_production_is_recorded_by_its_windows() -> None:
    values = level((40, 1.0), (40, 1.3))
    sparse, dense = windows(values, 5), windows(values)
    ledger = recorded(sparse)
    (before,) = ledger.values()
    assert before.between == (60_000 * 35, 60_000 * 40)
    found = told(dense, ledger)
    assert [one[0] for one in news(found)] == ["narrowed"]
    (change,) = found.changes
    assert (change.id, change.between, change.step.index) == (before.id, (60_000 * 39, 60_000 * 40), 40)
    after = written(ledger, found.proposals)
    assert told(dense, after).proposals == ()
    (kept,) = reconcile([], after, dense).kept
    assert (kept.between, kept.warnings, kept.production) == (change.between, (UNSEEN,), True)
    assert news(reconcile([], after, windows(values[:30]))) == [("lost",)]


histories = st.lists(st.tuples(st.integers(4, 25), st.sampled_from([1.0, 1.08, 1.3, 0.7, 2.0])), min_size=2, max_size=5)


def narrower(after: Entry, before: Entry) -> bool:
    """Whether an entry lies where it lay, or in a part of that: of its range, or of its span."""
    was, now = ([int(one, 16) for one in entry.span or ()] for entry in (before, after))
    assert was[0] <= now[0]
    assert now[1] <= was[1]
    inside = before.last_old <= after.last_old and after.first_new <= before.first_new
    return inside or now != was


def of(parts: Sequence[tuple[int, float]], seed: int) -> list[float]:
    return level(*parts, seed=seed, sd=0.01)


@pytest.mark.slow
@given(histories, st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_a_ledger_written_as_proposed_brings_no_news(parts: list[tuple[int, float]], seed: int) -> None:
    here = past(series(of(parts, seed)))
    ledger = recorded(here)
    again = told(here, ledger)
    assert [one for one in again.proposals if one.writes] == []
    assert written(ledger, again.proposals) == ledger
    assert told(here, ledger) == again


@pytest.mark.slow
@given(histories, st.integers(0, 9), st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_the_order_of_changes_and_entries_does_not_matter(
    parts: list[tuple[int, float]], seed: int, shuffle: int
) -> None:
    values = of(parts, seed)
    ledger = recorded(past(series(values[: len(values) * 2 // 3]), series(values, name="time_b")))
    here = past(series(values), series(values, name="time_b"), series(of(parts, seed + 1), name="time_c"))
    changes, entries = find(here, Segments()), list(ledger.items())
    plain = reconcile(changes, ledger, here)
    draw = random.Random(shuffle)
    draw.shuffle(changes)
    draw.shuffle(entries)
    mixed = reconcile(changes, dict(entries), here)
    assert sorted(map(repr, mixed.changes)) == sorted(map(repr, plain.changes))
    assert (mixed.kept, mixed.proposals) == (plain.kept, plain.proposals)


@pytest.mark.slow
@given(histories, st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_points_that_come_later_lose_no_change_and_move_none(parts: list[tuple[int, float]], seed: int) -> None:
    """Night after night, three points at a time, what is found is recorded; ids and places stay as first recorded."""
    values = of(parts, seed)
    ledger: dict[str, Entry] = {}
    for end in range(9, len(values) + 1, 3):
        found = told(past(series(values[:end])), ledger)
        shown = {one.id: one for one in (*found.changes, *found.kept)}
        after = written(ledger, found.proposals)
        for name, entry in ledger.items():
            assert narrower(after[name], entry)
            assert (shown[name].last_old, shown[name].first_new) == (after[name].last_old, after[name].first_new)
        ledger = after


@pytest.mark.slow
@given(st.integers(0, 200), st.integers(4, 9), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_commits_measured_in_the_middle_keep_the_id_and_only_narrow(seed: int, every: int, draw: random.Random) -> None:
    values = level((60, 1.0), (60, 1.25), seed=seed, sd=0.01)
    chosen = set(range(0, 120, every))
    ledger = recorded(measured(values, sorted(chosen)))
    (name,) = ledger
    missing = sorted(set(range(120)) - chosen)
    draw.shuffle(missing)
    for part in np.array_split(missing, 5):
        chosen |= {int(one) for one in part}
        before = ledger[name]
        found = told(measured(values, sorted(chosen)), ledger)
        ledger = written(ledger, found.proposals)
        near = [one.id for one in found.changes if 50 < one.revision < 70]  # noise may make another one elsewhere
        assert near == [name]
        assert narrower(ledger[name], before)
    assert (ledger[name].last_old, ledger[name].first_new) == (sha(59), sha(60))
