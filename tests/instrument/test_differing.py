"""A differential profile names the function that became slower, and its line, whatever stands around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.instrument.differing import Change, changes
from bench_runner.instrument.stacks import Stacks, parse

BEFORE = parse("""\
run (threading.py:9);serve (shop/app.py:7);find (shop/search.py:12) 40
run (threading.py:9);serve (shop/app.py:7);charge (shop/pay.py:3) 40
run (threading.py:9);serve (shop/app.py:7) 20
""")
SLOWER = parse("""\
run (threading.py:9);serve (shop/app.py:7);find (shop/search.py:12) 40
run (threading.py:9);serve (shop/app.py:7);find (shop/search.py:14) 100
run (threading.py:9);serve (shop/app.py:7);charge (shop/pay.py:3) 40
run (threading.py:9);serve (shop/app.py:7) 20
""")
FRAMES = (
    "a (shop/a.py:1)",
    "a (shop/a.py:2)",
    "b (shop/b.py:1)",
    "<lambda> (shop/b.py:3)",
    "get (json.py:5)",
    "[idle]",
)
profiles = st.dictionaries(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=5).map(tuple), st.integers(1, 1000))


def first(before: Stacks, after: Stacks) -> Change:
    return changes(before, after, ours=("shop/",))[0]


def test_the_function_and_the_line_that_became_slower_come_first() -> None:
    found = first(BEFORE, SLOWER)
    assert (found.name, found.file) == ("find", "shop/search.py")
    assert found.own == found.whole == 140 / 200 - 40 / 100
    assert found.lines == ((14, 0.5), (12, 40 / 200 - 40 / 100))
    assert found.told() == " +30.0 % own,  +30.0 % in all  find (shop/search.py), line 14 +50.0 %"
    assert changes(BEFORE, SLOWER)[0] == found


def test_what_became_faster_comes_last() -> None:
    assert changes(SLOWER, BEFORE)[-1].name == "find"


def test_profiles_of_other_lengths_are_alike() -> None:
    longer = {stack: 7 * weight for stack, weight in BEFORE.items()}
    assert {(one.own, one.whole) for one in changes(BEFORE, longer)} == {(0.0, 0.0)}


def test_the_code_of_others_is_charged_to_the_line_that_called_it() -> None:
    after = {
        **BEFORE,
        ("serve (shop/app.py:7)", "mark (shop/search.py:30)", "compile (re.py:1)", "parse (re.py:2)"): 50,
    }
    found = first(BEFORE, after)
    assert (found.name, found.lines) == ("mark", ((30, 50 / 150),))
    assert changes(BEFORE, after)[0].name == "parse"


def test_time_that_is_none_of_ours_is_part_of_the_whole_and_not_listed() -> None:
    after = {**BEFORE, ("run (threading.py:9)", "wait (selectors.py:4)"): 100}
    found = {one.name: one.own for one in changes(BEFORE, after, ours=("shop/",))}
    assert found == pytest.approx({"serve": -0.1, "find": -0.2, "charge": -0.2})


@pytest.mark.parametrize(
    "name", ["<listcomp>", "find.<locals>.<listcomp>", "find.<locals>.<lambda>.<locals>.<genexpr>"]
)
def test_a_comprehension_is_part_of_the_function_around_it(name: str) -> None:
    found = first(BEFORE, {**BEFORE, ("find (shop/search.py:15)", f"{name} (shop/search.py:16)"): 100})
    assert (found.name, found.lines[0]) == ("find", (16, 0.5))


def test_a_lambda_that_somebody_else_calls_has_a_function_only_in_its_name() -> None:
    for told, name in (
        ("<lambda>", "<lambda>"),
        ("rank.<locals>.<lambda>", "rank"),
        ("A.b.<locals>.c", "A.b.<locals>.c"),
    ):
        assert first(BEFORE, {("sort (other.py:2)", f"{told} (shop/search.py:16)"): 100}).name == name


def test_recursion_counts_once() -> None:
    after = {**BEFORE, ("walk (shop/a.py:3)", "walk (shop/a.py:3)", "walk (shop/a.py:5)"): 100}
    found = first(BEFORE, after)
    assert (found.name, found.own, found.whole) == ("walk", 0.5, 0.5)
    assert found.lines == ((5, 0.5),)


def test_an_empty_profile_says_nothing() -> None:
    assert changes({}, BEFORE) == changes(BEFORE, {}) == changes(BEFORE, {("a (b.py:1)",): 0}) == []


def test_a_frame_without_a_place_is_told_by_its_name() -> None:
    assert changes(BEFORE, {("[idle]",): 1})[0].told() == "+100.0 % own, +100.0 % in all  [idle]"


@given(profiles, profiles)
def test_own_shares_add_up_to_nothing_and_lines_to_their_function(before: Stacks, after: Stacks) -> None:
    assert abs(sum(one.own for one in changes(before, after))) < 1e-9
    found = changes(before, after, ours=("shop/",))
    assert all(one.file.startswith("shop/") for one in found)
    assert all(abs(sum(rise for _, rise in one.lines) - one.own) < 1e-9 for one in found if one.file)
    assert all(-1 - 1e-9 <= change <= 1 + 1e-9 for one in found for change in (one.own, one.whole))
