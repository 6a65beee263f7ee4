"""Builds of the next commits: at once, never beside anything else, found when their turn comes, ended when told."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from bench_runner.config import Config
from bench_runner.envs import ahead
from bench_runner.envs.prepare import Preparer
from bench_runner.model.environment import Environment
from bench_runner.repo.git import Repository

pytestmark = pytest.mark.slow

UV = Environment("uv", f"{sys.version_info[0]}.{sys.version_info[1]}")
BACKEND = """
import base64, hashlib, os, pathlib, time, zipfile

def begun():
    return pathlib.Path(os.environ["JOURNAL"]).read_text().count("begin build")

def build_wheel(folder, settings=None, metadata=None):
    number = pathlib.Path("number.txt").read_text()
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(f"begin build {number} {time.monotonic()} {os.getpid()}\\n")
    end = time.monotonic() + 20
    while begun() < int(os.environ.get("TOGETHER", "1")) and time.monotonic() < end:
        time.sleep(0.01)  # so that builds which may go on at once do, on the busiest machine
    time.sleep(float(os.environ.get("BUILD_S", "0.3")))
    if pathlib.Path("broken").exists():
        raise SystemExit("broken on purpose")
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("tiny.py", f"VALUE = {number}\\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(f"end build {number} {time.monotonic()} {os.getpid()}\\n")
    return name
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@dataclass
class Project:
    """A git project of several commits whose builds write when they begin and end."""

    path: Path
    journal: Path

    def commit(self, number: int, *, broken: bool = False) -> str:
        (self.path / "number.txt").write_text(str(number))
        if broken:
            (self.path / "broken").touch()
        else:
            (self.path / "broken").unlink(missing_ok=True)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"number {number}")
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        answer = subprocess.run(["git", *who, *words], cwd=self.path, check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    def spans(self) -> dict[str, tuple[float, float]]:
        """When each build began and ended; one that never ended is left out."""
        times: dict[str, list[float]] = {}
        for line in self.journal.read_text().splitlines() if self.journal.exists() else []:
            _, _, number, at, _ = line.split()
            times.setdefault(number, []).append(float(at))
        assert all(len(one) <= 2 for one in times.values()), "nothing is built twice"
        return {number: (one[0], one[1]) for number, one in times.items() if len(one) == 2}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setattr(ahead, "_processors", lambda: 3)
    found = Project(tmp_path / "project", tmp_path / "journal")
    found.path.mkdir()
    found.git("init", "-q", "-b", "main")
    (found.path / "pyproject.toml").write_text(PYPROJECT)
    (found.path / "backend.py").write_text(dedent(BACKEND))
    return found


@pytest.fixture
def config(project: Project, tmp_path: Path) -> Config:
    folders = {name: tmp_path / name for name in ("benchmark_dir", "env_dir", "results_dir", "html_dir")}
    root = project.path
    more = {"build_ahead": 2, "build_cache_size": 5}
    return Config(source=root / "x.toml", root=root, project="tiny", repo=str(root), **folders, **more)


Open = Callable[[Config], Preparer]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    made: list[Preparer] = []

    def open_(config: Config) -> Preparer:
        made.append(Preparer(config, Repository.open(config.repo, tmp_path / "cache"), tmp_path / "cache"))
        return made[-1]

    yield open_
    for one in made:
        one.close()


def value(python: Path) -> str:
    command = [python, "-I", "-c", "import tiny; print(tiny.VALUE)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_next_commits_are_built_at_once_and_found_later(
    project: Project, config: Config, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOGETHER", "2")
    shas = [project.commit(number) for number in range(4)]
    preparer = opened(config)
    workspace = preparer.prepare(UV, shas[0], then=shas[1:])
    done = time.monotonic()
    spans = project.spans()
    assert spans.keys() == {"0", "1", "2"}, "two ahead, not three"
    assert all(end < done for _, end in spans.values()), "all has ended when a workspace is given"
    assert any(max(a[0], b[0]) < min(a[1], b[1]) for a, b in combinations(spans.values(), 2)), "some ran at once"
    assert value(workspace.python) == "0"
    assert (workspace.source / "number.txt").read_text() == "0"
    for number in (1, 2, 3):
        workspace = preparer.prepare(UV, shas[number], then=shas[number + 1 :])
        assert value(workspace.python) == str(number)
        assert workspace.build.duration_s > 0.3
    assert project.spans().keys() == {"0", "1", "2", "3"}


def test_a_build_that_fails_ahead_is_recorded_when_its_turn_comes(
    project: Project, config: Config, opened: Open
) -> None:
    good, bad, last = project.commit(0), project.commit(1, broken=True), project.commit(2)
    preparer = opened(config)
    assert preparer.prepare(UV, good, then=[bad, last]).build.ok
    assert project.spans().keys() == {"0", "2"}
    before = project.journal.read_text()
    failed = preparer.prepare(UV, bad, then=[last]).build
    assert not failed.ok
    assert "broken on purpose" in failed.output
    assert preparer.prepare(UV, last).build.ok
    assert project.journal.read_text() == before, "neither is built again"


def test_a_commit_that_fails_itself_does_not_stop_the_next_ones(project: Project, config: Config, opened: Open) -> None:
    bad, good = project.commit(0, broken=True), project.commit(1)
    preparer = opened(config)
    assert not preparer.prepare(UV, bad, then=[good, "f" * 40]).build.ok, "nor does one that is unknown"
    assert project.spans().keys() == {"1"}
    assert value(preparer.prepare(UV, good).python) == "1"


@dataclass
class Told:
    """What deciding on a batch asks of an installation."""

    keep: int = 5
    isolated: bool = True
    built: str = ""

    @property
    def wheels(self) -> "Told":
        return self

    def is_built(self, sha: str) -> bool:
        return sha in self.built


@pytest.mark.parametrize(
    ("told", "most", "found"),
    [
        (Told(), 2, "abc"),
        (Told(), 9, "abcde"),
        (Told(), 0, "a"),
        (Told(keep=0), 2, "a"),
        (Told(keep=1), 2, "a"),
        (Told(keep=2), 2, "ab"),
        (Told(built="a"), 2, "a"),
        (Told(built="bd"), 2, "ace"),
        (Told(isolated=False), 2, "a"),
    ],
)
def test_which_commits_are_built_together(told: Told, most: int, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_processors", lambda: 2)
    assert ahead.batch(told, "a", iter("abcdef"), most) == list(found)  # type: ignore[arg-type]
    monkeypatch.setattr(ahead, "_processors", lambda: 1)
    assert ahead.batch(told, "a", iter("abcdef"), most) == ["a"]  # type: ignore[arg-type]


def test_a_command_that_builds_may_look_into_the_environment(project: Project, config: Config, opened: Open) -> None:
    shas = [project.commit(number) for number in range(2)]
    command = "python -m pip wheel --no-deps --no-build-isolation -w {build_cache_dir} ."
    workspace = opened(replace(config, build_command=(command,))).prepare(UV, shas[0], then=shas[1:])
    assert value(workspace.python) == "0"
    assert project.spans().keys() == {"0"}


def test_not_more_ahead_than_the_cache_keeps(project: Project, config: Config, opened: Open) -> None:
    shas = [project.commit(number) for number in range(4)]
    preparer = opened(replace(config, build_ahead=3, build_cache_size=2))
    for number, sha in enumerate(shas):
        assert value(preparer.prepare(UV, sha, then=shas[number + 1 :]).python) == str(number)
    assert len(project.spans()) == 4


def test_another_process_that_builds_a_commit_is_waited_for(project: Project, config: Config, opened: Open) -> None:
    shas = [project.commit(number) for number in range(2)]
    preparer = opened(config)
    preparer.prepare(UV, shas[0])
    (recipe,) = [one for one in (Path(preparer._wheels.root)).iterdir() if one.is_dir()]
    third = project.commit(2)
    with preparer._wheels.entry(recipe.name, shas[1], lambda _: None):
        news: list[str] = []
        thread = threading.Thread(target=lambda: preparer.prepare(UV, third, then=[shas[1]], say=news.append))
        thread.start()
        while not any("waiting for another process that builds" in one for one in news):
            thread.join(0.01)
            assert thread.is_alive()
    thread.join()
    assert project.spans().keys() == {"0", "1", "2"}


INTERRUPTED = """
import sys
from pathlib import Path
from bench_runner.config import load
from bench_runner.envs import ahead
from bench_runner.envs.prepare import Preparer
from bench_runner.model.environment import Environment
from bench_runner.repo.git import Repository
ahead._processors = lambda: 3
config, cache, shas = load(Path("bench_runner.toml")), Path(sys.argv[1]), sys.argv[2:]
with Preparer(config, Repository.open(config.repo, cache), cache) as preparer:
    try:
        preparer.prepare(Environment("uv", config.pythons[0]), shas[0], then=shas[1:])
    except KeyboardInterrupt:
        sys.exit(130)
"""


def runs(process_id: int) -> bool:
    """Whether a process is there and more than an entry that nobody has read yet."""
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_interruption_ends_all_builds_at_once(project: Project, tmp_path: Path) -> None:
    (project.path / "bench_runner.toml").write_text('project = "tiny"\nbuild_ahead = 2\n')
    shas = [project.commit(number) for number in range(3)]
    variables = {**os.environ, "BUILD_S": "60"}
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "cache"), *shas]
    with subprocess.Popen(command, cwd=project.path, env=variables) as process:
        while not project.journal.exists() or project.journal.read_text().count("begin") < 3:
            time.sleep(0.02)
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    builds = [int(line.split()[-1]) for line in project.journal.read_text().splitlines()]
    assert len(builds) == 3
    assert not any(runs(one) for one in builds)
