"""Makes workspaces: one kept environment and worktree per recipe, brought to one commit after the other."""

import contextlib
import errno
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from filelock import FileLock, Timeout

from bench_runner import plugins
from bench_runner.config import Config
from bench_runner.envs import ahead, fingerprint, output, temporary
from bench_runner.envs.base import Backend, Say, Workspace, program, quiet
from bench_runner.envs.files import own_folder
from bench_runner.envs.fingerprint import Interpreter
from bench_runner.envs.installation import Broken, Installation, asv_variables, check_commands, template_values
from bench_runner.envs.kept import Kept
from bench_runner.envs.making import Making
from bench_runner.envs.recipe import Recipe, recipe
from bench_runner.envs.variables import activated
from bench_runner.envs.wheelcache import WheelCache
from bench_runner.errors import BenchRunnerError, EnvironmentFailedError
from bench_runner.instrument.spans import note, span
from bench_runner.model.environment import Environment
from bench_runner.model.run import Build
from bench_runner.worker.messages import ASV_RUNNER


class Source(Protocol):
    """Where commits come from (`repo.git.Repository`)."""

    def checkout(self, sha: str, folder: Path) -> None:
        """Bring the kept worktree at `folder` to a commit, clean of untracked files."""
        ...


@dataclass(frozen=True, slots=True)
class _Ready:
    """An environment whose recipe is realised."""

    environment: Environment
    kept: Kept
    recipe: Recipe
    python: Path


