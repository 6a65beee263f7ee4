import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bench_runner.config import Config
from bench_runner.envs import fingerprint, pythons
from bench_runner.envs.base import Workspace
from bench_runner.envs.prepare import Preparer
from bench_runner.errors import EnvironmentFailedError, UsageError
from bench_runner.model.environment import Environment
from bench_runner.repo.git import Repository

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
UV = Environment("uv", HERE)
PYPROJECT = """
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "flit_core.buildapi"

[project]
name = "{name}"
version = "0.1"
description = "A tiny thing."
dependencies = ["{needs}"]

[tool.flit.module]
name = "tiny"
"""
SETUP = """
from setuptools import setup
setup(name="tiny-thing", version="0.1", py_modules=["tiny"], install_requires=["six"])
"""


@dataclass
class Project:
    """A real git project whose commits differ in one number."""

    path: Path
    news: list[str] = field(default_factory=list)

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        answer = subprocess.run(["git", *who, *words], cwd=self.path, check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    def commit(
        self, value: int, *, setup: str = "", name: str = "tiny-thing", needs: str = "six", folder: str = ""
    ) -> str:
        place = self.path / folder
        place.mkdir(exist_ok=True)
        for file in ("pyproject.toml", "setup.py"):
            (place / file).unlink(missing_ok=True)
        if setup:
            (place / "setup.py").write_text(setup)
        else:
            (place / "pyproject.toml").write_text(PYPROJECT.format(name=name, needs=needs))
        (place / "tiny.py").write_text(f"VALUE = {value}\n")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", f"value {value}")
        return self.git("rev-parse", "HEAD")

    def told(self, word: str) -> int:
        """How often something was said."""
        return sum(word in one for one in self.news)

    def prepare(self, preparer: Preparer, sha: str, environment: Environment = UV) -> Workspace:
        """Prepare and keep what was said."""
        return preparer.prepare(environment, sha, say=self.news.append)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project")
    project.git("init", "-q", "-b", "main")
    return project


@pytest.fixture
def config(project: Project, tmp_path: Path) -> Config:
    folders = {name: tmp_path / name for name in ("benchmark_dir", "env_dir", "results_dir", "html_dir")}
    root = project.path
    return Config(source=root / "bench_runner.toml", root=root, project="tiny-thing", repo=str(root), **folders)


Open = Callable[[Config], Preparer]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    made = []

    def open_(config: Config) -> Preparer:
        made.append(Preparer(config, Repository.open(config.repo, tmp_path / "cache"), tmp_path / "cache"))
        return made[-1]

    yield open_
    for preparer in made:
        preparer.close()


def value(workspace: Workspace) -> str:
    """What the project installed in a workspace says."""
    command = [workspace.python, "-I", "-c", "import tiny; print(tiny.VALUE, tiny.__file__)"]
    said, path = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert workspace.path in Path(path).parents, "the installed project is measured, not a source tree"
    return said


def unplug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no process started from here reach the network."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


VENV = Environment("virtualenv", HERE, backend="venv")


@pytest.mark.parametrize("environment", [UV, pytest.param(VENV, marks=pytest.mark.slow)])
def test_commits_follow_each_other_in_one_kept_environment(
    environment: Environment, project: Project, config: Config, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = project.commit(1), project.commit(2)
    config = replace(config, build_cache_size=5)
    preparer = opened(config)
    first = project.prepare(preparer, one, environment)
    assert (first.build.ok, first.build.detail, first.commit_sha) == (True, "", one)
    assert first.build.duration_s > 0
    assert value(first) == "1"
    assert first.fingerprint.distributions.keys() >= {"Pympler", "six", "tiny-thing"}
    assert first.fingerprint.distributions["asv_runner"] == "0.3.2"
    assert (first.source / "tiny.py").read_text() == "VALUE = 1\n"
    assert first.variables["ASV_COMMIT"] == one
    assert first.variables["PATH"].startswith(str(first.python.parent))

    second = project.prepare(preparer, two, environment)
    assert (value(second), second.path) == ("2", first.path)
    preparer.close()
    assert project.told("making environment") == 1

    unplug(monkeypatch)
    project.news.clear()
    tomorrow = opened(config)
    assert project.prepare(tomorrow, two, environment) == second
    assert project.news == [], "nothing is done for what is installed"
    assert value(project.prepare(tomorrow, one, environment)) == "1"
    assert project.told("building") == 0, "the wheel was kept"


@pytest.mark.slow
def test_python_is_asked_once_for_all_commits(
    project: Project, config: Config, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    shas = [project.commit(number) for number in (1, 2)]
    preparer = opened(config)
    project.prepare(preparer, shas[0])
    for module in (fingerprint, pythons):
        monkeypatch.setattr(module, "ask", lambda python: pytest.fail(f"{python} is asked again"))
    workspace = project.prepare(preparer, shas[1])
    assert value(workspace) == "2"


@pytest.mark.slow
def test_a_broken_commit_is_a_result_and_is_not_built_twice(project: Project, config: Config, opened: Open) -> None:
    good = project.commit(1)
    broken = project.commit(2, setup="print('\\033[31mred\\033[0m')\nraise ValueError('broken on purpose')\n")
    preparer = opened(config)
    failed = project.prepare(preparer, broken)
    assert failed.build.ok is False
    assert failed.build.detail == "build failed: ValueError: broken on purpose"
    assert "red" in failed.build.output.split("\n")
    assert failed.fingerprint.distributions["asv_runner"] == "0.3.2"
    assert project.prepare(preparer, broken).build == failed.build
    other = replace(UV, requirements=(("attrs", ""),))
    assert project.prepare(preparer, broken, other).build.detail == failed.build.detail
    assert project.told(f"building {broken[:8]}") == 1
    assert value(project.prepare(preparer, good)) == "1"
    preparer.close()
    assert project.prepare(opened(config), broken).build.ok is False
    assert project.told(f"building {broken[:8]}") == 2, "another day it may build"


@pytest.mark.slow
def test_a_matrix_shares_one_build_and_keeps_its_versions(project: Project, config: Config, opened: Open) -> None:
    sha, picky = project.commit(1), project.commit(2, needs="six>=1.16")
    preparer = opened(config)
    for version in ("1.15.0", "1.16.0"):
        workspace = project.prepare(preparer, sha, replace(UV, requirements=(("six", version),)))
        assert workspace.fingerprint.distributions["six"] == version
        assert workspace.environment.name == f"uv-py{HERE}-six{version}"
    assert project.told("building") == 1
    refused = project.prepare(preparer, picky, replace(UV, requirements=(("six", "1.15.0"),)))
    assert refused.build.ok is False, "silently measuring with another six would be a lie"
    assert refused.build.detail.startswith("install failed: ")
    assert "six" in refused.build.detail


@pytest.mark.slow
def test_run_variables_share_an_installation(project: Project, config: Config, opened: Open) -> None:
    sha = project.commit(1)
    preparer = opened(config)
    project.prepare(preparer, sha, replace(UV, run_variables=(("THREADS", "1"),)))
    workspace = project.prepare(preparer, sha, replace(UV, run_variables=(("THREADS", "2"),)))
    assert workspace.variables["THREADS"] == "2"
    assert (project.told("making"), project.told("installing")) == (1, 1)


@pytest.mark.slow
def test_a_renamed_project_leaves_nothing_behind(project: Project, config: Config, opened: Open) -> None:
    old, new = project.commit(1, name="tiny-thing"), project.commit(2, name="Tiny.Renamed")
    preparer = opened(config)
    project.prepare(preparer, old)
    workspace = project.prepare(preparer, new)
    assert value(workspace) == "2"
    assert "tiny-thing" not in workspace.fingerprint.distributions
    assert value(project.prepare(preparer, old)) == "1"


@pytest.mark.slow
def test_a_lock_holds_and_another_lock_makes_another_environment(
    project: Project, config: Config, opened: Open, tmp_path: Path
) -> None:
    easy, picky = project.commit(1), project.commit(2, needs="six>=1.16")
    lock = tmp_path / "requirements.txt"
    lock.write_text("six==1.15.0\n")
    config = replace(config, requirements=(lock,))
    preparer = opened(config)
    assert project.prepare(preparer, easy).fingerprint.distributions["six"] == "1.15.0"
    assert "six" in project.prepare(preparer, picky).build.detail
    preparer.close()
    lock.write_text("six==1.16.0\n")
    workspace = project.prepare(opened(config), picky)
    assert workspace.build.ok
    assert workspace.fingerprint.distributions["six"] == "1.16.0"
    assert project.told("making environment") == 2


@pytest.mark.slow
def test_a_uv_lock_is_read(project: Project, config: Config, opened: Open, tmp_path: Path) -> None:
    sha = project.commit(1)
    locked = tmp_path / "locked"
    locked.mkdir()
    text = '[project]\nname = "locked"\nversion = "1"\nrequires-python = ">=3.7"\ndependencies = ["six==1.15.0"]\n'
    (locked / "pyproject.toml").write_text(text)
    from bench_runner.envs import uvtool

    uvtool.must("lock", "lock", folder=locked, timeout=100.0)
    workspace = project.prepare(opened(replace(config, requirements=(locked / "uv.lock",))), sha)
    assert workspace.fingerprint.distributions["six"] == "1.15.0"
    assert "locked" not in workspace.fingerprint.distributions


@pytest.mark.slow
def test_commands_of_an_asv_configuration(project: Project, config: Config, opened: Open, tmp_path: Path) -> None:
    """The wheel is ours, the installation the user's, as a project that needs more beside it writes it."""
    install = ("in-dir={env_dir} python -mpip install {wheel_file}", "python -mpip install attrs")
    one, two = project.commit(1), project.commit(2)
    preparer = opened(replace(config, install_command=install))
    first = project.prepare(preparer, one)
    assert (value(first), first.build.detail) == ("1", "")
    assert first.fingerprint.distributions.keys() >= {"six", "attrs"}
    assert value(project.prepare(preparer, two)) == "2"


@pytest.mark.slow
def test_build_and_uninstall_commands(project: Project, config: Config, opened: Open, tmp_path: Path) -> None:
    sha, log = project.commit(1), tmp_path / "log"
    told_by = f"print(*sys.argv[1:], os.environ['ASV_COMMIT'], os.getcwd(), file=open('{log}', 'a'))"
    tell = f'python -c "import os, sys; {told_by}" '
    config = replace(
        config,
        build_command=(
            "KEPT=1 python -m build --wheel --outdir {build_cache_dir} {build_dir}",
            tell + "build {project} {env_name} {env_type} {conf_dir}",
        ),
        uninstall_command=(tell + "uninstall", "return-code=any python -m pip uninstall -y {project}"),
    )
    workspace = project.prepare(opened(config), sha)
    assert (value(workspace), workspace.build.detail) == ("1", "")
    told = [line.split() for line in log.read_text().splitlines()]
    assert told == [
        ["uninstall", sha, str(config.env_dir)],
        ["build", "tiny-thing", UV.name, "uv", str(config.root), sha, str(workspace.source)],
    ]


@pytest.mark.slow
def test_a_build_in_place_is_never_taken_from_the_cache(project: Project, config: Config, opened: Open) -> None:
    in_place = replace(
        config,
        build_command=("python -c \"open('built.txt', 'w')\"",),
        install_command=("python -c \"open('built.txt')\"",),
    )
    one, two = project.commit(1), project.commit(2)
    preparer = opened(in_place)
    for sha in (one, two, one):
        assert project.prepare(preparer, sha).build.detail == ""
    assert project.told("building") == 3


def test_commands_that_leave_no_wheel_or_never_could_run(project: Project, config: Config, opened: Open) -> None:
    sha = project.commit(1)
    failed = project.prepare(opened(replace(config, build_command=("python -V",))), sha)
    assert failed.build.detail == "the build must leave one wheel in the build cache folder, it left none"
    with pytest.raises(UsageError, match="unknown"):
        opened(replace(config, install_command=("pip install {weel_file}",)))


@pytest.mark.slow
def test_a_project_below_the_root_of_its_repository(project: Project, config: Config, opened: Open) -> None:
    sha = project.commit(1, folder="python")
    workspace = project.prepare(opened(replace(config, repo_subdir="python")), sha)
    assert value(workspace) == "1"
    assert (workspace.source / "python" / "tiny.py").is_file()
    assert workspace.variables["ASV_BUILD_DIR"] == str(workspace.source / "python")


@pytest.mark.slow
def test_build_variables_reach_the_build(project: Project, config: Config, opened: Open) -> None:
    setup = "import os\nopen('tiny.py', 'w').write('VALUE = ' + os.environ['LEVEL'])\n" + SETUP
    sha = project.commit(1, setup=setup)
    preparer = opened(config)
    for level in ("7", "8"):
        assert value(project.prepare(preparer, sha, replace(UV, build_variables=(("LEVEL", level),)))) == level


@pytest.mark.slow
def test_a_build_that_hangs_is_a_failed_build(project: Project, config: Config, opened: Open) -> None:
    good = project.commit(1)
    hanging = project.commit(2, setup="import time\ntime.sleep(600)\n")
    preparer = opened(config)
    project.prepare(preparer, good)
    preparer.close()
    failed = project.prepare(opened(replace(config, install_timeout=2.0)), hanging)
    assert (failed.build.ok, failed.build.detail) == (False, "timeout: build took longer than 2 s")


@pytest.mark.slow
def test_an_environment_whose_python_is_gone_is_made_anew(project: Project, config: Config, opened: Open) -> None:
    sha = project.commit(1)
    preparer = opened(config)
    workspace = project.prepare(preparer, sha)
    workspace.python.unlink()
    assert value(project.prepare(preparer, sha)) == "1"
    shutil.rmtree(workspace.source)
    assert (project.prepare(preparer, sha).source / "tiny.py").is_file()
    (config.env_dir / UV.folder / "kept.json").write_text("{")
    assert value(project.prepare(preparer, sha)) == "1"
    assert project.told("making environment") == 3


def test_an_environment_that_cannot_be_made_leaves_nothing(project: Project, config: Config, opened: Open) -> None:
    sha = project.commit(1)
    impossible = replace(UV, requirements=(("no-such-distribution-at-all", "1"),))
    with pytest.raises(EnvironmentFailedError, match="no-such-distribution-at-all1: install failed: ") as caught:
        project.prepare(opened(config), sha, impossible)
    assert caught.value.exit_code == 6
    assert "no-such-distribution-at-all" in caught.value.output
    assert not (config.env_dir / impossible.folder / "env").exists()


@pytest.mark.slow
def test_another_process_waits_until_the_workspace_is_given_back(
    project: Project, config: Config, opened: Open
) -> None:
    one, two = project.commit(1), project.commit(2)
    mine, other = opened(config), opened(config)
    workspace = project.prepare(mine, one)
    found: list[Workspace] = []
    thread = threading.Thread(target=lambda: found.append(project.prepare(other, two)))
    thread.start()
    while not project.told("waiting for another process that uses"):
        thread.join(0.01)
    assert value(workspace) == "1"
    mine.close()
    thread.join()
    assert value(found[0]) == "2"


def test_environments_are_not_seen_by_git(project: Project, config: Config, opened: Open) -> None:
    sha = project.commit(1)
    opened(replace(config, env_dir=project.path / ".bench_runner" / "env")).bare(UV)
    assert project.git("status", "--porcelain") == ""
    assert project.git("rev-parse", "HEAD") == sha


def test_a_bare_workspace_has_what_measuring_needs(config: Config, project: Project, opened: Open) -> None:
    project.commit(1)
    workspace = opened(config).bare(UV)
    assert (workspace.commit_sha, workspace.build.ok) == ("", True)
    assert workspace.fingerprint.distributions.keys() == {"asv_runner", "Pympler"}


def test_an_existing_python_is_used_as_it_is(project: Project, config: Config, opened: Open, tmp_path: Path) -> None:
    sha = project.commit(1)
    preparer = opened(config)
    existing = Environment("existing", HERE, backend="existing", executable=sys.executable, run_variables=(("A", "1"),))
    workspace = project.prepare(preparer, sha, existing)
    assert (workspace.python, workspace.commit_sha, workspace.source) == (Path(sys.executable), sha, config.root)
    assert workspace.variables["A"] == "1"
    assert not config.env_dir.exists()
    poor = preparer.bare(UV)
    subprocess.run(["rm", "-r", *poor.path.rglob("asv_runner*")], check=True)
    with pytest.raises(EnvironmentFailedError, match=r"lacks asv_runner 0\.3\.2: install it with"):
        project.prepare(preparer, sha, replace(existing, executable=str(poor.python)))


@pytest.mark.slow
def test_old_pythons_are_measured_too(project: Project, config: Config, opened: Open) -> None:
    version = "3.7"
    if pythons.find(version) is None:
        pytest.skip(f"no Python {version} here")
    workspace = project.prepare(opened(config), project.commit(1), Environment("uv", version))
    assert (workspace.build.detail, value(workspace)) == ("", "1")
    assert workspace.fingerprint.python.startswith(f"CPython {version}.")
    assert "Pympler" in workspace.fingerprint.distributions
