"""Two commits that were measured side by side: what is said of cells, of the gate, and of how far to trust it."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_gates import BASE, HEAD, PEAK, anew, computing, faulty, gate, known, noise, peak, sides, timed, twice
from scipy.stats import binomtest

from bench_runner.history.gate_record import bound, record, shown
from bench_runner.history.gates import judge
from bench_runner.model.benchmark import Case
from bench_runner.model.gate import SIDES, Cell, Gate, Shown, Side
from bench_runner.model.judged import GateWord, Judged, Record, Seen
from bench_runner.model.metric import Metric
from bench_runner.stats import paired
from bench_runner.stats.looks import LOOKS, SPENT, Aim

AIM = Aim()
STILL = [timed("time_s"), timed("time_t")]
WORSE, BETTER = twice("time_w", 1.2), twice("time_b", 0.8)
LOOKED = timed("time_l", 1.2)
RED = twice("time_r", again=1.3)
NOISY = timed("time_n", sd=0.5)
GONE, FRESH, BROKEN = (
    faulty("time_g", head="missing"),
    faulty("time_f", base="missing"),
    faulty("time_x", head="failed"),
)


@pytest.fixture(autouse=True)
def few_draws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paired, "DRAWS", 499)
        yield


def judged(*cells: Cell, whole: bool = True, looks: tuple[int, ...] = (10,)) -> Judged:
    """Judge cells, with none of them changed by it and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return judge(gate(*cells, whole=whole, looks=looks), AIM)


def seen(*cells: Cell, **more: object) -> dict[str, Seen]:
    return {one.cell.case.id.removeprefix("suite."): one for one in judged(*cells, **more).cells}  # type: ignore[arg-type]


def only(cell: Cell, **more: object) -> Seen:
    """What is known of one cell among others that are unchanged."""
    return judged(cell, *STILL, **more).cells[0]  # type: ignore[arg-type]


# Cells.


@pytest.mark.parametrize(
    ("cell", "word", "state", "reason"),
    [
        (twice(ratio=1.2), "slower", "changed", "again in 10 fresh rounds"),
        (twice(ratio=0.8), "faster", "changed", "again in 10 fresh rounds"),
        (timed(), "unchanged", "alike", ""),
        (timed(ratio=1.01), "unchanged", "alike", ""),
        (timed(sd=0.08), "inconclusive", "open", "not clear after 10"),
        (timed(sd=0.5), "inconclusive", "unclear", "too noisy: +"),
        (timed(rounds=0), "inconclusive", "open", "not measured yet"),
        (timed(ratio=1.2), "inconclusive", "changed", "looks changed, not measured anew yet"),
        (anew(timed(ratio=1.2), 1.0), "inconclusive", "changed", "looked changed, and did not when measured anew"),
        (anew(timed(ratio=1.2), 0.8), "inconclusive", "changed", "looked changed, and did not when measured anew"),
        (anew(timed(ratio=1.2), 1.2, rounds=9), "inconclusive", "changed", "looks changed, not measured anew yet"),
        (faulty(head="missing"), "missing", "alike", "missing at the head: it missing"),
        (faulty(base="missing"), "new", "alike", "missing at the base: it missing"),
        (faulty(head="failed"), "failed", "alike", "failed at the head: it failed"),
        (faulty(base="timeout"), "failed", "alike", "timeout at the base: it timeout"),
        (faulty(again="crashed"), "failed", "alike", "crashed at the base: it crashed"),
        (faulty(base="failed", head="skipped"), "failed", "alike", "skipped at both commits: it skipped"),
        (faulty(base="skipped", head="skipped"), "skipped", "alike", "skipped at both commits: it skipped"),
        (faulty(head="skipped"), "missing", "alike", "skipped at the head: it skipped"),
        (faulty(base="skipped"), "new", "alike", "skipped at the base: it skipped"),
        (faulty(head="unlike"), "unlike", "alike", "unlike at the head: it unlike"),
    ],
)
def test_what_is_said_of_a_cell_and_why(cell: Cell, word: str, state: str, reason: str) -> None:
    found = only(cell)
    assert (found.word, found.state) == (word, state)
    assert found.reason.startswith(reason)
    assert bool(found.reason) == bool(reason)


