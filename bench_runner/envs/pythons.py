"""Finds the Pythons of this machine by version: on PATH, among pyenv's, among uv's own."""

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_runner.envs import process, uvtool
from bench_runner.envs.base import Say
from bench_runner.envs.variables import inherited
from bench_runner.errors import EnvironmentFailedError

# Runs in the Python that is looked at, Python 3.7 and 2.7 included. The base executable is that behind a virtual
# environment: what is made from it does not break when the environment goes.
_QUESTION = """
import json, platform, sys, sysconfig
print(json.dumps({
    "implementation": platform.python_implementation().lower(),
    "version": list(sys.version_info[:3]),
    "abi": sysconfig.get_config_var("SOABI") or "",
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
}))
"""
_SPECIFIER = re.compile(r"(?:python|(?P<pypy>pypy))?(?P<version>\d+(?:\.\d+)*)?", re.IGNORECASE)
_ASKING_S = 20.0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What a Python says of itself: its path, implementation (cpython, pypy), version numbers, and binary interface."""

    path: Path
    implementation: str
    version: tuple[int, ...]
    abi: str

    @property
    def short(self) -> str:
        """The version as environments are named by it: "3.11"."""
        return ".".join(str(number) for number in self.version[:2])


def find(version: str) -> Path | None:
    """Return the path of a working Python, None when there is none; `version` is "3.10", "pypy3.10" or a path."""
    if os.sep in version:
        found = ask(Path(version))
        return found.path if found else None
    wanted = _SPECIFIER.fullmatch(version)
    if not wanted or not version:
        return None
    implementation = "pypy" if wanted["pypy"] else "cpython"
    numbers = tuple(int(number) for number in (wanted["version"] or "").split(".") if number)
    for candidate in _candidates(implementation, numbers):
        found = ask(candidate)
        if found and found.implementation == implementation and found.version[: len(numbers)] == numbers:
            return found.path
    return None


def obtain(version: str, say: Say) -> Path:
    """Return the path of a Python, downloaded by uv when there is none; EnvironmentFailedError when that fails."""
    if found := find(version):
        return found
    if os.sep in version:
        raise EnvironmentFailedError(f"no working Python at {version}: correct the path")
    say(f"no Python {version} on this machine: downloading one with uv")
    try:
        uvtool.must(f"download of Python {version}", "python", "install", version, folder=Path.cwd(), timeout=600.0)
    except EnvironmentFailedError as error:
        raise EnvironmentFailedError(_missing(version, str(error)), error.output) from error
    if found := _of_uv(version):
        return found
    raise EnvironmentFailedError(_missing(version, "uv does not find what it downloaded"))


def ask(python: Path) -> Interpreter | None:
    """Return what a Python says of itself, None when it does not run (as pyenv's shims of versions not chosen)."""
    command = [str(python), "-c", _QUESTION]
    try:
        finished = process.run(command, folder=Path(os.sep), variables=inherited(), timeout=_ASKING_S)
        said = json.loads(finished.output)
        version = tuple(int(number) for number in said["version"])
        return Interpreter(Path(said["executable"]), said["implementation"], version, said["abi"])
    except (EnvironmentFailedError, ValueError, LookupError, TypeError):
        return None


def _candidates(implementation: str, numbers: tuple[int, ...]) -> Iterator[Path]:
    """Yield what may be such a Python, the most likely first."""
    yield from _on_path(implementation, numbers)
    if implementation == sys.implementation.name:
        yield Path(sys.executable)
    yield from _of_pyenv(implementation, numbers)
    version = ".".join(str(number) for number in numbers)
    if found := _of_uv(version if implementation == "cpython" else implementation + version):
        yield found


def _on_path(implementation: str, numbers: tuple[int, ...]) -> Iterator[Path]:
    """Yield programs on PATH: python3.10 in every folder, then python3, then python."""
    word = "pypy" if implementation == "pypy" else "python"
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for length in range(min(len(numbers), 2), -1, -1):
        name = word + ".".join(str(number) for number in numbers[:length])
        for folder in folders:
            program = folder / (f"{name}.exe" if os.name == "nt" else name)
            if program.is_file() and os.access(program, os.X_OK):
                yield program.absolute()


def _of_pyenv(implementation: str, numbers: tuple[int, ...]) -> Iterator[Path]:
    """Yield fitting Pythons of pyenv's versions folder, the newest first."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    prefix = "pypy" if implementation == "pypy" else ""
    found = []
    for folder in (root / "versions").glob(f"{prefix}[0-9]*"):
        version = tuple(int(number) for number in re.findall(r"\d+", folder.name))
        if version[: len(numbers)] == numbers:
            found.append((version, folder / "bin" / "python"))
    yield from (path for _, path in sorted(found, reverse=True) if path.exists())


def _of_uv(version: str) -> Path | None:
    """Return a Python that uv manages."""
    found = uvtool.asked("python", "find", "--no-project", "--managed-python", version, folder=Path(os.sep))
    return Path(found) if found else None


def _missing(version: str, cause: str) -> str:
    """Say that there is no such Python, where it was looked for, and what to do."""
    return (
        f"Python {version} is not installed (looked on PATH, in pyenv's versions, among uv's own; {cause}): "
        f"install it, or choose another one in `pythons` or with -E uv:VERSION"
    )
