"""What every way of making environments offers, and the workspace that comes of it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.environment import Environment
from bench_runner.model.run import Build, Fingerprint

Say = Callable[[str], None]


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
    """A tool that makes environments. All paths are absolute; failures raise EnvironmentFailedError with the output.

    Plug-ins are classes, called with the folder that relative paths in requirements start from, the seconds one step
    may take, and `say` for what a person should know meanwhile.
    """

    def create(self, environment: Environment, path: Path) -> Path:
        """Make an empty environment at `path`, or reuse one that fits; return its Python."""
        ...

    def install(self, python: Path, packages: Sequence[str], *, variables: Mapping[str, str]) -> None:
        """Install requirement specifiers, wheel paths or pip options such as ("-r", file) beside that Python."""
        ...

    def build(self, python: Path, source: Path, out: Path, *, variables: Mapping[str, str]) -> Path:
        """Build the project in `source` into one wheel in `out`, once, isolated; return the wheel."""
        ...


class Doing(str):
    """News that only says what is going on: it need not stay on the screen."""

    __slots__ = ()


def quiet(news: str) -> None:
    """Say nothing."""


def program(path: Path, name: str = "python") -> Path:
    """Return where the environment at `path` keeps a program."""
    return path / "Scripts" / f"{name}.exe" if os.name == "nt" else path / "bin" / name


def wheel_in(folder: Path) -> Path:
    """Return the one wheel in a folder; EnvironmentFailedError when there is none, or more than one to choose from."""
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        found = ", ".join(wheel.name for wheel in wheels) or "none"
        raise EnvironmentFailedError(f"the build must leave one wheel in the build cache folder, it left {found}")
    return wheels[0]


def distribution(wheel: Path) -> str:
    """Return the name of the distribution in a wheel, as its file name spells it."""
    return wheel.name.partition("-")[0]