def test_numbers_of_a_cell() -> None:
    found = only(twice(ratio=1.2))
    assert found.ratio == pytest.approx(1.2, rel=0.01)
    assert found.low < 1.2 < found.high < 1.25
    assert found.p == found.least_p == pytest.approx(2 / math.comb(20, 10))
    assert found.p < found.q <= 0.05
    nothing = only(faulty(head="failed"))
    assert math.isnan(nothing.ratio)
    assert (nothing.low, nothing.high) == (0.0, math.inf)


def test_fresh_rounds_are_held_against_each_other_and_not_against_the_first_ones() -> None:
    slow_hour = {side: tuple(5 * one for one in values) for side, values in twice(ratio=1.2).fresh.items()}
    assert only(replace(timed(ratio=1.2), fresh=slow_hour)).word == "slower"


def test_the_more_cells_are_flagged_the_clearer_each_has_to_be_again() -> None:
    three = [anew(timed(f"time_{k}", 1.2, rounds=10), 1.05, sd=0.05) for k in range(40)]
    assert only(three[0]).word == "slower"
    assert {one.word for one in seen(*three).values()} == {"inconclusive"}


@pytest.mark.parametrize(("effect", "word"), [(0.05, "inconclusive"), (0.1, "unchanged")])
def test_what_is_to_be_found_decides_what_is_unchanged(effect: float, word: str) -> None:
    assert judge(gate(timed(sd=0.08)), Aim(effect=effect)).cells[0].word == word


def test_a_floor_of_its_own_goes_before_the_common_one() -> None:
    cells = [twice("time_a", 1.2), twice("time_b", 1.2)]
    found = judge(gate(*cells, *STILL), AIM, {"suite.time_a": 0.3})
    assert [one.word for one in found.cells] == ["inconclusive", "slower", "unchanged", "unchanged"]
    assert judge(gate(*cells, *STILL), Aim(floor=0.3)).word == "PASS"
    assert judge(gate(*cells, *STILL), Aim(floor=0.3), {"suite.time_b": 0.1}).word == "REGRESSION"


# Where the wall clock is too noisy, and it computes all the time.


@pytest.mark.parametrize(
    ("cell", "word", "reason"),
    [
        (computing(ratio=1.1, fresh=1.1), "slower", "CPU time, again in 10 fresh rounds"),
        (computing(ratio=0.9, fresh=0.9), "faster", "CPU time, again in 10 fresh rounds"),
        (computing(ratio=1.1, fresh=1.0), "inconclusive", "CPU time, looked changed, and did not when measured anew"),
        (computing(ratio=1.1), "inconclusive", "CPU time, looks changed, not measured anew yet"),
        (computing(), "unchanged", ""),
    ],
)
def test_what_computes_all_the_time_is_told_by_the_cpus_clock(cell: Cell, word: str, reason: str) -> None:
    found = only(cell)
    assert (found.word, found.reason, found.clock) == (word, reason, "cpu")
    assert found.ratio == pytest.approx(cell.cpu["head"][0] / cell.cpu["base"][0], abs=0.03)


@pytest.mark.parametrize("of", [0.5, 1.5])
def test_what_waits_or_has_many_threads_is_not(of: float) -> None:
    found = only(computing(ratio=1.1, fresh=1.1, of=of))
    assert (found.word, found.clock) == ("inconclusive", "wall")


@pytest.mark.parametrize(("better", "word"), [("lower", "slower"), ("higher", "faster"), ("neither", "inconclusive")])
def test_which_way_is_worse_is_the_metrics(better: str, word: str) -> None:
    metric = Metric("wait", "seconds", better)  # type: ignore[arg-type]
    assert only(replace(twice(ratio=1.2), metric=metric)).word == word


# Few rounds.


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        (known("f", 1000, 1001), "slower"),
        (known("f", 1000, 999), "faster"),
        (known("f", 1000, 1000), "unchanged"),
        (known("f", 0, 1), "slower"),
        (known("f", 0, 0), "unchanged"),
        (known("f", -1, -2), "faster"),
        (known("f", 1000, 1001, Metric("rate", "1/s", "higher", exact=True)), "faster"),
        (known("f", 1000, 999, Metric("rate", "1/s", "higher", exact=True)), "slower"),
        (known("f", 1000, 999, Metric("asked", "1", "neither", exact=True)), "inconclusive"),
        (known("f", 1000, 1000, Metric("asked", "1", "neither", exact=True)), "unchanged"),
        (known("f", 1000, math.nan), "inconclusive"),
        (known("f", math.nan, 1000), "inconclusive"),
        (known("f", 1000, math.inf), "inconclusive"),
    ],
)
def test_exact_numbers_are_compared_exactly_and_need_no_second_time(cell: Cell, word: str) -> None:
    found = only(cell)
    assert found.word == word
    assert found.flagged == (word in {"slower", "faster"})
    assert not found.cell.fresh


