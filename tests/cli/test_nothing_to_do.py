"""`run` with nothing to do looks into no workspace, and still sees everything that is new in a suite."""

import shutil

import pytest

from .conftest import Command, Done, project

pytestmark = pytest.mark.slow
SIZED = """\
from pathlib import Path


class Sized:
    params = [Path(__file__).with_name("sizes.txt").read_text().split()]

    def track_size(self, size):
        return int(size)
"""
HEAVY = ("pandas", "scipy", "matplotlib", "jinja2", "asv")


def run(command: Command) -> Done:
    done = command("--machine", "here", "run", "ALL", "--rounds", "1")
    assert done.code == 0, done.err
    return done


def idle(command: Command) -> bool:
    """Whether there is nothing to do."""
    return "nothing to do" in run(command).err


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A small project that is measured whole."""
    command = project(tmp_path_factory.mktemp("idle") / "tiny")
    command.write("benchmarks/sized.py", SIZED)
    command.write("benchmarks/sizes.txt", "1")
    assert not idle(command)
    return command


def test_nothing_is_prepared_when_nothing_is_left(done: Command) -> None:
    assert idle(done)
    (python,) = (done.folder / ".bench_runner" / "env").glob("*/env/bin/python")
    python.rename(python.with_name("gone"))
    try:
        again = run(done)
    finally:
        python.with_name("gone").rename(python)
    assert again.err.strip() == f"0 runs, 3 complete before: nothing to do; {done.folder}/results"


def test_what_is_new_in_a_suite_is_measured(done: Command) -> None:
    assert idle(done)
    done.write("benchmarks/inner/__init__.py", "")
    done.write("benchmarks/inner/deep/__init__.py", "")
    done.write("benchmarks/inner/deep/more.py", "def track_deep():\n    return 1\n")
    assert not idle(done)
    assert "inner.deep.more.track_deep" in done("show", "HEAD").out
    assert idle(done)
    done.write("benchmarks/sizes.txt", "1 2")
    assert not idle(done)
    assert "sized.Sized.track_size('2')" in done("show", "HEAD").out
    assert idle(done)
    done.write("benchmarks/inner/deep/more.py", "def track_deep():\n    return 2\n")
    assert not idle(done)
    assert idle(done)


def test_a_suite_that_looks_at_a_variable(done: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    done.write("benchmarks/asking.py", 'import os\nif "MANY" in os.environ:\n    def track_many(): return 1\n')
    assert idle(done)
    monkeypatch.setenv("MANY", "1")
    assert not idle(done)


def test_without_the_cache_it_is_the_same(done: Command) -> None:
    assert idle(done)
    shutil.rmtree(done.home / "cache")
    assert idle(done)


def test_a_damaged_result_is_named_and_measured_again(done: Command) -> None:
    head = done.git("rev-parse", "HEAD")[:8]
    (path,) = (done.folder / "results" / "here").glob(f"{head}-*.json")
    path.write_text("{")
    said = run(done).err
    assert f"{path} is not as it should be" in said
    assert "1 run, 2 complete before" in said
    assert idle(done)


def test_nothing_to_do_loads_no_heavy_library(done: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    run(done)
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    few = done.alone("--machine", "here", "run", "ALL", "--rounds", "1")
    assert "nothing to do" in few.err
    assert loaded(few) & {*HEAVY, "pyarrow", "numpy"} == set()
    many = done.alone(
        "--machine", "here", "run", "ALL", "--dry-run"
    )  # it reads all there is, as a run of many commits does
    assert "pyarrow" in loaded(many)
    assert loaded(many) & {*HEAVY} == set()


def loaded(done: Done) -> set[str]:
    """Return the modules that a command has imported."""
    return {line.rpartition("|")[2].strip() for line in done.err.splitlines() if line.startswith("import time:")}
