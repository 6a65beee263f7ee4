"""Keeps an environment of what a project is built with, so that none has to be made for each commit."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from bench_runner.envs.base import program


@dataclass(frozen=True, slots=True)
class Builder:
    """A folder beside the environment it builds for. A folder without its mark is one that was not finished."""

    path: Path

    @classmethod
    def beside(cls, python: Path, requires: Sequence[str]) -> "Builder":
        """Return the place of the builder for an environment's Python and these build requirements."""
        facts = json.dumps([str(python.resolve()), *sorted(requires)])
        folder = python.parent.parent.with_name("builders")
        return cls(folder / hashlib.sha256(facts.encode()).hexdigest()[:16])

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return program(self.path)

    @property
    def ready(self) -> bool:
        """Whether all that is required has been installed."""
        return (self.path / "ready").exists() and self.python.exists()

    @property
    def unfit(self) -> bool:
        """Whether a build has failed in it that went well in isolation: requirements are not all written down."""
        return self._unfit.exists()

    def alone(self) -> AbstractContextManager[object]:
        """Return the lock under which it is made: commits may be built at the same time."""
        self.path.parent.mkdir(exist_ok=True)
        return FileLock(f"{self.path}.lock")

    def finished(self) -> None:
        """Mark it as ready."""
        (self.path / "ready").touch()

    def give_up(self) -> None:
        """Mark it as unfit."""
        self._unfit.parent.mkdir(exist_ok=True)
        self._unfit.touch()

    @property
    def _unfit(self) -> Path:
        return self.path.with_name(f"{self.path.name}.unfit")
