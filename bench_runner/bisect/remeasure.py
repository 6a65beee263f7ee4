"""Measures one case at a commit for a few more rounds, and stores what is known of it by then."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from statistics import median

from bench_runner.bisect.session import TimedOut, Unbuildable
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.run import Result
from bench_runner.model.sample import Round, Sample
from bench_runner.runner.session import Session
from bench_runner.stats.summary import summarise
from bench_runner.store.files import Store


class Remeasure:
    """The `measure` of a bisect session; rounds of one commit add up over its calls."""

    def __init__(
        self,
        session: Session,
        store: Store,
        environment: Environment,
        benchmark: Benchmark,
        case: Case,
        commits: Mapping[str, Commit],
    ) -> None:
        self._session, self._store, self._environment = session, store, environment
        self._benchmark, self._case, self._commits = benchmark, case, commits
        self._rounds: dict[str, list[Round]] = defaultdict(list)

    def __call__(self, sha: str, rounds: int) -> tuple[float, ...] | Unbuildable | TimedOut:
        """Return the centres of `rounds` new rounds at the commit `sha`, or why there are none."""
        # It is the search that decides how often, out of what it has been told.
        sampling = replace(self._session.sampling, rounds=rounds, retry_budget=0.0)
        run = self._session.once(self._environment, self._commits[sha], self._benchmark, self._case, sampling)
        if not run.build.ok:
            self._store.add(run, benchmarks=[self._benchmark])
            return Unbuildable(f"does not build: {run.build.detail}")
        (result,) = run.results
        if result.sample is None:
            self._store.add(run, benchmarks=[self._benchmark])
            return TimedOut() if result.outcome == "timeout" else Unbuildable(f"{result.outcome}: {result.detail}")
        self._rounds[sha] += result.sample.rounds
        if len(self._rounds[sha]) > self._stored(sha):
            whole = replace(run, results=(self._whole(result, sha),))
            self._store.add(whole, benchmarks=[self._benchmark])
        return tuple(median(kept) for one in result.sample.rounds if (kept := [v for v in one.values if isfinite(v)]))

    def _whole(self, result: Result, sha: str) -> Result:
        """Return the result with all rounds of the commit so far."""
        sample = Sample(tuple(self._rounds[sha]))
        return replace(result, sample=sample, summary=summarise(sample, self._benchmark.metric))

    def _stored(self, sha: str) -> int:
        """Return how many rounds the history holds already: a stored result is never replaced by a poorer one."""
        run = self._store.find(sha, self._environment.name, self._session.machine.machine)
        results = run.results if run else ()
        return max((len(one.sample.rounds) for one in results if one.case == self._case and one.sample), default=0)