@pytest.mark.parametrize(
    ("cell", "word", "reason"),
    [
        (peak("peakmem_p", 1e8, 2e8), "inconclusive", "looks changed, not measured anew yet"),
        (peak("peakmem_p", 1e8, 2e8, 2e8), "slower", "again when measured anew"),
        (peak("peakmem_p", 2e8, 1e8, 1e8), "faster", "again when measured anew"),
        (peak("peakmem_p", 1e8, 2e8, 1e8), "inconclusive", "looked changed, and did not when measured anew"),
        (peak("peakmem_p", 1e8, 2e8, 5e7), "inconclusive", "looked changed, and did not when measured anew"),
        (peak("peakmem_p", 1e8, 1e8), "unchanged", ""),
    ],
)
def test_peak_memory_has_to_double_twice(cell: Cell, word: str, reason: str) -> None:
    found = only(cell)
    assert (found.word, found.reason) == (word, reason)


def test_a_part_of_the_fresh_rounds_is_not_a_second_time() -> None:
    whole = peak("peakmem_p", 1e8, 2e8, 1e8)
    some = replace(whole, fresh={side: values[:2] for side, values in whole.fresh.items()})
    assert only(some).reason == "looks changed, not measured anew yet"


@pytest.mark.parametrize(
    ("kind", "metric", "head", "word"),
    [
        ("memory", Metric("memory", "bytes"), 1010.0, "unchanged"),
        ("memory", Metric("memory", "bytes"), 1030.0, "slower"),
        ("peakmemory", PEAK, 1040.0, "unchanged"),
        ("peakmemory", PEAK, 1060.0, "slower"),
        ("instr", Metric("instructions", "instructions"), 1004.0, "unchanged"),
        ("instr", Metric("instructions", "instructions"), 1006.0, "slower"),
        ("track", Metric("score", "points"), 2000.0, "inconclusive"),
        ("track", Metric("score", "points"), 1000.0, "unchanged"),
    ],
)
def test_single_numbers_have_the_floor_of_their_kind(kind: str, metric: Metric, head: float, word: str) -> None:
    one = known("f", 1000.0, head, metric, kind)
    assert only(replace(one, fresh=one.rounds)).word == word
    assert only(one).word == ("inconclusive" if word == "slower" else word)


def test_a_number_that_nobody_can_test_is_corrected_for_nothing() -> None:
    found = seen(peak("peakmem_p", 1e8, 2e8, 2e8), known("f", 1000, 1001), known("g", 1, 2, Metric("score", "points")))
    assert math.isnan(found["f"].q)
    assert math.isnan(found["g"].q)
    assert found["peakmem_p"].q == found["peakmem_p"].p


# What explains what.


AGAIN = "again in 10 fresh rounds"
SAME = "the same number of calls: layout, data or the machine"


@pytest.mark.parametrize(
    ("siblings", "reason"),
    [
        ([known("time_a:calls", 1000, 1100)], f"{AGAIN}; calls +10.0 %"),
        ([known("time_a:calls", 1000, 1000)], f"{AGAIN}; {SAME}"),
        ([known("time_a:calls", 1000, 1000), known("time_a:alloc", 1000, 900)], f"{AGAIN}; alloc -10.0 %"),
        ([known("time_a:leak", 0, 5)], f"{AGAIN}; leak changed"),
        ([known("time_b:calls", 1000, 1100)], AGAIN),
        ([replace(known("time_a:calls", 1000, 1100), case=Case("suite.time_a:calls", ("1",)))], AGAIN),
        ([known("time_a:instr", 1000, 1100, Metric("instr", "instructions"))], AGAIN),
    ],
)
def test_exact_metrics_of_the_same_case_explain_its_time(siblings: list[Cell], reason: str) -> None:
    assert seen(twice("time_a", 1.2), *siblings)["time_a"].reason == reason


def test_they_explain_nothing_where_nothing_changed() -> None:
    found = seen(timed("time_a"), known("time_a:calls", 1000, 1100))
    assert (found["time_a"].reason, found["time_a:calls"].reason) == ("", "")


# The gate.


