"""Chooses which cases to measure once more because some of their rounds were disturbed."""

from collections.abc import Iterable

from bench_runner.runner.course import Course


def worst(courses: Iterable[Course], left_s: float) -> list[Course]:
    """Return cases that lack undisturbed rounds, one more of each fitting into so many seconds.

    Those that lack the largest share of theirs come first, of equals the cheapest, so that most are helped.
    """
    lacking = [one for one in courses if one.lacking]
    found, spent = [], 0.0
    for one in sorted(lacking, key=lambda one: (-one.lacking / one.calls.rounds, one.round_s)):
        if spent + one.round_s <= left_s:
            found.append(one)
            spent += one.round_s
    return found
