"""Simulated projects with known groups: few of the reported groups are false."""

import math

import numpy as np
import pytest
from false_groups import Tally, project, tally


def shares(tallies: list[Tally]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([one.false / max(1, one.reported) for one in tallies])


def simulated(projects: int, series: int, groups: int) -> list[Tally]:
    return [tally(project(np.random.default_rng([7, groups, k]), series, 120, groups)) for k in range(projects)]


def few_are_false(tallies: list[Tally]) -> bool:
    """Whether the mean share of false groups is at most 5 % and two standard errors."""
    found = shares(tallies)
    error = max(float(found.std(ddof=1)), math.sqrt(0.05 * 0.95)) / math.sqrt(len(found))
    return bool(found.mean() <= 0.05 + 2 * error)


@pytest.mark.slow
def test_true_groups_are_found_and_hardly_any_other() -> None:
    tallies = simulated(10, 80, 4)
    assert sum(one.found for one in tallies) >= 36  # of 40
    assert few_are_false(tallies)


def test_a_simulated_project_is_the_same_each_time() -> None:
    one, other = (project(np.random.default_rng(5), 40, 60, 2) for _ in range(2))
    assert one.truth == other.truth
    assert [series.values for series in one.history.series] == [series.values for series in other.history.series]


@pytest.mark.drill
@pytest.mark.parametrize("groups", [0, 5, 50])
def test_five_in_a_hundred_reported_groups_are_false_at_most(groups: int) -> None:
    assert few_are_false(simulated(40, 300, groups))
