"""A real project that fails in every way tells nothing of where it was measured, but what is said to be told."""

import json
import platform
from pathlib import Path

import pytest

from .conftest import Command, project

pytestmark = pytest.mark.slow

SUITE = """\
import os
import sys

import tiny


def time_fails():
    print(os.environ["HOME"], os.environ["SOME_TOKEN"], tiny.__file__, sys.executable, os.environ.get("PATH"))
    open(os.path.join(os.environ["HOME"], "no", "such", "file"))


class Cached:
    def setup_cache(self):
        raise ValueError(__file__)

    def time_cached(self, cache):
        pass
"""
SETUP = """\
import os
import sys

print(os.getcwd(), os.environ["HOME"], os.environ["SOME_TOKEN"], file=sys.stderr)
raise RuntimeError(__file__)
"""
LEGACY = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Command, str, str]:
    """A project at /.../ada/secret-project, what its first run said, and all that its results say."""
    command = project(tmp_path / "ada" / "secret-project")
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    monkeypatch.setenv("SOME_TOKEN", "t0k-e1234567")
    command.write("benchmarks/fails.py", SUITE)
    command.write("setup.py", SETUP)
    command.write("pyproject.toml", LEGACY)
    command.commit("Break the build in old style")
    done = command("run", "HEAD~2..HEAD", "--rounds", "1")
    assert done.code == 0, done.err
    return command, done.err, "".join(path.read_text() for path in (command.folder / "results").rglob("*.json"))


def test_what_a_project_that_fails_tells(told: tuple[Command, str, str], tmp_path: Path) -> None:
    command, said, text = told
    assert "RuntimeError" in text
    assert "FileNotFoundError" in text
    assert "./benchmarks/fails.py" in text
    for private in (str(tmp_path), "secret-project", "t0k-e1234567"):
        assert private not in text, private
    names = {json.loads(one.read_text())["machine"] for one in tmp_path.rglob("results/*/machine.json")}
    assert names == {platform.node()}
    assert said.count(f"published, under this host's name '{platform.node()}'") == 1
    again = command("run", "HEAD~1^!", "--rounds", "1", "--again", "-b", "spin")
    assert (again.code, "this host's name" in again.err) == (0, False)
