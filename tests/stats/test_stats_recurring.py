"""What comes and goes: visits of a slow hour, and states a series goes back and forth between."""

import pytest

from bench_runner.stats.recurring import REST, RETURNS, VISIT, Excursion, states, visit


def excursion(up: int, stay: int, rest: int, direction: float = 1.0, jump: float = 1.0) -> Excursion:
    return Excursion(up, up + stay, rest, direction, jump)


def test_a_short_excursion_in_a_long_history_is_a_visit() -> None:
    assert visit([excursion(50, VISIT, REST * VISIT)]) == {50, 50 + VISIT}


@pytest.mark.parametrize(
    "one",
    [excursion(50, VISIT + 1, 100), excursion(10, 5, REST * 5 - 1)],
    ids=["a longer one", "one in a short history"],
)
def test_what_is_no_visit(one: Excursion) -> None:
    assert visit([one]) == set()


def test_two_in_the_same_direction_need_less_rest() -> None:
    first, second = excursion(10, 5, 6), excursion(30, 5, 6, jump=0.5)
    assert visit([first]) == visit([second]) == set()
    assert visit([first, second]) == {30, 35}
    assert visit([first, excursion(30, 5, 6, direction=-1.0)]) == set()


def test_the_smallest_goes_first() -> None:
    assert visit([excursion(40, 3, 30, jump=2.0), excursion(90, 3, 30, jump=1.0)]) == {90, 93}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], set()),
        ([1.0, 2.0, 1.0], set()),
        ([1.0, 2.0, 1.0, 2.0], set()),
        ([1.0, 2.0, 1.1, 1.9, 1.0], {0, 1, 2, 3, 4}),
        ([5.0, 1.0, 2.0, 1.1, 1.9, 1.0, 7.0], {1, 2, 3, 4, 5}),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], set()),
        ([1.0, 2.0, 1.4, 2.5, 1.8, 3.0], set()),
    ],
)
def test_states_are_levels_that_come_back(levels: list[float], expected: set[int]) -> None:
    assert RETURNS == 3
    assert states(levels) == expected
