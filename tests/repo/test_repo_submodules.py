"""Submodules of real repositories, as they change from commit to commit."""

from collections.abc import Callable
from pathlib import Path

import pytest
from repo_builder import Project

from bench_runner.errors import EnvironmentFailedError
from bench_runner.repo.git import Repository
from bench_runner.repo.submodules import _absolute

Make = Callable[[str], Project]
NOT_OURS = {".git", ".gitmodules", "counter_txt"}


@pytest.fixture
def project(make: Make) -> Project:
    return make("main-project")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Where commits are laid out."""
    return tmp_path / "env" / "source"


def laid_out(project: Project, sha: str, tree: Path) -> dict[str, str]:
    """Return the files of a commit but for git's own, with their text; the user's settings must not be touched."""
    settings = sorted(path for path in project.path.rglob("config") if "worktrees" not in path.parts)
    before = [path.read_text() for path in settings]
    try:
        Repository.open(str(project.path), project.path / "cache").checkout(sha, tree)
    finally:
        assert [path.read_text() for path in settings] == before
    found = [path for path in tree.rglob("*") if path.is_file() and path.name not in NOT_OURS]
    return {path.relative_to(tree).as_posix(): path.read_text() for path in found}


def library(make: Make, name: str, text: str) -> Project:
    made = make(name)
    made.commit(lib__txt=text)
    return made


def use(project: Project, other: Project, folder: str = "lib") -> str:
    """Let a project have another one as its submodule."""
    project.git("submodule", "--quiet", "add", "--force", "--name", folder, str(other.path), folder)
    return project.commit(f"use {other.path.name}")


@pytest.mark.slow
def test_a_submodule_that_moves_to_another_address_is_followed_both_ways(
    make: Make, project: Project, tree: Path
) -> None:
    old, new = library(make, "old", "old"), library(make, "new", "new")
    with_old = use(project, old)
    project.git("submodule", "--quiet", "set-url", "lib", str(new.path))
    inner = Project(project.path / "lib")
    inner.git("fetch", "--quiet", "origin")
    inner.git("checkout", "--quiet", new.git("rev-parse", "main"))
    with_new = project.commit("moved")
    project.git("rm", "--quiet", "--force", "lib")
    without = project.commit("without", a__txt="a")
    texts = {with_old: {"lib/lib.txt": "old"}, with_new: {"lib/lib.txt": "new"}, without: {"a.txt": "a"}}
    for sha in (with_old, with_new, with_old, without, with_new, without, with_old):
        assert laid_out(project, sha, tree) == texts[sha]


@pytest.mark.slow
def test_a_submodule_that_becomes_a_folder_and_comes_back(make: Make, project: Project, tree: Path) -> None:
    theirs = library(make, "theirs", "theirs")
    with_module = use(project, theirs)
    project.git("rm", "--quiet", "--force", "lib")
    without = project.commit("without", a__txt="a")
    (project.path / "lib").mkdir()
    (project.path / "lib" / "lib.txt").write_text("own")
    with_folder = project.commit("own folder")
    shapes = {with_module: {"lib/lib.txt": "theirs"}, without: {"a.txt": "a"}}
    shapes[with_folder] = {"a.txt": "a", "lib/lib.txt": "own"}
    for sha in (with_module, with_folder, with_module, without, with_module, without, with_folder):
        assert laid_out(project, sha, tree) == shapes[sha]
    assert (tree / "lib" / ".git").exists() is False


@pytest.mark.slow
@pytest.mark.parametrize("address", ["absolute", "relative"])
def test_submodules_in_submodules_follow_too(make: Make, project: Project, tree: Path, address: str) -> None:
    first, second, middle = library(make, "first", "first"), library(make, "second", "second"), make("middle")

    def named(other: Project) -> str:
        return str(other.path) if address == "absolute" else f"../{other.path.name}"

    middle.git("submodule", "--quiet", "add", "--name", "deep", named(first), "deep")
    middle.commit("first", m__txt="m")
    outer = [use(project, middle, "mid")]
    middle.git("submodule", "--quiet", "set-url", "deep", named(second))
    deep = Project(middle.path / "deep")
    deep.git("fetch", "--quiet", "origin")
    deep.git("checkout", "--quiet", second.git("rev-parse", "main"))
    middle.commit("second")
    middle.git("rm", "--quiet", "--force", "deep")
    middle.commit("none")
    for back in ("main~1", "main"):
        inner = Project(project.path / "mid")
        inner.git("fetch", "--quiet", "origin")
        inner.git("checkout", "--quiet", middle.git("rev-parse", back))
        outer.append(project.commit(back))
    found = [{"mid/m.txt": "m", "mid/deep/lib.txt": text} for text in ("first", "second")] + [{"mid/m.txt": "m"}]
    for which in (0, 1, 2, 0, 2, 1, 0):
        assert laid_out(project, outer[which], tree) == found[which]


@pytest.mark.slow
def test_a_submodules_commit_that_was_never_pushed_is_taken_from_the_users_checkout(
    make: Make, project: Project, tree: Path
) -> None:
    for name in ("lib", "other"):
        use(project, library(make, f"theirs-{name}", "theirs"), name)
        Project(project.path / name).commit("mine", lib__txt=f"my {name}")
    sha = project.commit("local work")
    assert laid_out(project, sha, tree) == {"lib/lib.txt": "my lib", "other/lib.txt": "my other"}
    Project(project.path / "lib").git("reset", "--quiet", "--hard", "HEAD~1")
    Project(project.path / "lib").git("reflog", "expire", "--expire=now", "--all")
    Project(project.path / "lib").git("gc", "--quiet", "--prune=now")
    with pytest.raises(EnvironmentFailedError, match="the submodules of"):
        laid_out(project, sha, tree.with_name("other"))


def test_an_address_that_the_user_has_set_is_not_the_commits(make: Make, project: Project, tree: Path) -> None:
    sha = use(project, library(make, "theirs", "theirs"))
    project.git("config", "submodule.lib.url", str(tree / "nowhere"))
    project.git("config", "submodule.lib.active", "false")
    assert laid_out(project, sha, tree) == {"lib/lib.txt": "theirs"}


@pytest.mark.parametrize("name", ["a=b", "a.b c", "é 'q'", "in/a/folder"])
def test_odd_names(make: Make, project: Project, tree: Path, name: str) -> None:
    project.git("submodule", "--quiet", "add", "--name", name, str(library(make, "theirs", "theirs").path), "lib")
    sha = project.commit()
    for _ in range(2):
        assert laid_out(project, sha, tree) == {"lib/lib.txt": "theirs"}


@pytest.mark.slow
def test_a_name_that_leads_out_of_git_is_not_followed(make: Make, project: Project, tree: Path) -> None:
    theirs = library(make, "theirs", "theirs")
    laid_out(project, use(project, theirs), tree)
    victim = project.path.parent / "victim" / "config"
    victim.parent.mkdir()
    victim.write_text("")
    for count in range(1, 9):
        name = f"{'../' * count}victim"
        text = f'[submodule "{name}"]\n\tpath = lib\n\turl = {theirs.path}\n'
        (project.path / ".gitmodules").write_text(text)
        laid_out(project, project.commit(f"hostile {count}"), tree)
    assert victim.read_text() == ""


@pytest.mark.parametrize("base", ["/a/b/c", "/a/b/c/", "https://h/x/y.git", "git@host:group/project", "host:project"])
@pytest.mark.parametrize("address", ["../lib", "./lib", "../../lib", ".././../lib", "/abs/lib", "https://o/lib"])
def test_relative_addresses_are_read_as_git_reads_them(project: Project, base: str, address: str) -> None:
    if base.startswith("host:") and address.count("../") > 1:
        pytest.skip("leads above the host")
    project.git("config", "remote.origin.url", base)
    (project.path / ".gitmodules").write_text(f'[submodule "lib"]\n\tpath = lib\n\turl = {address}\n')
    project.git("add", ".gitmodules")
    project.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},lib")
    project.git("submodule", "init")
    assert _absolute(address, base) == project.git("config", "submodule.lib.url")


def test_leftovers_in_submodules_go(make: Make, project: Project, tree: Path) -> None:
    middle = make("middle")
    use(middle, library(make, "theirs", "theirs"), "deep")
    sha = use(project, middle, "mid")
    whole = laid_out(project, sha, tree)
    (tree / "mid" / "deep" / "built.o").write_text("leftover")
    (tree / "mid" / "deep" / "lib.txt").write_text("changed")
    assert laid_out(project, sha, tree) == whole == {"mid/deep/lib.txt": "theirs"}
