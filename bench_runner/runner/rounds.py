"""Measures the cases of one workspace round by round, each round in fresh interpreters."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from bench_runner.envs.base import Workspace
from bench_runner.instrument.counting import counter
from bench_runner.instrument.spans import span
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.vitals import UNKNOWN
from bench_runner.runner.again import worst
from bench_runner.runner.course import Course
from bench_runner.runner.events import Event, Kind, Measured
from bench_runner.runner.launcher import Launcher
from bench_runner.runner.process import Worker
from bench_runner.runner.sampling import Sampling
from bench_runner.runner.vigil import Vigil
from bench_runner.worker.messages import Ended, MakeCache, RunCase, replace

_HASH_SEEDS = 2**32  # what PYTHONHASHSEED may be


class Measurement:
    """One go at the cases of a workspace; `folder` is a private place for working directories.

    `first` is an interpreter that has the suite loaded, for the first round.
    """

    def __init__(
        self,
        workspace: Workspace,
        suite: Path,
        sampling: Sampling,
        tell: Callable[[Event], None],
        folder: Path,
        first: Worker | None = None,
    ) -> None:
        self._sampling, self._tell, self._folder = sampling, tell, folder
        self._seed = int.from_bytes(os.urandom(4), "big") if sampling.seed is None else sampling.seed
        self._random = Random(self._seed)  # noqa: S311 - an order, not a secret
        self._variables = sorted(workspace.variables)
        fixed = workspace.variables.get("PYTHONHASHSEED", "")
        self._fixed_seed = int(fixed) if fixed.isdecimal() else None
        start = partial(Worker, workspace, suite, folder)
        self._launcher = Launcher(lambda seed: start(hash_seed=seed), sampling.launch, first)
        self._vigil = Vigil(self._launcher, sampling.affinity)
        self._caches: dict[str, Path] = {}
        self._cache_s: dict[str, float] = {}
        self._hash_seeds: list[int] = []
        self._done = self._left = 0

    def run(self, cases: Sequence[tuple[Benchmark, Sequence[Case]]]) -> Measured:
        """Return a result for each case, in order."""
        courses = [Course.of(benchmark, case, self._sampling) for benchmark, some in cases for case in some]
        with self._launcher:
            self._left = sum(one.left for one in courses)
            self._make_caches(courses)
            began = time.monotonic()
            while active := [one for one in courses if one.left]:
                self._round(active)
            self._settle(courses)
            self._again(courses, self._sampling.retry_budget * (time.monotonic() - began))
        for course in courses:
            if not course.bad:  # of a bad one it was told at once
                self._tell_result(course)
        return Measured(
            tuple(one.result() for one in courses),
            self._cache_s,
            self._seed,
            tuple(self._hash_seeds),
            "fork" if self._launcher.fork else "exec",
        )

    def _again(self, courses: list[Course], budget_s: float) -> None:
        """Measure cases with disturbed rounds once more and again, for so many seconds at most."""
        end = time.monotonic() + budget_s
        while budget_s and (some := worst(courses, end - time.monotonic())):
            for course in some:
                course.extra += 1
            self._left += len(some)
            self._round(some)
            self._settle(courses)

    def _settle(self, courses: list[Course]) -> None:
        """Complete what is known of the rounds of these cases by all canaries so far."""
        self._vigil.finish()
        complete = self._vigil.completion()
        for course in courses:
            course.settle(complete)

    def _round(self, active: list[Course]) -> None:
        """Give each case its turn, in random order."""
        with span("round", round=len(self._hash_seeds) + 1):
            self._hash_seeds.append(self._begin())
            self._random.shuffle(active)
            self._say("round")
            self._vigil.begin(alone=all(course.alone for course in active))
            for course in active:
                turn = self._vigil.before()
                began = time.monotonic()
                course.started_ms = course.started_ms or int(time.time() * 1000)
                ended = self._turn(course)
                spent = time.monotonic() - began
                course.duration_s += spent
                self._done += 1
                self._add(course, ended, spent, turn)
            self._vigil.end()

    def _begin(self) -> int:
        """Turn to fresh interpreters with another hash seed, unless it is fixed by the user or is there; return it."""
        seed = self._random.randrange(_HASH_SEEDS)
        if self._launcher.first is not None:
            seed = self._launcher.first.hash_seed
        if self._fixed_seed is not None:
            seed = self._fixed_seed
        self._launcher.begin(seed)
        return seed

    def _turn(self, course: Course) -> Ended:
        """Run one case once, in a directory of its own or in that of its setup_cache."""
        cache = self._caches.get(course.benchmark.setup_cache_key or "")
        cwd = cache or Path(mkdtemp(dir=self._folder))
        request = RunCase(
            course.case.benchmark,
            list(course.case.params),
            course.index,
            str(cwd),
            course.timeout,
            dict(course.calls.settings),
            force=self._sampling.quick,
            affinity=list(self._sampling.affinity),
            memory=self._sampling.memory,
            pinned=self._variables if course.pinned else None,
            valgrind=course.simulated,
        )
        counter("cases").add()
        try:
            return self._launcher.run(request, alone=course.alone)
        finally:
            if cache is None:
                shutil.rmtree(cwd, ignore_errors=True)

    def _make_caches(self, courses: list[Course]) -> None:
        """Run each setup_cache once, by itself; where it fails, so do its cases."""
        users: dict[str, list[Course]] = {}
        for course in courses:
            if course.benchmark.setup_cache_key is not None:
                users.setdefault(course.benchmark.setup_cache_key, []).append(course)
        self._begin()
        for key, some in users.items():
            began = time.monotonic()
            cwd = Path(mkdtemp(dir=self._folder))
            timeout = max(_cache_timeout(course) for course in some)
            name, affinity = some[0].benchmark.name, list(self._sampling.affinity)
            request = MakeCache(name, str(cwd), timeout, affinity, self._sampling.memory)
            ended = self._launcher.run(request, alone=True)
            self._caches[key] = cwd
            self._cache_s[key] = time.monotonic() - began
            self._say("cache", outcome=ended.outcome, seconds=self._cache_s[key])
            if ended.outcome != "ok":
                for course in some:
                    self._add(course, replace(ended, detail=f"setup_cache: {ended.detail}"), 0.0)

    def _add(self, course: Course, ended: Ended, seconds: float, turn: int = 0) -> None:
        """Take in how a case fared, and tell of it; turn 0 is none."""
        before = course.left
        course.add(ended, self._vigil.vitals(ended) if turn else UNKNOWN, turn)
        self._left += course.left - before
        self._say("case", case=course.case, outcome=ended.outcome, seconds=seconds)
        if course.bad:
            self._tell_result(course)

    def _tell_result(self, course: Course) -> None:
        result = course.result()
        self._say("result", case=course.case, outcome=result.outcome, result=result)

    def _say(self, kind: Kind, **more: Any) -> None:
        """Tell what has happened, and how much there is to do."""
        self._tell(Event(kind, self._done, self._done + self._left, len(self._hash_seeds), **more))


def _cache_timeout(course: Course) -> float:
    """Return the seconds that a benchmark allows its setup_cache."""
    own = course.benchmark.attributes.get("setup_cache_timeout")
    return float(own) if isinstance(own, int | float) else course.timeout