class Preparer:
    """Prepares workspaces of one project, one at a time.

    A workspace is its owner's until the next one is prepared or the preparer is closed: other processes that want the
    same environment wait so long.
    """

    def __init__(self, config: Config, repository: Source, cache: Path) -> None:
        check_commands(config)
        self._config, self._repository = config, repository
        self._wheels = WheelCache(cache / "wheels", config.build_cache_size)
        self._broken: Broken = {}
        self._failed: dict[tuple[str, str], Build] = {}
        self._interpreters: dict[tuple[Path, int], Interpreter] = {}
        self._lock: FileLock | None = None

    def __enter__(self) -> Self:
        temporary.check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes have the environment."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def prepare(self, environment: Environment, sha: str, *, say: Say = quiet, then: Iterable[str] = ()) -> Workspace:
        """Return a workspace with the commit installed, or with `build` saying why it could not be.

        If it has to be built, some of the commits `then`, which will be wanted next, are built beside it. Raises
        EnvironmentFailedError when the environment itself cannot be made.
        """
        with span("prepare", commit=sha, environment=environment.name):
            try:
                return self._prepared(environment, sha, say, then)
            except (FileNotFoundError, EnvironmentFailedError) as error:
                if not isinstance(error, FileNotFoundError) and not isinstance(error.__cause__, FileNotFoundError):
                    raise
                say(f"{environment.name} was deleted while it was in use; once more")
                self.close()
            return self._prepared(environment, sha, say, then)

    def _prepared(self, environment: Environment, sha: str, say: Say, then: Iterable[str]) -> Workspace:
        if environment.backend == "existing":
            return self._as_it_is(environment, sha, say)
        ready = self._ready(environment, say)
        installation = self._installation(ready, say)
        build = self._done(ready, installation, sha)
        if build is None:
            build = self._build(ready, installation, sha, then)
        return self._workspace(ready, sha, build)

    def bare(self, environment: Environment, *, say: Say = quiet) -> Workspace:
        """Return a workspace of no commit: the requirements are there, the project may or may not be."""
        if environment.backend == "existing":
            return self._as_it_is(environment, "", say)
        return self._workspace(self._ready(environment, say), "", Build(ok=True))

    def _done(self, ready: _Ready, installation: Installation, sha: str) -> Build | None:
        """Return what building came to when there is nothing left to do: it is installed, or failed before."""
        state = ready.kept.read()
        if (state.commit, state.installation) == (sha, installation.digest) and (ready.kept.source / ".git").exists():
            return Build(ok=True, duration_s=state.seconds)
        return self._failed.get((ready.kept.base.name, sha))

    def _build(self, ready: _Ready, installation: Installation, sha: str, then: Iterable[str]) -> Build:
        """Check out, build and install; a failure is what the build came to."""
        start = time.monotonic()
        try:
            with span("checkout"):
                self._repository.checkout(sha, ready.kept.source)
            self._ahead(installation, sha, then)
            return Build(ok=True, duration_s=installation.put(sha).seconds)
        except EnvironmentFailedError as error:
            if output.of_host(str(error)):
                raise  # a full disk says nothing about the commit
            if not ready.python.exists():
                raise FileNotFoundError(errno.ENOENT, "the environment is gone", str(ready.python)) from error
            failed = Build(ok=False, duration_s=time.monotonic() - start, detail=str(error), output=error.output)
        except BenchRunnerError as error:
            failed = Build(ok=False, duration_s=time.monotonic() - start, detail=f"checkout failed: {error}")
        self._failed[ready.kept.base.name, sha] = failed
        note(outcome="failed", error=failed.detail, output=failed.output)
        return failed

    def _ahead(self, installation: Installation, sha: str, then: Iterable[str]) -> None:
        """Build the commit that is checked out together with some of the next ones, where that is of use."""
        kept, wanted = installation.kept, ahead.batch(installation, sha, then, self._config.build_ahead)
        if len(wanted) == 1:
            return
        sources = [(sha, kept.source)]
        for other, folder in zip(wanted[1:], kept.ahead(), strict=False):
            # What cannot be checked out says so when its turn comes.
            with contextlib.suppress(BenchRunnerError), span("checkout", commit=other):
                self._repository.checkout(other, folder)
                sources.append((other, folder))
        ahead.build(installation, sources)

    def _installation(self, ready: _Ready, say: Say) -> Installation:
        """Return what puts commits into an environment."""
        return Installation(
            config=self._config,
            environment=ready.environment,
            kept=ready.kept,
            backend=self._backend(ready.environment, say),
            python=ready.python,
            interpreter=self._interpreter(ready.python).python,
            recipe=ready.recipe,
            wheels=self._wheels,
            broken=self._broken,
            say=say,
        )

    def _ready(self, environment: Environment, say: Say) -> _Ready:
        """Return the environment with its recipe realised, made anew when the recipe has changed or Python is gone."""
        kept = Kept(self._config.env_dir / environment.folder)
        self._hold(kept, environment, say)
        wanted = recipe(environment, self._config)
        python = program(kept.env)
        if kept.read().recipe == wanted.digest:
            try:
                self._interpreter(python)
                return _Ready(environment, kept, wanted, python)
            except EnvironmentFailedError:
                say(f"the Python of {environment.name} is gone")
        backend = self._backend(environment, say)
        with span("environment"):
            found = Making(environment, kept, wanted, backend, self._config.install_timeout, say).make()
        self._interpreters[_made(python)] = found
        return _Ready(environment, kept, wanted, python)

    def _interpreter(self, python: Path) -> Interpreter:
        """Return what a Python says of itself, asking it once in this process unless that no longer holds."""
        known = self._interpreters.get(_made(python)) if python.exists() else None
        if known is None or not known.current:
            known = fingerprint.ask(python)
            self._interpreters[_made(python)] = known
        return known

    def _as_it_is(self, environment: Environment, sha: str, say: Say) -> Workspace:
        """Return the workspace of an existing Python: the commit is what its owner says it is."""
        python = self._backend(environment, say).create(environment, self._config.env_dir)
        found = fingerprint.take(python)
        if found.distributions.get("asv_runner") != ASV_RUNNER:
            raise EnvironmentFailedError(
                f"{environment.name} lacks asv_runner {ASV_RUNNER}: install it with"
                f" `{python} -m pip install asv_runner=={ASV_RUNNER}`"
            )
        root = self._config.root
        values = template_values(self._config, environment, python.parent.parent, sha)
        variables = {**asv_variables(values), **dict(environment.variables)}
        return Workspace(environment, sha, python.parent.parent, python, root, Build(ok=True), found, variables)

    def _workspace(self, ready: _Ready, sha: str, build: Build) -> Workspace:
        """Return the workspace, with the variables that benchmarks see under asv."""
        values = template_values(self._config, ready.environment, ready.kept.env, sha)
        values["build_dir"] = str(ready.kept.source / self._config.repo_subdir)
        own = dict(ready.environment.variables)
        variables = {**asv_variables(values), **own, **activated(ready.python, own.get("PATH"))}
        kept, found = ready.kept, self._interpreter(ready.python).fingerprint()
        return Workspace(ready.environment, sha, kept.env, ready.python, kept.source, build, found, variables)

    def _backend(self, environment: Environment, say: Say) -> Backend:
        """Return what makes an environment."""
        made: Any = plugins.load("environments", environment.backend)
        backend: Backend = made(self._config.root, self._config.install_timeout, say)
        return backend

    def _hold(self, kept: Kept, environment: Environment, say: Say) -> None:
        """Keep others from an environment, after those who have it now; any other one is let go first.

        Holding one at a time, two processes with the same environments in different order cannot block each other.
        """
        path = kept.base.with_suffix(".lock")
        if self._lock is not None and Path(self._lock.lock_file) == path:
            return
        self.close()
        own_folder(self._config.env_dir)
        kept.base.mkdir(exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"waiting for another process that uses {environment.name}")
            lock.acquire()
        self._lock = lock


def _made(python: Path) -> tuple[Path, int]:
    """Return what tells the Python of an environment from one that was made in its place."""
    return python, python.lstat().st_mtime_ns
