"""Measures the cases of one workspace round by round, each round in fresh interpreters."""

import os
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from bench_runner.instrument.spans import span
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.runner.again import worst
from bench_runner.runner.course import Course
from bench_runner.runner.events import Event, Kind, Measured
from bench_runner.runner.rig import Rig
from bench_runner.runner.sampling import Sampling
from bench_runner.worker.messages import Ended


class Measurement:
    """One go at the cases of a workspace."""

    def __init__(self, rig: Rig, sampling: Sampling, tell: Callable[[Event], None]) -> None:
        self._rig, self._sampling, self._tell = rig, sampling, tell
        self._seed = int.from_bytes(os.urandom(4), "big") if sampling.seed is None else sampling.seed
        self._random = Random(self._seed)  # noqa: S311 - an order, not a secret
        self._cache_s: dict[str, float] = {}
        self._hash_seeds: list[int] = []
        self._done = self._left = 0

    def run(self, cases: Sequence[tuple[Benchmark, Sequence[Case]]]) -> Measured:
        """Return a result for each case, in order."""
        courses = [Course.of(benchmark, case, self._sampling) for benchmark, some in cases for case in some]
        with self._rig:
            self._left = sum(one.left for one in courses)
            self._make_caches(courses)
            began = time.monotonic()
            while active := [one for one in courses if one.left]:
                self._round(active)
            self._rig.settle(courses)
            self._again(courses, self._sampling.retry_budget * (time.monotonic() - began))
        for course in courses:
            if not course.bad:  # of a bad one it was told at once
                self._tell_result(course)
        return Measured(
            tuple(one.result() for one in courses),
            self._cache_s,
            self._seed,
            tuple(self._hash_seeds),
            "fork" if self._rig.fork else "exec",
        )

    def _make_caches(self, courses: list[Course]) -> None:
        """Run each setup_cache; where it fails, so do its cases."""

        def tell(key: str, ended: Ended, seconds: float) -> None:
            self._cache_s[key] = seconds
            self._say("cache", outcome=ended.outcome, seconds=seconds)

        self._rig.make_caches(courses, self._random, tell)
        for course in courses:
            if course.bad:
                self._told(course, course.bad, 0.0)
        self._left = sum(one.left for one in courses)

    def _again(self, courses: list[Course], budget_s: float) -> None:
        """Measure cases with disturbed rounds once more and again, for so many seconds at most."""
        end = time.monotonic() + budget_s
        while budget_s and (some := worst(courses, end - time.monotonic())):
            for course in some:
                course.extra += 1
            self._left += len(some)
            self._round(some)
            self._rig.settle(courses)

    def _round(self, active: list[Course]) -> None:
        """Give each case its turn, in random order."""
        with span("round", round=len(self._hash_seeds) + 1):
            self._hash_seeds.append(self._rig.begin(self._random))
            self._random.shuffle(active)
            self._say("round")
            self._rig.vigil.begin(alone=all(course.alone for course in active))
            for course in active:
                before = course.left
                ended, spent = self._rig.turn(course)
                self._done += 1
                self._left += course.left - before
                self._told(course, ended, spent)
            self._rig.vigil.end()

    def _told(self, course: Course, ended: Ended, seconds: float) -> None:
        """Tell how a case fared."""
        self._say("case", case=course.case, outcome=ended.outcome, seconds=seconds)
        if course.bad:
            self._tell_result(course)

    def _tell_result(self, course: Course) -> None:
        result = course.result()
        self._say("result", case=course.case, outcome=result.outcome, result=result)

    def _say(self, kind: Kind, **more: Any) -> None:
        """Tell what has happened, and how much there is to do."""
        self._tell(Event(kind, self._done, self._done + self._left, len(self._hash_seeds), **more))
