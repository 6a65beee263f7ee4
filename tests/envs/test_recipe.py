from dataclasses import replace
from pathlib import Path

import pytest

from bench_runner.config import Config
from bench_runner.envs.recipe import declaration, recipe
from bench_runner.errors import UsageError
from bench_runner.model.environment import Environment

PLAIN = Environment("uv", "3.11", (("pip+-e ../lib", ""), ("six", "1.16"), ("web", "git+https://h/web.git")))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    folders = {name: tmp_path / name for name in ("benchmark_dir", "env_dir", "results_dir", "html_dir")}
    return Config(source=tmp_path / "bench_runner.toml", root=tmp_path, project="p", repo=str(tmp_path), **folders)


@pytest.mark.parametrize(
    ("name", "version", "words"),
    [
        ("numpy", "", ("numpy",)),
        ("numpy", "1.26", ("numpy==1.26",)),
        ("numpy", "1.26.*", ("numpy==1.26.*",)),
        ("numpy", ">=1.20, <2", ("numpy>=1.20, <2",)),
        ("numpy", "~=1.20", ("numpy~=1.20",)),
        ("numpy", "=1.20", ("numpy==1.20.*",)),
        ("numpy", "=1.20*", ("numpy==1.20.*",)),
        ("pip+numpy", "1.26", ("numpy==1.26",)),
        ("pip+numpy>=1,<3", "", ("numpy>=1,<3",)),
        ("pip+dask[array]", "2024.1", ("dask[array]==2024.1",)),
        ("pip+-e ../my lib", "", ("-e", "../my", "lib")),
        ("pip+-e '../my lib'", "", ("-e", "../my lib")),
        ("pip+numpy --pre", "", ("numpy", "--pre")),
        ("pip+git+https://h/x.git@main", "", ("git+https://h/x.git@main",)),
        ("numpy", "git+https://h/numpy.git", ("numpy @ git+https://h/numpy.git",)),
        ("numpy", "https://h/numpy.whl", ("numpy @ https://h/numpy.whl",)),
    ],
)
def test_requirements_as_asv_writes_them(name: str, version: str, words: tuple[str, ...]) -> None:
    assert declaration(name, version) == words


def test_options_get_a_call_of_their_own_and_addresses_are_asked_for_once(config: Config) -> None:
    found = recipe(PLAIN, config)
    assert found.steps == (("asv_runner==0.3.2", "six==1.16", "web @ git+https://h/web.git"), ("-e", "../lib"))
    assert found.specifiers == ("asv_runner==0.3.2", "six==1.16")
    assert found.welcome == (("pympler",),)
    assert recipe(replace(PLAIN, python="pypy3.10"), config).welcome == ()


def test_commands_find_what_asv_would_have_installed(config: Config, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["cython>=3"]\n')
    found = recipe(PLAIN, replace(config, install_command=("python -m pip install {wheel_file}",)))
    assert {"pip", "build", "wheel", "setuptools"} <= set(found.steps[0])
    assert found.welcome == (("pympler",), ("cython>=3",))
    assert found.specifiers == ("asv_runner==0.3.2", "six==1.16")
    assert "build" not in recipe(PLAIN, config).steps[0]


def test_whatever_would_be_installed_otherwise_makes_another_recipe(config: Config, tmp_path: Path) -> None:
    lock, inner = tmp_path / "requirements.txt", tmp_path / "inner.txt"
    lock.write_text("six==1.16\n-r inner.txt\n-c https://h/constraints.txt\n")
    inner.write_text("attrs\n-r requirements.txt\n")
    locked = replace(config, requirements=(lock,))
    digests = {
        recipe(PLAIN, config).digest,
        recipe(PLAIN, locked).digest,
        recipe(PLAIN, replace(config, build_command=())).digest,
        recipe(replace(PLAIN, requirements=()), config).digest,
        recipe(replace(PLAIN, python="3.12"), config).digest,
        recipe(replace(PLAIN, build_variables=(("A", "1"),)), config).digest,
    }
    inner.write_text("attrs==23\n-r requirements.txt\n")
    digests.add(recipe(PLAIN, locked).digest)
    assert len(digests) == 7
    assert recipe(replace(PLAIN, run_variables=(("A", "1"),)), config).digest in digests


def test_files_that_cannot_serve_are_named(config: Config, tmp_path: Path) -> None:
    for name in ("poetry.lock", "missing.txt"):
        with pytest.raises(UsageError, match=name):
            recipe(PLAIN, replace(config, requirements=(tmp_path / name,)))
    found = tuple(tmp_path / folder / "uv.lock" for folder in "ab")
    for path in found:
        path.parent.mkdir()
        path.write_text("version = 1\n")
    with pytest.raises(UsageError, match=r"a second uv\.lock"):
        recipe(PLAIN, replace(config, requirements=found))
    assert recipe(PLAIN, replace(config, requirements=found[:1])).lock == found[0]
