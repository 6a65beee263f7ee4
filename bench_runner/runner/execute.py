"""Lists, checks and measures a suite in a workspace."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
from bench_runner.runner.rig import Rig
from bench_runner.runner.rounds import Measurement
from bench_runner.runner.sampling import Sampling
from bench_runner.store.asv_entries import read_entry
from bench_runner.worker.messages import Check, Discover, Discovered, Refused

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


@dataclass(frozen=True, slots=True)
class _Listing:
    """The interpreter that has listed a suite in a workspace; `held` ends it."""

    workspace: Workspace
    suite: Path
    worker: Worker
    held: ExitStack


class Processes:
    """The real executor: worker processes in the workspace's Python. `say` is given what a user must not miss.

    `metrics` are those of all benchmarks of time that name none themselves. The interpreter that lists a suite has it
    loaded: it serves the first round, if that is of the same workspace.
    """

    def __init__(self, say: Callable[[str], None] = lambda _: None, metrics: Sequence[str] = ()) -> None:
        self._say, self._metrics = say, metrics
        self._listing: _Listing | None = None

    def discover(self, workspace: Workspace, suite: Path) -> list[Benchmark]:
        """Return the benchmarks exactly as asv lists them; raises NothingMeasuredError, EnvironmentFailedError."""
        with ExitStack() as held:
            with span("discover", commit=workspace.commit_sha, environment=workspace.environment.name):
                worker = held.enter_context(_worker(workspace, suite))
                found = _ask(worker, suite, Discover(list(self._metrics)))
            benchmarks = self._benchmarks(suite, found)
            self.forget()
            self._listing = _Listing(workspace, suite, worker, held.pop_all())
        return benchmarks

    def _benchmarks(self, suite: Path, found: Discovered) -> list[Benchmark]:
        """Return what was found; NothingMeasuredError when not all of it could be imported."""
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
        with _worker(workspace, suite) as worker:
            return [clean(one) for one in _ask(worker, suite, Check()).problems]

    def measure(
        self, workspace: Workspace, suite: Path, cases: Cases, plan: Sampling, tell: Callable[[Event], None]
    ) -> Measured:
        """Measure round by round; raises EnvironmentFailedError when the environment cannot run the worker."""
        with self._listed(workspace, suite) as first, _folder() as folder:
            return Measurement(Rig(workspace, suite.absolute(), plan, folder, first), plan, tell).run(cases)

    @contextmanager
    def _listed(self, workspace: Workspace, suite: Path) -> Iterator[Worker | None]:
        """Give the interpreter that has listed this suite in this workspace, if one has; afterwards it is ended."""
        listing = self._listing
        if listing is None or (listing.workspace, listing.suite) != (workspace, suite):
            self.forget()
            yield None
            return
        try:
            yield listing.worker
        finally:
            self.forget()

    def forget(self) -> None:
        """End the interpreter of the last listing."""
        if self._listing is not None:
            self._listing.held.close()
            self._listing = None


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a private folder."""
    with TemporaryDirectory(prefix="bench-runner-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _worker(workspace: Workspace, suite: Path) -> Iterator[Worker]:
    """Give an interpreter for questions on a whole suite; hash order is fixed, so that reprs of sets stay."""
    if not suite.is_dir():
        raise NothingMeasuredError(f"no folder of benchmarks at {suite}: set benchmark_dir")
    with _folder() as folder, Worker(workspace, suite.absolute(), folder, hash_seed=0) as worker:
        yield worker


def _ask(worker: Worker, suite: Path, request: object) -> Any:
    """Return the answer to one request about a whole suite."""
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