@pytest.mark.parametrize(
    ("cells", "whole", "word", "why"),
    [
        (STILL, True, "PASS", "none of 2 cells got worse"),
        ([*STILL, BETTER], True, "PASS", "none of 3 cells got worse"),
        ([*STILL, NOISY], True, "PASS", "none of 2 cells got worse; nothing can be said of 1"),
        ([*STILL, FRESH], True, "PASS", "none of 2 cells got worse"),
        ([*STILL, faulty(base="failed")], True, "PASS", "none of 2 cells got worse"),
        ([*STILL, faulty(base="failed", head="failed")], True, "PASS", "none of 2 cells got worse"),
        ([*STILL, anew(LOOKED, 1.0)], True, "PASS", "none of 2 cells got worse; nothing can be said of 1"),
        ([*STILL, RED], True, "PASS", "none of 3 cells got worse"),
        ([*STILL, WORSE], True, "REGRESSION", "1 of 3 cells got worse: suite.time_w +20.0 %"),
        ([*STILL, known("f", 1000, 1002)], True, "REGRESSION", "1 of 3 cells got worse: suite.f +0.2 %"),
        ([*STILL, WORSE], False, "REGRESSION", "1 of 3 cells got worse"),
        ([known("f", 0, 5), known("g", 1, 2)], True, "REGRESSION", "2 of 2 cells got worse: suite.f; suite.g +100 %"),
        ([*STILL, GONE], True, "INCOMPLETE", "1 of 3 cells missing or failed: suite.time_g, missing at the head"),
        ([*STILL, BROKEN], True, "INCOMPLETE", "1 of 3 cells missing or failed: suite.time_x, failed at the head"),
        ([], True, "INCOMPLETE", "nothing was measured of 0 cells"),
        ([FRESH, faulty(base="failed", head="failed")], True, "INCOMPLETE", "nothing was measured of 2 cells"),
        ([timed(rounds=0)], False, "INCOMPLETE", "nothing was measured of 1 cell"),
        ([*STILL, LOOKED], False, "INCONCLUSIVE", "what looks changed could not be measured anew in the time given"),
        ([*STILL, anew(LOOKED, 1.0, rounds=9)], False, "INCONCLUSIVE", "what looks changed could not be measured anew"),
        ([*STILL, peak("p", 1e8, 2e8)], False, "INCONCLUSIVE", "what looks changed could not be measured anew"),
        ([NOISY, timed("time_m", sd=0.5), *STILL[:1]], True, "INCONCLUSIVE", "only 1 of 3 cells could be decided"),
        ([NOISY], True, "INCONCLUSIVE", "only 0 of 1 cell could be decided"),
        ([replace(STILL[0], faults=faulty(base="failed").faults)], True, "INCONCLUSIVE", "only 0 of 0 cells could be"),
        ([*STILL, RED, WORSE], True, "INCONCLUSIVE", "1 of 4 cells differ between the base and itself: do not believe"),
    ],
)
def test_the_word_for_a_gate_and_why(cells: list[Cell], whole: bool, word: GateWord, why: str) -> None:
    found = judged(*cells, whole=whole)
    assert found.word == word
    assert found.why.startswith(why)


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ([WORSE, RED, GONE, NOISY, LOOKED], "INCONCLUSIVE"),
        ([WORSE, GONE, NOISY, LOOKED], "REGRESSION"),
        ([RED, GONE, BROKEN, NOISY, LOOKED], "INCOMPLETE"),
        ([NOISY, LOOKED, *STILL], "INCONCLUSIVE"),
        ([NOISY, *STILL], "PASS"),
    ],
)
def test_what_goes_before_what(cells: list[Cell], word: GateWord) -> None:
    assert judged(*cells, whole=False).word == word


def test_all_flagged_cells_of_a_whole_gate_count_as_undecided_only() -> None:
    assert judged(*STILL, LOOKED).word == "PASS"  # a program that stops there says so: whole is false


def test_only_the_first_few_are_named() -> None:
    why = judged(*(twice(f"time_{k}", 1.2) for k in range(5))).why
    assert why.count("suite.time_") == 3
    assert why.endswith("; and 2 more")


def test_cells_come_in_the_order_of_the_suite() -> None:
    cells = [known("f", 1, 1), GONE, WORSE, peak("peakmem_p", 1e8, 1e8), STILL[0], FRESH]
    assert [one.cell for one in judged(*cells).cells] == cells


