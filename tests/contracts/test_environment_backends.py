import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench_runner import plugins
from bench_runner.envs.base import Backend
from bench_runner.envs.fingerprint import take
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.environment import Environment

pytestmark = pytest.mark.slow

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
SETUP = """
from setuptools import setup
setup(name="tiny-thing", version="0.1", py_modules=["tiny_thing"], install_requires=["six"])
"""
Make = Callable[..., Backend]


@pytest.fixture(scope="module", params=["uv", pytest.param("venv", marks=pytest.mark.slow)])
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(tool: str, tmp_path: Path) -> Make:
    def make(timeout: float = 300.0) -> Backend:
        backend: Backend = plugins.load("environments", tool)(tmp_path, timeout, lambda _: None)
        return backend

    return make


@pytest.fixture(scope="module")
def python(tool: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment to build in, which that leaves as it is."""
    folder = tmp_path_factory.mktemp("shared")
    backend: Backend = plugins.load("environments", tool)(folder, 300.0, lambda _: None)
    return backend.create(Environment("any", HERE), folder / "environment")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "setup.py").write_text(SETUP)
    (folder / "tiny_thing.py").write_text("VALUE = 1\n")
    return folder


def said(python: Path, code: str) -> str:
    return subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_project_goes_all_the_way_and_its_next_commit_replaces_it(make: Make, project: Path, tmp_path: Path) -> None:
    backend = make()
    path = tmp_path / "environment"
    python = backend.create(Environment("any", HERE), path)
    assert python.is_absolute()
    assert said(python, "import sys; print(sys.prefix)") == str(path)
    assert "asv" not in take(python).distributions

    backend.install(python, ["six==1.16.0"], variables={})
    assert take(python).distributions["six"] == "1.16.0"

    for value in (1, 2):  # the version stays the same: only the content tells the commits apart
        (project / "tiny_thing.py").write_text(f"VALUE = {value}\n")
        out = tmp_path / f"wheels-{value}"
        out.mkdir()
        wheel = backend.build(python, project, out, variables={})
        assert wheel.parent == out
        backend.install(python, [str(wheel), "six==1.16.0"], variables={})
        # as if both were installed in one second: bytecode of the first must not pass for that of the second
        os.utime(next(path.glob("lib*/*/site-packages/tiny_thing.py")), (1e9, 1e9))
        assert said(python, "import tiny_thing; print(tiny_thing.VALUE)") == str(value)
    assert take(python).distributions == {**take(python).distributions, "six": "1.16.0", "tiny-thing": "0.1"}
    copies = [one for one in tmp_path.rglob("tiny_thing.py") if not one.is_relative_to(project)]
    assert len(copies) == 1, "nothing of an older commit is kept"

    with pytest.raises(EnvironmentFailedError, match=r"install failed: .*(?:conflict|unsatisfiable|Impossible)"):
        backend.install(python, [str(wheel), "six==1.15.0", "six==1.16.0"], variables={})

    assert not (backend.create(Environment("any", HERE), path).parent / "six.py").exists()
    assert "six" not in take(python).distributions, "an environment made anew is empty"


def test_build_variables_reach_the_build_and_its_failure_says_why(
    make: Make, python: Path, project: Path, tmp_path: Path
) -> None:
    (project / "setup.py").write_text("import os\nraise ValueError('told ' + os.environ['TOLD'])\n")
    with pytest.raises(EnvironmentFailedError, match=r"^build failed: ValueError: told a secret$") as caught:
        make().build(python, project, tmp_path, variables={"TOLD": "a secret"})
    assert "setup.py" in caught.value.output or "<string>" in caught.value.output


def test_a_build_that_hangs_is_ended(make: Make, python: Path, project: Path, tmp_path: Path) -> None:
    (project / "setup.py").write_text("import time\ntime.sleep(600)\n")
    with pytest.raises(EnvironmentFailedError, match=r"^timeout: build took longer than 2 s$"):
        make(2.0).build(python, project, tmp_path, variables={})


def test_a_python_that_is_nowhere_is_named(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(EnvironmentFailedError, match=r"Python 3\.98 is not installed \(looked on PATH, in pyenv"):
        make().create(Environment("any", "3.98"), tmp_path / "environment")


def test_an_existing_python_is_left_alone(tmp_path: Path, project: Path) -> None:
    backend: Backend = plugins.load("environments", "existing")(tmp_path, 300.0, lambda _: None)
    python = backend.create(Environment("existing", HERE, executable=sys.executable), tmp_path / "environment")
    assert python == Path(sys.executable)
    before = take(python).distributions
    backend.install(python, ["no-such-distribution-at-all"], variables={})
    assert take(python).distributions == before
    assert not (tmp_path / "environment").exists()
    with pytest.raises(EnvironmentFailedError, match="use -E uv"):
        backend.build(python, project, tmp_path, variables={})
    with pytest.raises(EnvironmentFailedError, match="no working Python"):
        backend.create(Environment("existing", HERE, executable="/nowhere/python"), tmp_path / "environment")
