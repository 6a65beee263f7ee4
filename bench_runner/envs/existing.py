"""Uses a Python as it is, with what its owner has installed: nothing is made, built or changed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench_runner.envs import pythons
from bench_runner.envs.base import Say, quiet
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.environment import Environment


class Existing:
    """A Python that is there; made like every backend, though it needs neither folder nor time."""

    def __init__(self, folder: Path, timeout: float = 600.0, say: Say = quiet) -> None:
        self.folder, self.timeout, self.say = folder, timeout, say

    def create(self, environment: Environment, path: Path) -> Path:  # noqa: ARG002 - nothing is put there
        """Return the environment's own Python; EnvironmentFailedError when it does not run."""
        python = Path(environment.executable)
        if not environment.executable or pythons.ask(python) is None:
            raise EnvironmentFailedError(f"no working Python at {python}: correct -E existing:PATH")
        return python

    def install(self, python: Path, packages: Sequence[str], *, variables: Mapping[str, str]) -> None:
        """Leave everything as it is."""

    def build(self, python: Path, source: Path, out: Path, *, variables: Mapping[str, str]) -> Path:  # noqa: ARG002 - refused
        """Refuse: what is measured is what is installed."""
        raise EnvironmentFailedError("an existing environment is measured as it is: use -E uv to build commits")
