"""Projects with submodules, and projects in a folder of their repository, measured as a user does it."""

import json
from pathlib import Path

import pytest

from .conftest import CONFIG, PYPROJECT, Command

pytestmark = pytest.mark.slow
SUITE = """\
import tiny


def track_words():
    return len(tiny.words())
"""
MODULE = """\
from pathlib import Path


def words():
    found = sorted(Path(__file__).parent.glob("data/**/*.txt"))
    return "".join(path.read_text() for path in found).split()
"""


def repository(folder: Path, home: Path) -> Command:
    """Begin a git repository."""
    folder.mkdir()
    command = Command(folder, home)
    command.git("init", "-q", "--initial-branch=main")
    return command


@pytest.fixture
def words(tmp_path: Path) -> Command:
    """A project in the folder python/ of its repository, without data yet, its suites inside and outside of it."""
    command = repository(tmp_path / "words", tmp_path / "home")
    command.write(".gitignore", ".bench_runner/\nresults/\n__pycache__/\n")
    command.write("python/pyproject.toml", PYPROJECT)
    command.write("python/tiny/__init__.py", '"""Tiny."""\n' + MODULE)
    for folder in ("benchmarks", "python/benchmarks"):
        command.write(f"{folder}/__init__.py", "")
        command.write(f"{folder}/suite.py", SUITE)
    command.write("bench_runner.toml", CONFIG + 'repo_subdir = "python"\n')
    command.commit("Begin without data")
    return command


def data(tmp_path: Path, name: str, count: int) -> Command:
    """A repository of so many words."""
    command = repository(tmp_path / name, tmp_path / "home")
    command.write("words.txt", "word " * count)
    command.commit("Words")
    return command


def module(command: Command, *words: str) -> None:
    command.git("-c", "protocol.file.allow=always", "submodule", "-q", *words)


def measured(command: Command, sha: str) -> float:
    document = json.loads(command("show", sha, "--format", "json").out)
    assert document["results"], document["runs"]
    return float(document["results"][0]["centre"])


def test_submodules_that_come_move_nest_and_go_are_measured_as_each_commit_has_them(
    words: Command, tmp_path: Path
) -> None:
    few, many, more = (data(tmp_path, name, count) for name, count in (("few", 3), ("many", 20), ("more", 100)))
    expected = {words.git("rev-parse", "HEAD"): 0}
    module(words, "add", str(few.folder), "python/tiny/data")
    expected[words.commit("A few words")] = 3

    module(words, "set-url", "python/tiny/data", str(many.folder))
    inner = Command(words.folder / "python" / "tiny" / "data", words.home)
    inner.git("fetch", "-q", "origin")
    inner.git("checkout", "-q", "origin/main")
    expected[words.commit("Many words from elsewhere")] = 20

    module(many, "add", str(more.folder), "deep")
    many.commit("Words within")
    inner.git("fetch", "-q", "origin")
    inner.git("checkout", "-q", "origin/main")
    expected[words.commit("More words below")] = 120

    words.git("rm", "-q", "-f", "python/tiny/data")
    words.write("python/tiny/data/own.txt", "one")
    expected[words.commit("One word of our own")] = 1
    module(words, "add", "--force", "--name", "lost", str(few.folder), "lost")
    lost = words.commit("A submodule that will be lost")
    few.folder.rename(tmp_path / "moved away")

    done = words("--machine", "here", "run", "ALL", "--rounds", "1")
    assert done.code == 0, done.err
    assert {sha: measured(words, sha) for sha in expected if expected[sha] != 3} == {
        sha: count for sha, count in expected.items() if count != 3
    }
    (broken,) = json.loads(words("show", lost, "--format", "json").out)["runs"]
    assert not broken["built"]
    assert "the submodules of" in broken["detail"]


@pytest.mark.parametrize(
    ("folder", "suite_from", "first"),
    [("benchmarks", "commit", 2), ("python/benchmarks", "worktree", 20), ("python/benchmarks", "commit", 2)],
)
def test_a_project_in_a_folder_is_measured_by_a_suite_in_it_or_beside_it(
    words: Command, folder: str, suite_from: str, first: int
) -> None:
    words.write("python/tiny/data/own.txt", "one two")
    words.commit("Words")
    words.write(f"{folder}/suite.py", SUITE.replace("len(tiny.words())", "10 * len(tiny.words())"))
    words.commit("Another suite")
    words.write("bench_runner.toml", words.git("show", "HEAD:bench_runner.toml") + f'\nbenchmark_dir = "{folder}"\n')
    words.write("python/tiny/data/own.txt", "one two three")
    done = words("--machine", "here", "run", "HEAD~2..", "--rounds", "1", "--suite-from", suite_from)
    assert done.code == 0, done.err
    tree = words("--machine", "here", "run", "worktree", "--rounds", "1", "--suite-from", suite_from)
    assert tree.code == 0, tree.err
    assert [measured(words, ref) for ref in ("HEAD~1", "HEAD", "worktree")] == [first, 20, 30]
