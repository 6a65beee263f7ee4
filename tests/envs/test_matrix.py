import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench_runner.config import Config, load
from bench_runner.envs.matrix import environments
from bench_runner.errors import EnvironmentFailedError, UsageError

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def config(folder: Path, written: dict[str, Any]) -> Config:
    (folder / "asv.conf.json").write_text(json.dumps({"repo": ".", "environment_type": "uv", **written}))
    return load(start=folder)


def names(folder: Path, written: dict[str, Any], specifiers: Sequence[str] = ()) -> list[str]:
    return [one.name for one in environments(config(folder, written), specifiers)]


@pytest.fixture
def asv_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What asv itself calls the environments of a configuration."""
    from asv import environment, plugin_manager
    from asv.config import Config as AsvConfig

    assert plugin_manager.plugin_manager
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    monkeypatch.chdir(tmp_path)  # asv reads the pyproject.toml of the folder it runs in

    def ask(written: dict[str, Any], specifiers: Sequence[str] = ()) -> list[str]:
        asv = AsvConfig.from_json({"repo": ".", "environment_type": "uv", **written})
        return [one.name for one in environment.get_environments(asv, list(specifiers), verbose=False)]

    return ask


TWO = ["3.11", "3.12"]
CASES: dict[str, tuple[dict[str, Any], Sequence[str]]] = {
    "nothing": ({"pythons": TWO}, ()),
    "old style": ({"pythons": TWO, "matrix": {"six": ["1.15", "1.16"], "numpy": []}}, ()),
    "bare string": ({"matrix": {"six": "1.16"}}, ()),
    "absent": ({"matrix": {"req": {"six": ["1.16", None], "attrs": [""]}}}, ()),
    "all kinds": (
        {
            "matrix": {
                "req": {"b": ["2"], "a": ["1"]},
                "env": {"CC": ["gcc", "cl ang"]},
                "env_nobuild": {"N": ["1", None]},
            },
        },
        (),
    ),
    "one variable twice": ({"matrix": {"env": {"A": ["build"]}, "env_nobuild": {"A": ["run"]}}}, ()),
    "pip prefix": ({"matrix": {"req": {"pip+six": ["1.16"], "pip+-e ../lib": [""]}}}, ()),
    "asv's own": (
        {"matrix": {"req": {"pip+build": ["1.0"], "pip+pympler": [""], "pip+asv_runner": [""], "six": [""]}}},
        (),
    ),
    "characters": ({"matrix": {"req": {"six": [">=1.15,<2", "==1.*"]}, "env": {"P": ["a/b:c|d"]}}}, ()),
    "pypy": ({"pythons": ["pypy3.10", "pypy", "3"]}, ()),
    "excluded": (
        {
            "pythons": TWO,
            "matrix": {"req": {"six": ["1.15", "1.16", None], "attrs": ["23", ""]}},
            "exclude": [
                {"python": "3.11", "req": {"six": "1.15"}},
                {"python": "3.12", "six": None},
                {"req": {"six": r"1\.1", "attrs": None}},
                {"environment_type": "conda", "attrs": ".*"},
                {"sys_platform": sys.platform, "req": {"six": "1|1.16", "attrs": "23"}},
            ],
        },
        (),
    ),
    "everything excluded but asked for": ({"pythons": TWO, "exclude": [{"python": ".*"}]}, ("uv:3.11",)),
    "included": (
        {
            "matrix": {"req": {"six": ["1.16"]}},
            "exclude": [{"python": HERE}],
            "include": [
                {"python": "3.9", "six": "1.10"},
                {"python": "3.9", "req": {"six": None}, "env_nobuild": {"N": "1"}},
                {"python": "3.8", "environment_type": "conda"},
                {"python": "3.7", "environment_type": "u.", "sys_platform": "lin.*|darwin"},
            ],
        },
        (),
    ),
    "included is not asked for": ({"include": [{"python": "3.9", "six": "1"}]}, ("uv:3.12",)),
    "a tool": ({"pythons": TWO, "matrix": {"six": ["1"]}}, ("virtualenv",)),
    "a tool and a python": ({"pythons": TWO, "matrix": {"six": ["1", "2"]}}, ("uv:3.10", ":3.9")),
    "a name": ({"pythons": TWO, "matrix": {"six": ["1", "2"]}}, ("uv-py3.12-six2", "uv-py3.11-six1")),
    "virtualenv": ({"environment_type": "virtualenv", "pythons": [HERE, "3"], "matrix": {"six": ["1"]}}, ()),
}


@pytest.mark.parametrize("case", CASES)
def test_asv_gives_the_same_names(case: str, tmp_path: Path, asv_names: Any) -> None:
    written, specifiers = CASES[case]
    expected = asv_names(written, specifiers)
    if case == "a tool":  # asv only lists Pythons that it finds on PATH
        expected = [f"virtualenv-py{python}-six1" for python in TWO]
    assert expected
    assert names(tmp_path, written, specifiers) == expected


def test_asv_does_not_name_what_the_project_builds_with(tmp_path: Path, asv_names: Any) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["six", "wheel>=1"]\n')
    written = {"matrix": {"req": {"pip+six": ["1.16"], "pip+wheel>=1": [""], "attrs": [""]}}}
    assert names(tmp_path, written) == asv_names(written) == [f"uv-py{HERE}-attrs"]
    assert environments(config(tmp_path, written))[0].unnamed == (("pip+six", "1.16"), ("pip+wheel>=1", ""))


def test_what_differs_only_at_run_time_shares_an_installation(tmp_path: Path) -> None:
    written = {"matrix": {"env": {"CFLAGS": ["-O2", "-O3"]}, "env_nobuild": {"THREADS": ["1", "2"]}}}
    found = environments(config(tmp_path, written))
    assert len(found) == 4
    assert len({one.folder for one in found}) == 2
    assert found[0].build_variables == (("CFLAGS", "-O2"),)
    assert found[0].run_variables == (("THREADS", "1"),)


def test_each_name_comes_once(tmp_path: Path) -> None:
    assert names(tmp_path, {"pythons": TWO}, ("uv", "uv:3.12", "uv-py3.11")) == ["uv-py3.11", "uv-py3.12"]


def test_conda_and_its_kin_are_made_with_uv(tmp_path: Path) -> None:
    found = environments(config(tmp_path, {"environment_type": "conda"}), ("mamba:3.12",))
    assert [(one.name, one.backend) for one in found] == [("uv-py3.12", "uv")]


def test_virtualenv_keeps_its_name_and_is_made_by_venv(tmp_path: Path) -> None:
    assert environments(config(tmp_path, {}), ("virtualenv:3.12",))[0].backend == "venv"


@pytest.mark.parametrize("specifier", ["existing", f"existing:{sys.executable}", "existing:python", ":same"])
def test_an_existing_python_is_named_by_version_without_its_path(specifier: str, tmp_path: Path) -> None:
    written = {"matrix": {"six": ["1", "2"]}}
    found = environments(config(tmp_path, written), (specifier,))
    assert [(one.name, one.backend) for one in found] == [(f"existing-py{HERE}", "existing")]
    assert Path(found[0].executable).is_absolute()
    assert "/" not in found[0].name


def test_two_existing_pythons_of_one_version_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    with pytest.raises(UsageError, match="both called existing-py"):
        environments(config(tmp_path, {}), ("existing", f"existing:{other}"))


@pytest.mark.parametrize(
    ("written", "specifiers", "message"),
    [
        ({}, ("uvv:3.11",), "-E uvv:3.11: no such environment or tool: did you mean 'uv"),
        ({}, ("uv-py3.99",), "did you mean 'uv-py"),
        ({"exclude": [{"python": ".*"}]}, (), "leave no environment"),
        ({"include": [{"six": "1"}]}, (), 'lacks "python"'),
        ({"exclude": [{"python": "("}]}, (), "no regular expression"),
        ({"exclude": [{"req": {"six": "1"}, "six": "1"}]}, (), "'six' must be a table"),
        ({"matrix": {}, "environment_type": "uv"}, ("rattler-py3",), "known are|did you mean"),
    ],
)
def test_mistakes_are_named(written: dict[str, Any], specifiers: Sequence[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        environments(config(tmp_path, written), specifiers)


def test_an_existing_python_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailedError, match="existing:/nowhere/python: no working Python"):
        environments(config(tmp_path, {}), ("existing:/nowhere/python",))
