"""Kept worktrees: clean, healing, and never at the cost of the user's files."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from repo_builder import Project

from bench_runner.errors import EnvironmentFailedError, UsageError
from bench_runner.repo.git import Repository


def opened(project: Project) -> Repository:
    return Repository.open(str(project.path), project.path.parent / "cache")


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "env" / "ab12" / "source"


@pytest.fixture
def two(project: Project) -> tuple[str, str]:
    """Two commits: a.txt and .gitignore, then b.txt instead of a.txt."""
    first = project.commit(a__txt="one", __gitignore="build\n")
    project.git("rm", "--quiet", "a.txt")
    return first, project.commit(b__txt="two")


def test_one_commit_after_another_and_nothing_left_over(project: Project, two: tuple[str, str], tree: Path) -> None:
    repository = opened(project)
    repository.checkout(two[0], tree)
    assert files(tree) == {"a.txt": "one", ".gitignore": "build\n"}
    entry = (tree / ".git").stat().st_ino
    (tree / "a.txt").write_text("changed")
    (tree / "build").mkdir()
    (tree / "build" / "junk.o").write_text("ignored")
    subprocess.run(["git", "init", "--quiet", str(tree / "nested")], check=True)
    repository.checkout(two[1], tree)
    assert files(tree) == {"b.txt": "two", ".gitignore": "build\n"}
    assert not (tree / "nested").exists()
    assert (tree / ".git").stat().st_ino == entry, "the worktree was kept, not made anew"
    (tree / "b.txt").write_text("changed")
    repository.checkout(two[1], tree)
    assert files(tree)["b.txt"] == "two"


def test_the_users_checkout_is_not_touched(project: Project, two: tuple[str, str]) -> None:
    (project.path / "b.txt").write_text("work in hand")
    (project.path / "new.txt").write_text("not added")
    project.git("add", "b.txt")
    before = (files(project.path), (project.path / ".git" / "index").read_bytes(), project.git("rev-parse", "HEAD"))
    tree = project.path / ".bench_runner" / "env" / "source"
    opened(project).checkout(two[0], tree)
    opened(project).checkout(two[1], tree)
    shutil.rmtree(project.path / ".bench_runner")
    assert (files(project.path), (project.path / ".git" / "index").read_bytes()) == before[:2]
    assert project.git("rev-parse", "HEAD") == before[2]
    assert project.git("symbolic-ref", "HEAD") == "refs/heads/main"


def break_no_git_file(project: Project, tree: Path) -> Path:
    (tree / ".git").unlink()
    for path in tree.iterdir():
        path.unlink()
    return project.path


def break_deleted(project: Project, tree: Path) -> Path:
    shutil.rmtree(tree)
    return project.path


def break_pruned(project: Project, tree: Path) -> Path:
    shutil.rmtree(project.path / ".git" / "worktrees")
    return project.path


def break_locked_index(project: Project, tree: Path) -> Path:
    (project.path / ".git" / "worktrees" / "source" / "index.lock").touch()
    return project.path


def break_damaged_index(project: Project, tree: Path) -> Path:
    (project.path / ".git" / "worktrees" / "source" / "index").write_bytes(b"nonsense")
    return project.path


def break_killed_while_adding(project: Project, tree: Path) -> Path:
    shutil.rmtree(tree)
    (project.path / ".git" / "worktrees" / "source" / "locked").write_text("initializing")
    return project.path


def break_moved_repository(project: Project, tree: Path) -> Path:
    return project.path.rename(project.path.with_name("elsewhere"))


def break_another_repository(project: Project, tree: Path) -> Path:
    clone = project.path.with_name("clone")
    project.git("clone", "--quiet", str(project.path), str(clone))
    return clone


BREAKS = [value for name, value in list(globals().items()) if name.startswith("break_")]


@pytest.mark.parametrize("damage", BREAKS, ids=lambda one: one.__name__)
def test_a_damaged_worktree_heals(
    project: Project, two: tuple[str, str], tree: Path, damage: Callable[[Project, Path], Path]
) -> None:
    opened(project).checkout(two[0], tree)
    where = damage(project, tree)
    repository = opened(Project(where))
    repository.checkout(two[1], tree)
    assert files(tree) == {"b.txt": "two", ".gitignore": "build\n"}
    repository.checkout(two[0], tree)
    assert files(tree) == {"a.txt": "one", ".gitignore": "build\n"}
    assert list(tree.parent.iterdir()) == [tree]


def test_a_folder_with_other_peoples_files_is_refused(project: Project, two: tuple[str, str], tree: Path) -> None:
    tree.mkdir(parents=True)
    (tree / "thesis.txt").write_text("precious")
    with pytest.raises(EnvironmentFailedError, match="in the way"):
        opened(project).checkout(two[0], tree)
    assert files(tree) == {"thesis.txt": "precious"}


def test_a_broken_folder_inside_the_checkout_does_not_reach_it(project: Project, two: tuple[str, str]) -> None:
    tree = project.path / "env" / "source"
    tree.mkdir(parents=True)
    (project.path / "b.txt").write_text("work in hand")
    opened(project).checkout(two[0], tree)
    assert (project.path / "b.txt").read_text() == "work in hand"
    assert project.git("rev-parse", "HEAD") == two[1]


def test_an_unknown_commit_leaves_the_folder_alone(project: Project, two: tuple[str, str], tree: Path) -> None:
    repository = opened(project)
    repository.checkout(two[0], tree)
    with pytest.raises(UsageError, match="unknown ref"):
        repository.checkout("0" * 40, tree)
    assert files(tree)["a.txt"] == "one"


def test_hooks_of_the_user_do_not_run(project: Project, two: tuple[str, str], tree: Path) -> None:
    hook = project.path / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {project.path.parent}/ran\nexit 1\n")
    hook.chmod(0o755)
    repository = opened(project)
    for sha in two:
        repository.checkout(sha, tree)
    assert not (project.path.parent / "ran").exists()


def test_a_sparse_checkout_of_the_user_is_not_ours(project: Project, tree: Path) -> None:
    for folder in ("docs", "src"):
        (project.path / folder).mkdir()
        (project.path / folder / "x.txt").write_text(folder)
    sha = project.commit(top__txt="top")
    project.git("sparse-checkout", "set", "src")
    repository = opened(project)
    repository.checkout(sha, tree)
    repository.checkout(sha, tree)
    assert sorted(files(tree)) == ["docs/x.txt", "src/x.txt", "top.txt"]


def test_submodules_follow_the_commit(make: Callable[[str], Project], tree: Path) -> None:
    library, project = make("library"), make("main-project")
    old = library.commit(lib__txt="old")
    new = library.commit(lib__txt="new")
    without = project.commit("without", a__txt="a")
    project.git("submodule", "--quiet", "add", str(library.path), "lib")
    with_new = project.commit("new")
    Project(project.path / "lib").git("checkout", "--quiet", old)
    with_old = project.commit("old")
    assert new != old
    repository = opened(project)
    for sha, text in ((with_new, "new"), (with_old, "old"), (without, None), (with_new, "new")):
        repository.checkout(sha, tree)
        assert files(tree).get("lib/lib.txt") == text
        if text:
            (tree / "lib" / "built.o").write_text("leftover")
            repository.checkout(sha, tree)
            assert "lib/built.o" not in files(tree)


def test_a_submodule_that_is_gone_is_told_with_gits_words(make: Callable[[str], Project], tree: Path) -> None:
    library, project = make("library"), make("main-project")
    library.commit()
    project.git("submodule", "--quiet", "add", str(library.path), "lib")
    sha = project.commit()
    shutil.rmtree(library.path)
    with pytest.raises(EnvironmentFailedError, match="submodules of") as caught:
        opened(project).checkout(sha, tree)
    assert "library" in caught.value.output
    project.git("rm", "--quiet", "lib")
    opened(project).checkout(project.commit("without", a__txt="a"), tree)
    assert files(tree)["a.txt"] == "a"


@pytest.mark.parametrize("remote", ["", "origin"])
def test_a_relative_submodule_lies_beside_the_remote_or_else_the_project(
    make: Callable[[str], Project], tree: Path, remote: str
) -> None:
    library, project = make("library"), make("main-project")
    library.commit(lib__txt="lib")
    project.git("submodule", "--quiet", "add", "../library", "lib")
    sha = project.commit()
    if remote:
        project.path.rename(project.path.parent / "inner-project")
        moved = project.path.parent / "deeper"
        moved.mkdir()
        (project.path.parent / "inner-project").rename(moved / "main-project")
        project = Project(moved / "main-project")
        project.git("remote", "add", remote, str(moved.parent / "main-project"))
    opened(project).checkout(sha, tree)
    assert files(tree)["lib/lib.txt"] == "lib"


@pytest.mark.slow
def test_many_at_once_in_one_repository(project: Project, two: tuple[str, str], tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bench_runner.repo.git import Repository\n"
        "repository = Repository.open(sys.argv[1], Path(sys.argv[1]))\n"
        "[repository.checkout(sha, Path(sys.argv[2]) / str(n) / 'source') for n in range(4) for sha in sys.argv[3:]]\n"
    )

    def work(number: int) -> str:
        command = [sys.executable, "-c", program, str(project.path), str(tmp_path / f"env{number}"), *two]
        return subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False).stderr

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(work, range(6))) == {""}
    found = {tuple(sorted(files(path))) for path in tmp_path.glob("env*/*/source")}
    assert found == {(".gitignore", "b.txt")}
    assert len(list(tmp_path.glob("env*/*/source"))) == 24
