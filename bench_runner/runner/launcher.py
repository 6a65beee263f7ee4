"""Hands cases to interpreters: forked from one that has the suite loaded where that is safe, else one each."""

import math
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from bench_runner.instrument.counting import counter
from bench_runner.instrument.spans import charge, note, span
from bench_runner.model.benchmark import Case
from bench_runner.runner.process import Lost, Worker
from bench_runner.runner.sampling import Launch
from bench_runner.worker.messages import (
    Canary,
    CanaryDone,
    Ended,
    MakeCache,
    Preload,
    Preloaded,
    RunCase,
    replace,
)

# A worker keeps to a case's timeout itself; the host steps in when it stays silent for this much longer.
_GRACE_S = 30.0
_IMPORT_S = 300.0
_CANARY_S = 30.0
_STEPS = {RunCase: "case", MakeCache: "setup_cache"}


class Launcher:
    """The interpreters of one measurement; `start` makes one with a hash seed, `fork` says what was found safe.

    `first` is one that has the suite loaded already, to be used before any other.
    """

    def __init__(self, start: Callable[[int], Worker], method: Launch, first: Worker | None = None) -> None:
        self._start = start
        self.first = first
        self._method = method
        self._hash_seed = 0
        self._bare: Worker | None = None
        self._loaded: Worker | None = None
        self._stuck: dict[str, Ended] = {}
        self.fork = method != "spawn"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in (self.first, self._bare, self._loaded):
            if worker is not None:
                worker.__exit__(kind, error, trace)
        self.first = self._bare = self._loaded = None

    def begin(self, hash_seed: int) -> None:
        """Begin a round: what was loaded for the last one is ended."""
        self._unload()
        self._hash_seed = hash_seed

    def run(self, request: RunCase | MakeCache, *, alone: bool) -> Ended:
        """Return how a case or a setup_cache ended; `alone` gives it an interpreter that has not loaded the suite.

        Where an import hangs, one wait for all that a class or module holds is enough.
        """
        place = request.name.rpartition(".")[0]
        if place in self._stuck:
            return self._stuck[place]
        ended = self._run(request, alone=alone)
        if ended.importing:
            self._stuck[place] = replace(ended, output="")
        return ended

    def _run(self, request: RunCase | MakeCache, *, alone: bool) -> Ended:
        """Return how a case or a setup_cache ended."""
        worker = None if alone else self._preloaded()
        if worker is None:
            worker = self._small()
            pinned = getattr(request, "pinned", None) is not None
            request = replace(request, hash_seed=0 if pinned else self._hash_seed)
        with span(_STEPS[type(request)], benchmark=_named(request)):
            ended = _ended(worker.ask(request, request.timeout + _GRACE_S), request)
            charge(ended.spent_cpu_s, ended.maxrss, alone=True)
            note(outcome=ended.outcome, error=ended.detail)
        return ended

    def canary(self, request: Canary, *, alone: bool) -> CanaryDone:
        """Return what a canary took in the interpreter that cases are handed to, NaN when there is no answer."""
        worker = None if alone else self._preloaded()
        counter("canaries").add()
        with span("canary"):
            answer = (worker or self._small()).ask(request, _CANARY_S)
            done = answer if isinstance(answer, CanaryDone) else CanaryDone(math.nan, math.nan)
            charge(done.cpu_s, alone=True)
        return done

    @property
    def pids(self) -> list[int]:
        """The ids of the interpreters that are alive."""
        return [one.pid for one in (self._bare, self._loaded) if one is not None and one.alive]

    def _small(self) -> Worker:
        """Return the worker that loads nothing itself, and starts a new interpreter for each request."""
        if self._bare is None or not self._bare.alive:
            with span("start worker"):
                self._bare = self._start(self._hash_seed).__enter__()
        return self._bare

    def _unload(self) -> None:
        """End the worker that has the suite loaded."""
        if self._loaded is not None:
            self._loaded.__exit__(None, None, None)
            self._loaded = None

    def _preloaded(self) -> Worker | None:
        """Return the interpreter to fork from, None when there is none for this suite."""
        if self._loaded is not None and self._loaded.alive:
            return self._loaded
        if not self.fork:
            return None
        with span("preload"):
            worker, self.first = self.first, None
            if worker is None or not worker.alive:
                worker = self._start(self._hash_seed).__enter__()
            self._loaded = worker
            answer = worker.ask(Preload(), _IMPORT_S)
            charge(*worker.spent())
        # What goes wrong here will be said by each case, which imports the suite for itself.
        self.fork = isinstance(answer, Preloaded) and (answer.safe or self._method == "forkserver")
        if not self.fork:
            self._unload()
        return self._loaded


def _named(request: RunCase | MakeCache) -> str:
    """Return the case or the benchmark that a request is for."""
    return Case(request.name, tuple(request.params)).id if isinstance(request, RunCase) else request.name


def _ended(answer: Any, request: RunCase | MakeCache) -> Ended:
    """Return an answer, or what the lack of one means."""
    if isinstance(answer, Lost):
        if answer.silent:
            return Ended("timeout", f"no answer within {request.timeout:g} s", answer.output)
        return Ended("crashed", f"it took the worker down, which {answer.detail}", answer.output)
    return answer if isinstance(answer, Ended) else Ended("failed", answer.detail, answer.output)
