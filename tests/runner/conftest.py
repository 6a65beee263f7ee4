"""Real environments with asv_runner in them, and suites written on the spot."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
import uv

from bench_runner.envs.base import Workspace
from bench_runner.model.environment import Environment
from bench_runner.model.run import Build, Result
from bench_runner.runner.events import Event, Measured
from bench_runner.runner.execute import Processes
from bench_runner.runner.sampling import Sampling

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


def environment(folder: Path, python: str, *packages: str) -> Path:
    """Make an environment; return its Python."""
    tool = uv.find_uv_bin()
    subprocess.run([tool, "venv", "--quiet", "--python", python, folder], check=True)
    subprocess.run([tool, "pip", "install", "--quiet", "--python", folder / "bin/python", *packages], check=True)
    return folder / "bin/python"


def workspace(python: Path, source: Path) -> Workspace:
    """Return a workspace with nothing of a project in it."""
    return Workspace(Environment("uv", "3"), "a" * 40, source, python, source, Build(ok=True))


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of our own Python."""
    return environment(tmp_path_factory.mktemp("own") / "env", sys.executable, "asv_runner==0.3.2", "pympler")


@pytest.fixture(scope="session", params=["3.7", "3.9", "3.13"])
def other_python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Environments of other Pythons, where pyenv has them."""
    found = sorted(PYENV.glob(f"{request.param}.*/bin/python"))
    if not found:
        pytest.skip(f"no Python {request.param} in {PYENV}")
    return environment(tmp_path_factory.mktemp("other") / "env", str(found[-1]), "asv_runner==0.3.2", "pympler")


@pytest.fixture(scope="session")
def valgrind() -> None:
    """What instructions are counted by."""
    if shutil.which("valgrind") is None:
        message = "no valgrind: install it with `python tests/install.py` (as root) or your package manager"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)


@pytest.fixture
def make_environment(tmp_path: Path) -> Callable[..., Path]:
    """A function that makes an environment of our own Python with these packages."""
    return lambda *packages: environment(tmp_path / "made", sys.executable, *packages)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a suite from keyword arguments, module by module, and returns its folder."""

    def write_suite(**modules: str) -> Path:
        folder = tmp_path / "benchmarks"
        folder.mkdir(exist_ok=True)
        for stale in folder.rglob("__pycache__"):
            shutil.rmtree(stale)  # a change within a second would not be seen
        for name, source in {"__init__": "", **modules}.items():
            path = folder / f"{name.replace('__in__', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(dedent(source))
        return folder

    return write_suite


class Bench:
    """Measures everything in a suite."""

    def __init__(self, python: Path) -> None:
        self.python = python
        self.said: list[str] = []
        self.events: list[Event] = []
        self.processes = Processes(self.said.append)

    def place(self, suite: Path) -> Workspace:
        return workspace(self.python, suite.parent)

    def later(self, suite: Path) -> Workspace:
        """Return the same place with another commit in it."""
        return replace(self.place(suite), commit_sha="b" * 40)

    def measure(self, suite: Path, sampling: Sampling | None = None, *, only: str = "") -> Measured:
        place = self.place(suite)
        found = [one for one in self.processes.discover(place, suite) if only in one.name]
        cases = [(one, list(one.cases())) for one in found]
        return self.processes.measure(place, suite, cases, sampling or Sampling(), self.events.append)

    def results(self, suite: Path, sampling: Sampling | None = None, *, only: str = "") -> dict[str, Result]:
        return {one.case.id: one for one in self.measure(suite, sampling, only=only).results}


@pytest.fixture
def bench(python: Path) -> Bench:
    return Bench(python)


@pytest.fixture(scope="module")
def lasting(python: Path) -> Bench:
    """One for what several tests look at."""
    return Bench(python)
