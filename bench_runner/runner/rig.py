"""The interpreters of one workspace, ready to give cases their turns."""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

from bench_runner.envs.base import Workspace
from bench_runner.instrument.counting import counter
from bench_runner.model.vitals import UNKNOWN
from bench_runner.runner.course import Course
from bench_runner.runner.launcher import Launcher
from bench_runner.runner.process import Worker
from bench_runner.runner.sampling import Sampling
from bench_runner.runner.vigil import Vigil
from bench_runner.worker.messages import Ended, MakeCache, RunCase, replace

HASH_SEEDS = 2**32  # what PYTHONHASHSEED may be

Tell = Callable[[str, Ended, float], None]


class Rig:
    """What it takes to measure cases of a workspace; `folder` is a private place for working directories.

    `first` is an interpreter that has the suite loaded, for the first round.
    """

    def __init__(
        self, workspace: Workspace, suite: Path, sampling: Sampling, folder: Path, first: Worker | None = None
    ) -> None:
        self._sampling, self._folder = sampling, folder
        self._variables = sorted(workspace.variables)
        fixed = workspace.variables.get("PYTHONHASHSEED", "")
        self._fixed_seed = int(fixed) if fixed.isdecimal() else None
        start = partial(Worker, workspace, suite, folder)
        self._launcher = Launcher(lambda seed: start(hash_seed=seed), sampling.launch, first)
        self.vigil = Vigil(self._launcher, sampling.affinity)
        self._caches: dict[str, Path] = {}

    def __enter__(self) -> Self:
        self._launcher.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._launcher.__exit__(kind, error, trace)

    @property
    def fork(self) -> bool:
        """Whether ordinary cases are forked from one import of the suite."""
        return self._launcher.fork

    def begin(self, random: Random) -> int:
        """Turn to fresh interpreters with another hash seed, unless it is fixed by the user or is there; return it."""
        seed = random.randrange(HASH_SEEDS)
        if self._launcher.first is not None:
            seed = self._launcher.first.hash_seed
        if self._fixed_seed is not None:
            seed = self._fixed_seed
        self._launcher.begin(seed)
        return seed

    def turn(self, course: Course) -> tuple[Ended, float]:
        """Run one case once and take in how it fared; return that, and the seconds it took."""
        turn = self.vigil.before()
        began = time.monotonic()
        course.started_ms = course.started_ms or int(time.time() * 1000)
        ended = self._run(course)
        spent = time.monotonic() - began
        course.duration_s += spent
        course.add(ended, self.vigil.vitals(ended), turn)
        return ended, spent

    def settle(self, courses: list[Course]) -> None:
        """Complete what is known of the rounds of these cases by all canaries so far."""
        self.vigil.finish()
        complete = self.vigil.completion()
        for course in courses:
            course.settle(complete)

    def make_caches(self, courses: list[Course], random: Random, tell: Tell) -> None:
        """Run each setup_cache once, by itself, and tell its key, how it ended and in what time.

        Where it fails, so do its cases.
        """
        users: dict[str, list[Course]] = {}
        for course in courses:
            if course.benchmark.setup_cache_key is not None:
                users.setdefault(course.benchmark.setup_cache_key, []).append(course)
        self.begin(random)
        for key, some in users.items():
            began = time.monotonic()
            ended = self._make_cache(key, some)
            if ended.outcome != "ok":
                for course in some:
                    course.add(replace(ended, detail=f"setup_cache: {ended.detail}"), UNKNOWN, 0)
            tell(key, ended, time.monotonic() - began)

    def _make_cache(self, key: str, some: list[Course]) -> Ended:
        """Run a setup_cache in the directory that its cases will find it in."""
        self._caches[key] = cwd = Path(mkdtemp(dir=self._folder))
        timeout = max(_cache_timeout(course) for course in some)
        affinity, memory = list(self._sampling.affinity), self._sampling.memory
        request = MakeCache(some[0].benchmark.name, str(cwd), timeout, affinity, memory)
        return self._launcher.run(request, alone=True)

    def _run(self, course: Course) -> Ended:
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


def _cache_timeout(course: Course) -> float:
    """Return the seconds that a benchmark allows its setup_cache."""
    own = course.benchmark.attributes.get("setup_cache_timeout")
    return float(own) if isinstance(own, int | float) else course.timeout
