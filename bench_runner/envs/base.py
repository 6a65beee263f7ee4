"""What every way of making environments offers, and the workspace that comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench_runner.model.environment import Environment
from bench_runner.model.run import Build, Fingerprint


@dataclass(frozen=True, slots=True)
class Workspace:
    """A recipe realised on disk with one commit installed (or not, see `build`).

    `python` is the absolute path of its interpreter, `source` the checked-out tree, `variables` what its processes see
    on top of the allowed part of our own environment.
    """

    environment: Environment
    commit_sha: str
    path: Path
    python: Path
    source: Path
    build: Build
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    variables: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """A tool that makes environments. All paths are absolute; failures raise EnvironmentFailedError with the output."""

    def create(self, environment: Environment, path: Path) -> Path:
        """Make an empty environment at `path`, or reuse one that fits; return its Python."""
        ...

    def install(self, python: Path, packages: Sequence[str], *, variables: Mapping[str, str]) -> None:
        """Install requirement specifiers, wheel paths or pip options such as ("-r", file) beside that Python."""
        ...

    def build(self, python: Path, source: Path, out: Path, *, variables: Mapping[str, str]) -> Path:
        """Build the project in `source` into one wheel in `out`, once, isolated; return the wheel."""
        ...
