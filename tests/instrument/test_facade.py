"""The names that programs import from the package: all there, typed, and loaded only when they are used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from bench_runner import instrument

SOURCE = Path(instrument.__file__)
PUBLIC = sorted(instrument._HOME)


def typed() -> dict[str, str]:
    """Return what a type checker is told: name -> module."""
    found = {}
    for node in ast.walk(ast.parse(SOURCE.read_text())):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.name == alias.asname, f"{alias.name} is re-exported only where it says so"
                found[alias.name] = str(node.module)
    return found


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_is_that_of_its_module(name: str) -> None:
    home = import_module(f"bench_runner.instrument.{instrument._HOME[name]}")
    assert getattr(instrument, name) is vars(home)[name]
    assert getattr(instrument, name) is vars(instrument)[name]  # kept: the second look costs nothing


def test_type_checkers_and_programs_are_told_the_same() -> None:
    assert typed() == {name: f"bench_runner.instrument.{home}" for name, home in instrument._HOME.items()}


def test_no_name_is_that_of_a_module_which_would_take_its_place() -> None:
    modules = {path.stem for path in SOURCE.parent.iterdir()}
    assert not modules & set(PUBLIC)


def test_all_names_are_listed_and_others_are_not_there() -> None:
    assert set(PUBLIC) <= set(dir(instrument))
    with pytest.raises(AttributeError, match=r"'bench_runner\.instrument' has no attribute 'timer'"):
        instrument.timer  # noqa: B018 - looking is the test
    with pytest.raises(ImportError):
        exec("from bench_runner.instrument import timer")


def test_the_facade_alone_loads_nothing() -> None:
    program = (
        "import sys; before = set(sys.modules); import bench_runner.instrument; print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"bench_runner", "bench_runner.instrument"}


@pytest.mark.slow
def test_mypy_knows_the_types(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    names = ", ".join(PUBLIC)
    program.write_text(f"from bench_runner.instrument import {names}\nreveal_type(timed)\n{names}.nothing\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, program]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "Decorator" in said, said
    assert said.count("error:") == 1, said  # that of the last line
    assert '"nothing"' in said, said