# The certificate.


def test_a_base_that_differs_from_itself_twice_makes_a_regression_inconclusive() -> None:
    found = judged(WORSE, RED, *STILL)
    assert found.certificate.flagged == found.certificate.red == (RED.case,)
    assert found.word == "INCONCLUSIVE"
    assert {one.cell.case: one.word for one in found.cells}[WORSE.case] == "slower"


@pytest.mark.parametrize("again", [1.0, 0.7])
def test_a_base_that_differs_from_itself_once_is_only_told(again: float) -> None:
    once = anew(timed("time_r", again=1.3), again=again)
    found = judged(WORSE, once, *STILL)
    assert (found.certificate.flagged, found.certificate.red) == ((once.case,), ())
    assert found.word == "REGRESSION"


def test_an_exact_number_that_differs_in_the_same_commit_is_told() -> None:
    loose = replace(known("f", 1000, 1000), rounds={"base": (1000.0,), "head": (1000.0,), "again": (1001.0,)})
    found = judged(loose, WORSE, *STILL)
    assert found.certificate.red == (loose.case,)
    assert found.word == "INCONCLUSIVE"


def test_how_far_a_gate_can_be_trusted_in_numbers() -> None:
    cells = (*STILL, NOISY, GONE, known("f", 1, 1))
    paces: dict[Side, tuple[float, ...]] = {"base": (1.0, 1.1), "head": (0.9, math.nan), "again": (1.0, 1.2)}
    found = judge(replace(gate(*cells), canary=paces), AIM).certificate
    assert found.cells == 5
    assert 0.005 < found.detectable < 0.02
    assert found.canary == pytest.approx(0.1)


def test_a_gate_that_was_never_looked_at() -> None:
    cells = [replace(one, rounds=sides(5, 0.01, "x", {"head": 2.0})) for one in STILL]
    found = judged(*cells, NOISY, known("f", 1, 1), looks=(), whole=False)
    assert [one.word for one in found.cells] == ["inconclusive"] * 3 + ["unchanged"]
    assert found.open == [one.case for one in (*cells, NOISY)]
    assert (found.word, found.why) == ("INCONCLUSIVE", "time was over before the first look")
    assert (found.certificate.flagged, found.certificate.cells) == ((), 4)
    assert math.isnan(found.certificate.detectable)
    assert math.isnan(found.certificate.canary)


def test_numbers_that_need_no_look_say_nothing_of_the_rest() -> None:
    found = judged(*(known(name, 1, 1) for name in "fgh"), timed(), looks=(), whole=False)
    assert [one.word for one in found.cells] == ["unchanged"] * 3 + ["inconclusive"]
    assert (found.word, found.why) == ("INCONCLUSIVE", "time was over before the first look")


def test_what_more_rounds_tell_and_what_is_measured_anew() -> None:
    found = judged(WORSE, LOOKED, RED, NOISY, timed("time_o", sd=0.08), GONE, peak("peakmem_p", 1e8, 2e8), *STILL)
    assert [case.id for case in found.open] == ["suite.time_o"]
    assert [case.id for case in found.flagged] == [
        "suite.time_w",
        "suite.time_l",
        "suite.time_r",
        "suite.peakmem_p",
    ]


# Judging is a function of what was measured.


def test_the_same_gate_is_judged_the_same_and_stays_what_it_was() -> None:
    whole = gate(WORSE, RED, NOISY, *STILL, GONE, peak("peakmem_p", 1e8, 2e8), known("f", 1, 2), looks=(10, 20))
    before = repr(whole)
    assert repr(judge(whole, AIM)) == repr(judge(whole, AIM))
    assert repr(whole) == before


SUITE = [
    timed("time_still", rounds=40),
    timed("time_up", 1.2, rounds=40),
    timed("time_down", 0.7, rounds=40),
    timed("time_slowly", 1.04, sd=0.06, rounds=40),
    timed("time_vague", 1.0, sd=0.08, rounds=40),
    timed("time_rough", 1.02, sd=0.15, rounds=40),
    timed("time_wild", 1.0, sd=0.9, rounds=40),
]


def upto(cell: Cell, rounds: int) -> Cell:
    return replace(cell, rounds={side: values[:rounds] for side, values in cell.rounds.items()})


