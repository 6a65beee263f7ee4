"""Makes an environment and realises its recipe in it, before any commit."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_runner.envs import fingerprint, uvtool
from bench_runner.envs.base import Backend, Say
from bench_runner.envs.fingerprint import Interpreter
from bench_runner.envs.kept import Kept, State
from bench_runner.envs.recipe import Recipe
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.environment import Environment


@dataclass(frozen=True, slots=True)
class Making:
    """Everything at hand to make one environment; `timeout` in seconds holds for each step."""

    environment: Environment
    kept: Kept
    recipe: Recipe
    backend: Backend
    timeout: float
    say: Say

    def make(self) -> Interpreter:
        """Make it in place of what was there; EnvironmentFailedError says why not, and then nothing is left behind."""
        self.say(f"making environment {self.environment.name}")
        self.kept.write(State())
        try:
            python = self.backend.create(self.environment, self.kept.env)
            self._realise(python)
            found = fingerprint.ask(python)
        except EnvironmentFailedError as error:
            shutil.rmtree(self.kept.env, ignore_errors=True)
            raise EnvironmentFailedError(f"environment {self.environment.name}: {error}", error.output) from error
        pinned = found.fingerprint().distributions if self.recipe.files or self.recipe.lock else {}
        self.kept.write(State(recipe=self.recipe.digest, pinned=dict(pinned)))
        return found

    def _realise(self, python: Path) -> None:
        """Install the requirement files, then the matrix, which may vary what a file says, then what is welcome."""
        files = list(self.recipe.files)
        if self.recipe.lock:
            files.append(self._exported(self.recipe.lock))
        if files:
            self._install(python, [word for path in files for word in ("-r", str(path))])
        for words in self.recipe.steps:
            self._install(python, words)
        for words in self.recipe.welcome:
            try:
                self._install(python, words)
            except EnvironmentFailedError as error:
                self.say(f"{self.environment.name} goes without {', '.join(words)}: {error}")

    def _install(self, python: Path, words: Sequence[str]) -> None:
        """Install packages as every build in this environment would."""
        self.backend.install(python, words, variables=dict(self.environment.build_variables))

    def _exported(self, lock: Path) -> Path:
        """Write a uv.lock as a requirement file, the project itself left out."""
        out = self.kept.base / "lock.txt"
        words = ("export", "--frozen", "--no-emit-project", "--no-default-groups", "--project", str(lock.parent))
        what = f"export of {lock.name}"
        uvtool.must(what, *words, "--output-file", str(out), folder=lock.parent, timeout=self.timeout)
        return out
