"""A tiny real project, and the real command run on it in a process of its own, forked or with a new interpreter."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from .forked import forking

PYPROJECT = """\
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "flit_core.buildapi"

[project]
name = "tiny"
version = "1.0"
description = "A tiny project."
"""
CONFIG = f"""\
project = "tiny"
pythons = ["{sys.version_info[0]}.{sys.version_info[1]}"]
"""
SUITE = """\
import tiny


def time_spin():
    tiny.spin()


def track_answer():
    return tiny.ANSWER


class Pairs:
    params = [1, 2]
    param_names = ["n"]

    def mem_list(self, n):
        return list(range(n))
"""
MODULE = """\
ANSWER = {answer}


def spin():
    return sum(range({work}))
"""


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Command:
    """The command line in a folder, with caches and settings of its own."""

    folder: Path
    home: Path

    def __call__(self, *words: str) -> Done:
        return Done(*forking().run(words, self.folder, self.environment))

    def alone(self, *words: str) -> Done:
        """Run a command in an interpreter of its own."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=240)
        return Done(process.returncode, out, err)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", "from bench_runner.cli.main import run; run()", *words]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, **streams)

    @property
    def environment(self) -> dict[str, str]:
        private = {"XDG_CACHE_HOME": str(self.home / "cache"), "XDG_CONFIG_HOME": str(self.home / "config")}
        return {**os.environ, **private, "COLUMNS": "160", "UV_CACHE_DIR": uv_cache()}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.folder), *who, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, subject: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


def uv_cache() -> str:
    """The user's own cache, so that tests do not download what is there."""
    given = os.environ.get("UV_CACHE_DIR")
    return given or str(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "uv")


def started(folder: Path, suite: str, name: str = "work") -> Command:
    """Write a project without a commit, of which all is there but its code."""
    command = Command(folder, folder.parent / "home")
    folder.mkdir(parents=True)
    command.git("init", "--quiet", "--initial-branch=main")
    command.write(".gitignore", ".bench_runner/\nsite/\nresults/\n__pycache__/\n")
    command.write("pyproject.toml", PYPROJECT.replace("tiny", name))
    command.write("bench_runner.toml", CONFIG.replace("tiny", name))
    command.write("benchmarks/__init__.py", "")
    command.write("benchmarks/suite.py", suite)
    return command


def project(folder: Path) -> Command:
    """Write a project of three commits: one level, one that does not build, and one that is slower."""
    command = started(folder, SUITE, "tiny")
    command.write("tiny/__init__.py", '"""Tiny."""\n' + MODULE.format(answer=1, work=1000))
    command.commit("Begin")
    command.write("pyproject.toml", PYPROJECT.replace("flit_core.buildapi", "flit_core.nowhere"))
    command.commit("Break the build")
    command.write("pyproject.toml", PYPROJECT)
    command.write("tiny/__init__.py", '"""Tiny."""\n' + MODULE.format(answer=2, work=6000))
    command.commit("Mend the build")
    return command


@pytest.fixture
def tiny(tmp_path: Path) -> Command:
    """A fresh project that was never measured."""
    return project(tmp_path / "tiny")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A project whose whole history was measured once, in few rounds."""
    command = project(tmp_path_factory.mktemp("measured") / "tiny")
    done = command("--machine", "here", "run", "ALL", "--rounds", "3")
    assert done.code == 0, done.err
    return command


@pytest.fixture
def here(tmp_path: Path) -> Callable[..., Done]:
    """The command in an empty folder."""
    (tmp_path / "empty").mkdir()
    return Command(tmp_path / "empty", tmp_path / "home")
