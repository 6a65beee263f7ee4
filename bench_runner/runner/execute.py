"""Lists, checks and measures a suite in a workspace."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from bench_runner.envs.base import Workspace
from bench_runner.envs.output import clean, tail
from bench_runner.errors import NothingMeasuredError, StoreError
from bench_runner.instrument.spans import charge, span
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.runner.events import Event, Measured
from bench_runner.runner.process import Lost, Worker
from bench_runner.runner.rounds import Measurement
from bench_runner.runner.sampling import Sampling
from bench_runner.store.asv_entries import read_entry
from bench_runner.worker.messages import Check, Discover, Refused

__all__ = ["Event", "Executor", "Measured", "Processes"]

_IMPORT_S = 600.0  # the longest that listing a suite may take

Cases = Sequence[tuple[Benchmark, Sequence[Case]]]


class Executor(Protocol):
    """Runs the benchmarks of the folder `suite` in a workspace that is built."""

    def discover(self, workspace: Workspace, suite: Path) -> list[Benchmark]:
        """Return the suite's benchmarks in its order; NothingMeasuredError when it cannot be imported."""
        ...

    def check(self, workspace: Workspace, suite: Path) -> list[str]:
        """Return one sentence for each thing that would keep a benchmark from running."""
        ...

    def measure(
        self, workspace: Workspace, suite: Path, cases: Cases, plan: Sampling, tell: Callable[[Event], None]
    ) -> Measured:
        """Return one result for each case; a failing benchmark is a result too."""
        ...


class Processes:
    """The real executor: worker processes in the workspace's Python. `say` is given what a user must not miss."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say

    def discover(self, workspace: Workspace, suite: Path) -> list[Benchmark]:
        """Return the benchmarks exactly as asv lists them; raises NothingMeasuredError, EnvironmentFailedError."""
        with span("discover", commit=workspace.commit_sha, environment=workspace.environment.name):
            found = _ask(workspace, suite, Discover())
        for warning in found.warnings:
            self._say(f"{suite}: {warning}")
        if found.failures:
            module, trace = next(iter(found.failures.items()))
            more = f" (and {len(found.failures) - 1} more modules)" if len(found.failures) > 1 else ""
            raise _unusable(suite, f"{module}: {trace.strip().splitlines()[-1]}{more}", trace)
        # As in asv, the last of several with one name stands.
        return list({one["name"]: _benchmark(suite, one) for one in found.benchmarks}.values())

    def check(self, workspace: Workspace, suite: Path) -> list[str]:
        """Return asv's complaints about the suite; raises NothingMeasuredError, EnvironmentFailedError."""
        return [clean(one) for one in _ask(workspace, suite, Check()).problems]

    def measure(
        self, workspace: Workspace, suite: Path, cases: Cases, plan: Sampling, tell: Callable[[Event], None]
    ) -> Measured:
        """Measure round by round; raises EnvironmentFailedError when the environment cannot run the worker."""
        with TemporaryDirectory(prefix="bench-runner-", ignore_cleanup_errors=True) as folder:
            return Measurement(workspace, suite.absolute(), plan, tell, Path(folder)).run(cases)


def _ask(workspace: Workspace, suite: Path, request: object) -> Any:
    """Return the answer to one request about a whole suite; hash order is fixed, so that reprs of sets stay."""
    if not suite.is_dir():
        raise NothingMeasuredError(f"no folder of benchmarks at {suite}: set benchmark_dir")
    with (
        TemporaryDirectory(prefix="bench-runner-", ignore_cleanup_errors=True) as folder,
        Worker(workspace, suite.absolute(), Path(folder), hash_seed=0) as worker,
    ):
        answer = worker.ask(request, _IMPORT_S)
        charge(*worker.spent())
    if isinstance(answer, Lost):
        raise _unusable(suite, f"the interpreter {answer.detail} while importing it", answer.output)
    if isinstance(answer, Refused):
        raise _unusable(suite, answer.detail, answer.output)
    return answer


def _unusable(suite: Path, why: str, output: str) -> NothingMeasuredError:
    """Return the error for a suite that cannot be imported: one line, then the end of the traceback."""
    return NothingMeasuredError(f"suite {suite} fails to import: {clean(why)}\n{tail(clean(output), 30)}".rstrip())


def _benchmark(suite: Path, fields: dict[str, Any]) -> Benchmark:
    """Return a benchmark from asv's description of it."""
    try:
        return read_entry(fields["name"], fields)
    except StoreError as error:
        raise NothingMeasuredError(f"suite {suite}: benchmark {fields['name'][:80]!r}: {error}") from error
