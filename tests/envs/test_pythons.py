import os
import sys
from pathlib import Path

import pytest

from bench_runner.envs import pythons, uvtool
from bench_runner.errors import EnvironmentFailedError

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
FULL = f"{HERE}.{sys.version_info[2]}"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any Python to find; what is put into the folder is on PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "of-uv"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    return programs


def stand_in(path: Path, version: str, implementation: str = "cpython", name: str = "") -> Path:
    """A program that answers as a Python of that version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = ", ".join(version.split("."))
    said = (
        f'{{"implementation": "{implementation}", "version": [{numbers}], "abi": "", "executable": "{name or path}"}}'
    )
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", [HERE, FULL, "3", f"python{HERE}"])
def test_the_python_of_this_test_is_found_by_its_version(version: str) -> None:
    found = pythons.find(version)
    assert found is not None
    assert found.is_absolute()
    answer = pythons.ask(found)
    assert answer is not None
    assert answer.version[0] == 3


def test_what_is_found_is_not_the_virtual_environment_but_what_it_came_from() -> None:
    answer = pythons.ask(Path(sys.executable))
    assert answer is not None
    assert (answer.short, answer.implementation) == (HERE, "cpython")
    assert answer.path == Path(sys._base_executable)  # type: ignore[attr-defined] # what venv itself reads


def test_shims_that_fail_are_passed_over(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "python3.10").write_text("#!/bin/sh\necho 'pyenv: python3.10: command not found' >&2\nexit 127\n")
    (shims / "python3.10").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shims}{os.pathsep}{bare}")
    assert pythons.find("3.10") is None
    good = stand_in(bare / "python3.10", "3.10.4")
    assert pythons.find("3.10") == good


def test_a_plain_name_is_taken_only_with_the_right_version(bare: Path) -> None:
    stand_in(bare / "python3", "3.1.5")
    stand_in(bare / "python", "2.7.18")
    assert pythons.find("3.10") is None
    assert pythons.find("3.1") == bare / "python3"
    assert pythons.find("2") == bare / "python"


def test_pyenvs_newest_fitting_version_is_taken(bare: Path, tmp_path: Path) -> None:
    versions = tmp_path / "pyenv" / "versions"
    stand_in(versions / "3.10.9" / "bin" / "python", "3.10.9")
    newest = stand_in(versions / "3.10.13" / "bin" / "python", "3.10.13")
    stand_in(versions / "3.1.0" / "bin" / "python", "3.1.0")
    (versions / "3.10.14" / "bin").mkdir(parents=True)  # half installed
    pypy = stand_in(versions / "pypy3.10-7.3.12" / "bin" / "python", "3.10.12", "pypy")
    assert pythons.find("3.10") == newest
    assert pythons.find("3.10.9") == versions / "3.10.9" / "bin" / "python"
    assert pythons.find("pypy3.10") == pypy
    assert pythons.find("pypy3.9") is None


def test_a_path_is_taken_as_it_is(bare: Path, tmp_path: Path) -> None:
    mine = stand_in(tmp_path / "my python" / "python", "3.12.1")
    assert pythons.find(str(mine)) == mine
    assert pythons.find(str(tmp_path / "nothing")) is None


@pytest.mark.parametrize("version", ["", "conda", "3.x", "../3.10", "-c"])
def test_nonsense_is_not_found(version: str, bare: Path) -> None:
    assert pythons.find(version) is None


def test_a_program_that_answers_nonsense_is_no_python(bare: Path) -> None:
    for name, answer in {"python3.10": "[1, 2]", "python3": '{"version": ["x"]}', "python": ""}.items():
        (bare / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (bare / name).chmod(0o755)
    assert pythons.find("3.10") is None


def test_uv_may_download_only_after_saying_so_and_failing_names_all_places(bare: Path) -> None:
    news: list[str] = []
    with pytest.raises(EnvironmentFailedError) as caught:
        pythons.obtain("3.98", news.append)
    assert news == ["no Python 3.98 on this machine: downloading one with uv"]
    assert "looked on PATH, in pyenv's versions, among uv's own" in str(caught.value)
    assert caught.value.exit_code == 6
    with pytest.raises(EnvironmentFailedError, match="correct the path"):
        pythons.obtain("/nowhere/python", news.append)
    assert len(news) == 1


def test_uvs_own_pythons_are_asked_for(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, ...]] = []
    mine = stand_in(tmp_path / "python", "3.10.2")

    def answer(*words: str, folder: Path) -> str:
        asked.append(words)
        return str(mine)

    monkeypatch.setattr(uvtool, "asked", answer)
    assert pythons.find("3.10") == mine
    assert asked == [("python", "find", "--no-project", "--managed-python", "3.10")]