def test_later_looks_change_nothing_of_what_was_decided_before() -> None:
    lengths, states = dict.fromkeys((one.case for one in SUITE), LOOKS[0]), []
    for number in range(len(LOOKS)):
        found = judged(*(upto(one, lengths[one.case]) for one in SUITE), looks=LOOKS[: number + 1])
        states.append({one.cell.case: one.state for one in found.cells})
        lengths |= dict.fromkeys(found.open, LOOKS[min(number + 1, len(LOOKS) - 1)])
    for before, after in pairwise(states):
        assert {case: after[case] for case in before if before[case] != "open"} == {
            case: state for case, state in before.items() if state != "open"
        }
    decided = [sum(state != "open" for state in one.values()) for one in states]
    assert 3 <= decided[0] < decided[-1] == len(SUITE)


def test_a_flag_of_the_first_look_is_held_to_what_the_first_look_may_spend() -> None:
    rough = upto(timed("time_vague", 1.0, sd=0.08, rounds=40), 40)
    barely = (upto(timed("time_barely", 1 + k / 1000, sd=0.03, rounds=10), 10) for k in range(20, 120))
    cell = next(one for one in barely if SPENT[2] < judged(one, upto(rough, 10)).cells[0].q <= SPENT[0])
    for looked in (LOOKS[:1], LOOKS[:2], LOOKS):
        found = judged(cell, upto(rough, looked[-1]), looks=looked).cells[0]
        assert (found.state, found.reason) == ("changed", "looks changed, not measured anew yet")


def test_sides_were_in_random_order_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks, compare = [], paired.compare
    monkeypatch.setattr(paired, "compare", lambda *told: blocks.append(list(told[1])) or compare(*told))
    judged(*SUITE, looks=LOOKS)
    assert blocks == [[10], [10, 10], [10, 10, 20]] * 2  # of the head, and of the base once more


def test_twenty_fresh_rounds_are_enough_for_forty() -> None:
    one = timed(ratio=1.2, rounds=40)
    assert only(anew(one, 1.2, rounds=20), looks=LOOKS).word == "slower"
    assert only(anew(one, 1.2, rounds=19), looks=LOOKS).word == "inconclusive"


def test_rounds_after_the_last_look_are_not_looked_at() -> None:
    some = [upto(one, 13) for one in SUITE]
    found, before = judged(*some), judged(*(upto(one, 10) for one in SUITE))
    assert [replace(one, cell=SUITE[0]) for one in found.cells] == [replace(one, cell=SUITE[0]) for one in before.cells]
    assert repr(found.certificate) == repr(before.certificate)


MIRROR = {"slower": "faster", "faster": "slower", "missing": "new", "new": "missing"}
SWAPPED: dict[Side, Side] = {"base": "head", "head": "base", "again": "again"}
ratios = st.sampled_from([0.5, 0.8, 1.0, 1.25, 2.0])
cells_ = st.one_of(
    st.builds(timed, st.just(""), ratios, sd=st.sampled_from([0.003, 0.01])),
    st.builds(timed, st.just(""), sd=st.just(0.6)),
    st.builds(lambda ratio, fresh: anew(timed("", ratio), fresh), ratios, ratios),
    st.builds(lambda ratio: known("", 1000, 1000 * ratio), ratios),
    st.builds(lambda ratio, fresh: peak("", 1e8, 1e8 * ratio, 1e8 * fresh), ratios, ratios | st.just(math.nan)),
    st.sampled_from([GONE, FRESH, faulty("", base="failed", head="failed")]),
)


def mirrored(cell: Cell) -> Cell:
    """The cell as if the head had been the base."""

    def swapped(table: object) -> dict[Side, object]:
        return {side: table[SWAPPED[side]] for side in SIDES if SWAPPED[side] in table}  # type: ignore[index,operator]

    return replace(cell, rounds=swapped(cell.rounds), fresh=swapped(cell.fresh), faults=swapped(cell.faults))  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.lists(cells_, max_size=5))
def test_the_other_way_round_all_is_the_other_way_round(some: list[Cell]) -> None:
    cells = [replace(one, case=Case(f"suite.{number}")) for number, one in enumerate(some)]
    there, back = judge(gate(*cells), AIM).cells, judge(gate(*map(mirrored, cells)), AIM).cells
    for one, other in zip(there, back, strict=True):
        assert other.word == MIRROR.get(one.word, one.word)
        assert other.state == one.state
        assert other.p == pytest.approx(one.p, nan_ok=True)
        assert other.ratio == pytest.approx(1 / one.ratio, nan_ok=True)
        if one.low > 0:
            assert (other.low, other.high) == pytest.approx((1 / one.high, 1 / one.low))


