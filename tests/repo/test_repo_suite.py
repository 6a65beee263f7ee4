"""Where a suite comes from, in real repositories."""

import subprocess
from pathlib import Path

import pytest

from bench_runner.repo.suite import Origin, origin


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", "-C", folder, *who, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "perf" / "benchmarks"
    folder.mkdir(parents=True)
    (folder / "suite.py").write_text("def time_x(): pass\n")
    (tmp_path / "project" / "other.py").write_text("1\n")
    git(tmp_path / "project", "init", "--quiet")
    git(tmp_path / "project", "add", "--all")
    git(tmp_path / "project", "commit", "--quiet", "-m", "begin")
    return folder


def test_a_clean_suite_belongs_to_the_commit_that_is_checked_out(suite: Path) -> None:
    assert origin(suite) == Origin(git(suite, "rev-parse", "HEAD"), "perf/benchmarks")


def test_changes_elsewhere_do_not_matter(suite: Path) -> None:
    (suite.parent.parent / "other.py").write_text("2\n")
    assert origin(suite).sha


@pytest.mark.parametrize("name", ["suite.py", "new.py"])
def test_a_changed_suite_belongs_to_no_commit(suite: Path, name: str) -> None:
    (suite / name).write_text("def time_y(): pass\n")
    assert origin(suite) == Origin("", "perf/benchmarks")


def test_a_suite_at_the_top_and_one_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert origin(tmp_path) == Origin()


def test_outside_git_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert origin(tmp_path) == Origin()
