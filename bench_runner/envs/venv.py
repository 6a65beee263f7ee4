"""Makes environments with the venv and pip of the measured Python itself: slower than uv, needing nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench_runner.envs import process
from bench_runner.envs.base import Say, program, quiet, wheel_in
from bench_runner.envs.pythons import obtain
from bench_runner.envs.variables import activated, inherited
from bench_runner.model.environment import Environment


class Venv:
    """The standard library's way. `folder` is where relative paths of requirements are looked for."""

    def __init__(self, folder: Path, timeout: float = 600.0, say: Say = quiet) -> None:
        self.folder, self.timeout, self.say = folder, timeout, say

    def create(self, environment: Environment, path: Path) -> Path:
        """Make an environment with nothing but pip, replacing what is there."""
        base = obtain(environment.python, self.say)
        self._run("python -m venv (Debian: install python3-venv)", base, "venv", "--clear", str(path))
        return program(path)

    def install(self, python: Path, packages: Sequence[str], *, variables: Mapping[str, str]) -> None:
        """Install; wheels always anew, since two commits may bear the same version."""
        pip = ("pip", "install", "--disable-pip-version-check", "--no-input")
        wheels = [package for package in packages if package.endswith(".whl")]
        if wheels:
            self._run("install", python, *pip, "--force-reinstall", "--no-deps", *wheels, variables=variables)
        self._run("install", python, *pip, *packages, variables=variables)

    def build(self, python: Path, source: Path, out: Path, *, variables: Mapping[str, str]) -> Path:
        """Build one wheel."""
        pip = ("pip", "wheel", "--disable-pip-version-check", "--no-input")
        target = ("--no-deps", "--use-pep517", "--wheel-dir", str(out), str(source))
        self._run("build", python, *pip, *target, variables=variables)
        return wheel_in(out)

    def _run(self, what: str, python: Path, *module: str, variables: Mapping[str, str] | None = None) -> None:
        """Run a module of a Python, isolated: a file types.py in the project's folder must not become pip's."""
        environment = inherited({**(variables or {}), **activated(python)})
        command = [str(python), "-I", "-m", *module]
        process.must(what, command, folder=self.folder, variables=environment, timeout=self.timeout)
