import sys
from pathlib import Path

import pytest

from bench_runner.envs.builder import Builder
from bench_runner.envs.uv import Uv
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.environment import Environment

pytestmark = pytest.mark.slow

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
# A build backend of the project's own, which notes where it runs and asks for more than is written down.
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "own"
backend-path = ["."]

[project]
name = "tiny-thing"
version = "0.1"

[tool.setuptools]
py-modules = ["tiny_thing"]
"""
OWN = """
import os, sys
from setuptools.build_meta import *
from setuptools import build_meta

def get_requires_for_build_wheel(config_settings=None):
    return [os.environ["ASKED"]] if os.environ.get("ASKED") else []

def build_wheel(*given, **named):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(sys.prefix + "\\n")
    __import__(os.environ.get("ASKED") or "os")
    return build_meta.build_wheel(*given, **named)
"""


class Project:
    def __init__(self, root: Path) -> None:
        self.source, self.notes, self.root = root / "project", root / "notes", root
        self.source.mkdir()
        (self.source / "pyproject.toml").write_text(PYPROJECT)
        (self.source / "own.py").write_text(OWN)
        (self.source / "tiny_thing.py").write_text("VALUE = 1\n")
        self.uv = Uv(root)
        self.python = self.uv.create(Environment("uv", HERE), root / "env")
        self.builder = Builder.beside(self.python, ["setuptools"])

    def build(self, **variables: str) -> list[str]:
        """Build and return in which environments that was tried."""
        out = self.root / f"wheels-{len(list(self.root.glob('wheels-*')))}"
        self.notes.write_text("")
        self.uv.build(self.python, self.source, out, variables={"NOTES": str(self.notes), **variables})
        return self.notes.read_text().split()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_every_commit_is_built_in_the_same_kept_environment(project: Project) -> None:
    kept = [str(project.builder.path)]
    assert project.build() == kept
    setuptools = next(project.builder.path.glob("lib*/*/site-packages/setuptools"))
    before = setuptools.stat().st_ctime_ns
    assert project.build() == kept
    assert setuptools.stat().st_ctime_ns == before


def test_an_unfinished_builder_is_made_anew(project: Project) -> None:
    project.build()
    (project.builder.path / "ready").unlink()
    next(project.builder.path.glob("lib*/*/site-packages/setuptools/__init__.py")).unlink()
    assert project.build() == [str(project.builder.path)]


def test_a_project_that_asks_for_more_is_built_in_isolation_from_then_on(project: Project) -> None:
    first, second = project.build(ASKED="six")
    assert (first == str(project.builder.path), second == first) == (True, False)
    (third,) = project.build(ASKED="six")
    assert third != first


def test_a_commit_that_does_not_build_at_all_leaves_the_builder_in_use(project: Project) -> None:
    (project.source / "own.py").write_text(OWN.replace("    __import__", "    raise ValueError('broken')  #"))
    with pytest.raises(EnvironmentFailedError, match="build failed: ValueError: broken"):
        project.build()
    (project.source / "own.py").write_text(OWN)
    assert project.build() == [str(project.builder.path)]


def test_other_requirements_have_another_builder(project: Project) -> None:
    assert Builder.beside(project.python, ["six"]) != project.builder == Builder.beside(project.python, ["setuptools"])
