"""A suite's list is remembered exactly as long as nothing has changed that could decide it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench_runner.config import Config
from bench_runner.envs.kept import Kept
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.metric import Metric
from bench_runner.runner import content as reading
from bench_runner.runner.remembered import Memory, facts

LIST = [
    Benchmark("suite.time_a", "v1", params=(("1", "2"),), param_names=("n",), timeout=9.5, attributes={"number": 3}),
    Benchmark("suite.track_b", "v2", "track", Metric("track", "points", "higher", exact=True), setup_cache_key="s:1"),
]
LONG_AGO = 1_000_000_000_000_000_000


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "benchmarks"
    (folder / "inner" / "deep").mkdir(parents=True)
    for name in ("__init__.py", "suite.py", "inner/__init__.py", "inner/deep/more.py", "inner/sizes.csv"):
        (folder / name).write_text(f"# {name}\n")
        os.utime(folder / name, ns=(LONG_AGO, LONG_AGO))
    return folder


@pytest.fixture
def recall(suite: Path, tmp_path: Path) -> Callable[..., list[Benchmark] | None]:
    """Look the list up, as a command would that is started now; what is made anew is kept."""

    def recalled(told: str = "facts", apart: tuple[Path, ...] = ()) -> list[Benchmark] | None:
        memory = Memory(suite, tmp_path / "cache", lambda: told, apart)
        found = memory.recall()
        if found is None:
            memory.keep(LIST)
        return found

    assert recalled() is None
    return recalled


Recall = Callable[..., list[Benchmark] | None]


def test_the_same_suite_has_the_same_list(recall: Recall, suite: Path) -> None:
    assert recall() == LIST
    (suite / "__pycache__").mkdir()
    (suite / "__pycache__" / "suite.pyc").write_bytes(b"compiled")
    assert recall() == LIST


def test_new_times_alone_are_no_change(recall: Recall, suite: Path, tmp_path: Path) -> None:
    shutil.copytree(suite, tmp_path / "copy")
    shutil.rmtree(suite)
    (tmp_path / "copy").rename(suite)
    assert recall() == LIST


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file added": lambda suite: (suite / "other.py").write_text(""),
    "a file added in a nested package": lambda suite: (suite / "inner" / "deep" / "other.py").write_text(""),
    "a package added": lambda suite: ((suite / "new").mkdir(), (suite / "new" / "__init__.py").write_text("")),
    "a file edited": lambda suite: (suite / "suite.py").write_text("def time_new(): pass"),
    "a file edited in a nested package": lambda suite: (suite / "inner" / "deep" / "more.py").write_text("x"),
    "a file edited without a change of size": lambda suite: (suite / "suite.py").write_text("# suit3.py\n"),
    "a data file edited": lambda suite: (suite / "inner" / "sizes.csv").write_text("1,2,3"),
    "a file removed": lambda suite: (suite / "suite.py").unlink(),
    "a file renamed": lambda suite: (suite / "suite.py").rename(suite / "suites.py"),
    "a link that leads back": lambda suite: (suite / "inner" / "linked").symlink_to(suite),
    "a link to a file": lambda suite: (suite / "linked.py").symlink_to(suite / "suite.py"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_noticed(recall: Recall, suite: Path, change: Callable[[Path], object]) -> None:
    change(suite)
    assert recall() is None
    assert recall() == LIST


def test_what_a_link_leads_to_is_part_of_the_suite(recall: Recall, suite: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "data.txt").write_text("1")
    (suite / "linked").symlink_to(tmp_path / "elsewhere")
    assert recall() is None
    assert recall() == LIST
    (tmp_path / "elsewhere" / "data.txt").write_text("2")
    assert recall() is None


def test_a_second_change_within_one_tick_of_the_clock_is_noticed(recall: Recall, suite: Path) -> None:
    (suite / "suite.py").write_text("# once ..\n")
    assert recall() is None
    stamp = (suite / "suite.py").stat()
    (suite / "suite.py").write_text("# again .\n")
    os.utime(suite / "suite.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert (suite / "suite.py").stat().st_ino == stamp.st_ino
    assert recall() is None


def test_what_has_not_changed_is_not_read_again(recall: Recall, suite: Path) -> None:
    before = reading.content(suite, {}, 0)
    unread = {name: replace(one, digest="as before") for name, one in before.items()}
    assert reading.content(suite, unread, LONG_AGO * 2) == unread


def test_folders_that_a_run_writes_to_do_not_count(recall: Recall, suite: Path) -> None:
    results = suite / "results"
    assert recall("facts", (results,)) == LIST
    results.mkdir()
    (results / "1.json").write_text("{}")
    assert recall("facts", (results,)) == LIST
    assert recall() is None


def test_other_facts_and_no_facts(recall: Recall) -> None:
    assert recall("") is None
    assert recall() == LIST, "what cannot be known is not kept"
    assert recall("others") is None
    assert recall() is None


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"facts": "facts", "files": 7}'])
def test_a_damaged_memory_is_none(recall: Recall, tmp_path: Path, damage: str) -> None:
    (place,) = (tmp_path / "cache" / "suites").iterdir()
    place.write_text(damage)
    assert recall() is None
    assert recall() == LIST


def test_a_folder_that_cannot_be_looked_into_is_not_remembered(suite: Path, tmp_path: Path) -> None:
    for _ in range(2):
        memory = Memory(suite / "missing", tmp_path / "cache", lambda: "facts")
        memory.keep(LIST)
        assert memory.recall() is None


COMMITS = [Commit("a" * 40, (), 0, "")]
UV = Environment("uv", "3.11")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    folders = {name: tmp_path / name for name in ("benchmark_dir", "env_dir", "results_dir", "html_dir")}
    (tmp_path / "requirements.txt").write_text("six")
    config = Config(
        source=tmp_path, root=tmp_path, project="x", repo=".", requirements=(tmp_path / "requirements.txt",), **folders
    )
    make(config, UV)
    return config


def make(config: Config, environment: Environment) -> Path:
    """Make an environment as far as it matters here."""
    place = Kept(config.env_dir / environment.folder).env / "pyvenv.cfg"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.write_text("home = /usr/bin\n")
    return place


def test_facts_are_the_same_as_long_as_nothing_else_is_asked_for(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = facts(config, [UV], COMMITS)
    assert before
    monkeypatch.setenv("SHLVL", "7")
    assert facts(config, [UV], COMMITS) == before


def test_everything_that_decides_a_list_is_a_fact(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = {facts(config, [UV], COMMITS)}
    found.add(facts(config, [UV], [*COMMITS, Commit("b" * 40, (), 0, "")]))
    found.add(facts(config, [replace(UV, run_variables=(("SIZE", "2"),))], COMMITS))
    found.add(facts(replace(config, install_command=("true",)), [UV], COMMITS))
    monkeypatch.setenv("BENCH_SIZES", "many")
    found.add(facts(config, [UV], COMMITS))
    (tmp_path / "requirements.txt").write_text("six>=1")
    found.add(facts(config, [UV], COMMITS))
    kept = make(config, UV)
    os.utime(kept, ns=(LONG_AGO, LONG_AGO))
    found.add(facts(config, [UV], COMMITS))
    assert len(found) == 7


def test_an_environment_that_was_not_made_or_is_others_has_no_facts(config: Config) -> None:
    assert facts(config, [Environment("uv", "3.12")], COMMITS) == ""
    assert facts(config, [UV, Environment("existing", "3.11", backend="existing")], COMMITS) == ""
