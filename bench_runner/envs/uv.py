"""Makes environments with uv: the default, for it costs the least."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench_runner.envs import uvtool
from bench_runner.envs.base import Say, distribution, program, quiet, wheel_in
from bench_runner.envs.builder import Builder
from bench_runner.envs.pythons import obtain
from bench_runner.envs.recipe import build_requirements
from bench_runner.envs.variables import activated
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.environment import Environment


class Uv:
    """The uv program. `folder` is where relative paths of requirements and uv's own settings are looked for."""

    def __init__(self, folder: Path, timeout: float = 600.0, say: Say = quiet) -> None:
        self.folder, self.timeout, self.say = folder, timeout, say

    def create(self, environment: Environment, path: Path) -> Path:
        """Make an empty environment, replacing what is there."""
        base = obtain(environment.python, self.say)
        self._uv("uv venv", "venv", "--no-project", "--clear", "--python", str(base), str(path))
        return program(path)

    def install(self, python: Path, packages: Sequence[str], *, variables: Mapping[str, str]) -> None:
        """Install; wheels always anew, since two commits may bear the same version."""
        pip = ("pip", "install", "--python", str(python))
        wheels = [package for package in packages if package.endswith(".whl")]
        if wheels:
            self._replace(python, wheels, variables)
            _forget_bytecode(python.parent.parent)
            if self._satisfied([*pip, *packages], variables):
                return
        self._uv("install", *pip, *packages, variables=variables)

    def build(self, python: Path, source: Path, out: Path, *, variables: Mapping[str, str]) -> Path:
        """Build one wheel: with what is kept for it, and where that does not do in isolation."""
        requires = build_requirements(source / "pyproject.toml")
        builder = Builder.beside(python, requires)
        keeps = bool(requires) and not builder.unfit
        if keeps and self._built(builder, requires, (python, source, out), variables):
            return wheel_in(out)
        target = ("--out-dir", str(out), "--python", str(python))
        self._uv("build", "build", "--wheel", *target, str(source), variables=variables)
        if keeps:
            builder.give_up()
        return wheel_in(out)

    def _built(
        self, builder: Builder, requires: Sequence[str], paths: tuple[Path, Path, Path], variables: Mapping[str, str]
    ) -> bool:
        """Return whether a builder, made now if it must be, has built (python, source, out); a late one is raised."""
        python, source, out = paths
        try:
            with builder.alone():
                if not builder.ready:
                    self._make(builder, requires, python, variables)
            target = ("--no-build-isolation", "--out-dir", str(out), "--python", str(builder.python))
            inside = {**variables, **activated(builder.python, variables.get("PATH"))}
            self._uv("build", "build", "--wheel", *target, str(source), variables=inside)
        except EnvironmentFailedError as error:
            if str(error).startswith("timeout:"):
                raise
            return False
        return True

    def _make(self, builder: Builder, requires: Sequence[str], python: Path, variables: Mapping[str, str]) -> None:
        """Make a builder."""
        self._uv("uv venv", "venv", "--no-project", "--clear", "--python", str(python), str(builder.path))
        self._uv("install", "pip", "install", "--python", str(builder.python), *requires, variables=variables)
        builder.finished()

    def _replace(self, python: Path, wheels: Sequence[str], variables: Mapping[str, str]) -> None:
        """Install wheels in place of what bears their names.

        Not by uv's --reinstall, which looks at the Python anew each time. And with a cache of its own, that is emptied:
        uv would keep every commit's wheel, unpacked, for ever.
        """
        cache = python.parent.parent.with_name("uv-cache")
        names = [distribution(Path(wheel)) for wheel in wheels]
        self._uv("uninstall", "pip", "uninstall", "--python", str(python), *names, variables=variables)
        options = ("--python", str(python), "--no-deps", "--offline", "--cache-dir", str(cache))
        self._uv("install", "pip", "install", *options, *wheels, variables=variables)
        for kept in ("archive-v*", "wheels-v*"):
            for folder in cache.glob(kept):
                shutil.rmtree(folder, ignore_errors=True)

    def _satisfied(self, arguments: Sequence[str], variables: Mapping[str, str]) -> bool:
        """Return whether what is installed or cached suffices, which is the rule from the second commit on."""
        try:
            self._uv("install", *arguments, "--offline", variables=variables)
        except EnvironmentFailedError:
            return False
        return True

    def _uv(self, what: str, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        """Call uv, which has to succeed."""
        uvtool.must(what, *arguments, folder=self.folder, timeout=self.timeout, variables=variables)


def _forget_bytecode(environment: Path) -> None:
    """Remove the bytecode of single-file modules, which uv leaves behind when it replaces them.

    Python would go on running it where the next commit's file has the same size and was written in the same second.
    """
    for pattern in ("lib*/*/site-packages/__pycache__", "Lib/site-packages/__pycache__"):
        for folder in environment.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)