# The record of a machine.


@pytest.mark.parametrize(("tried", "seen_"), [(1, 0), (1, 1), (20, 0), (20, 1), (60, 3), (60, 59), (500, 20), (7, 7)])
def test_the_bound_is_that_of_clopper_and_pearson(tried: int, seen_: int) -> None:
    exact = binomtest(seen_, tried, alternative="less").proportion_ci(0.95, method="exact").high
    assert bound(tried, seen_) == pytest.approx(exact)
    assert bound(tried, seen_) == pytest.approx(binomtest(seen_, tried).proportion_ci(0.9, method="exact").high)


def gates(*, red: int = 0, fine: int = 0, head: str = HEAD) -> list[Gate]:
    made = [gate(RED, *STILL, head=head)] * red + [gate(*STILL, timed("time_l", again=1.3), head=head)] * fine
    return [replace(one, began_ms=number) for number, one in enumerate(made)]


def test_a_machine_is_known_by_its_whole_gates() -> None:
    stopped = [replace(one, whole=False) for one in gates(red=3)]
    unseen = [replace(one, looks=()) for one in gates(red=3)]
    found = record([*gates(red=2, fine=3), *stopped, *unseen], AIM)
    assert (found.held, found.red, found.bound) == (5, 2, bound(5, 2))
    assert 0 < found.detectable < 0.05


def test_what_is_not_known_of_a_machine() -> None:
    found = record([], AIM)
    assert (found.held, found.red) == (Record().held, 0)
    assert math.isnan(found.bound)
    assert math.isnan(found.detectable)


def test_a_commit_held_against_itself_is_another_try() -> None:
    assert (record(gates(fine=2, head=BASE), AIM).held, record(gates(fine=2), AIM).held) == (4, 2)
    same = [gate(WORSE, *STILL, head=BASE), gate(BETTER, *STILL, head=BASE), gate(LOOKED, *STILL, head=BASE)]
    assert record(same, AIM).red == 2


@pytest.mark.parametrize(("pace", "told"), [(1.2, True), (1.11, True), (1.02, False), (0.8, False)])
def test_a_canary_that_took_part_is_named_beside_a_change(pace: float, told: bool) -> None:
    canary = {"base": (0.01,) * 10, "head": (0.01 * pace,) * 10, "again": (0.01,) * 10}
    found = judge(replace(gate(twice("time_a", 1.2), looks=(10,), whole=True), canary=canary), AIM)
    assert ("the canary beside it" in found.cells[0].reason) is told


def test_what_a_gate_has_shown_is_taken_as_kept_for_the_same_aim_only() -> None:
    one = gate(timed("time_a"), looks=(10,))
    kept = replace(one, shown=Shown(AIM.floor, AIM.effect, 9, 4, 0.5))
    assert record([kept], AIM) == Record(9, 4, bound(9, 4), 0.5)
    assert record([kept], replace(AIM, floor=0.5)).held == 1
    assert record([replace(one, shown=shown(one, AIM))], AIM) == record([one], AIM)


def busy(name: str, rounds: int, share: float = 1.0) -> Cell:
    """A cell whose CPU time is about all it takes, from the eleventh round on a share of it."""
    cell = timed(name, 1.06, rounds=rounds, sd=0.05)
    cpu = {side: np.multiply(cell.rounds[side], noise(rounds, 0.05, f"{name} {side} cpu")) for side in SIDES}
    return replace(cell, cpu={side: (*cpu[side][:10].tolist(), *(share * cpu[side][10:]).tolist()) for side in SIDES})


def test_what_computes_is_told_by_the_first_look_so_that_later_rounds_change_no_earlier_look() -> None:
    assert (busy("time_l", 20, 2.0).bound(10), busy("time_l", 20, 2.0).bound(20)) == (True, False)
    early = busy("time_e", 10)
    before, after = (
        judge(gate(early, busy("time_l", 20, share), looks=(10, 20)), AIM).cells[0] for share in (1.0, 2.0)
    )
    assert (before.q, before.state, before.clock) == (after.q, after.state, after.clock)
    alone = judge(gate(early, timed("time_l", 1.06, rounds=20, sd=0.05), looks=(10, 20)), AIM).cells[0]
    assert alone.q != before.q  # one more column does change q: that is why it must not come later
