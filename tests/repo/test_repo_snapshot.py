"""The working tree as a commit: what is in it, and that the user's own things are left alone."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from repo_builder import Project

from bench_runner.errors import UsageError
from bench_runner.repo.git import Repository
from bench_runner.repo.snapshot import Snapshot, take


@pytest.fixture
def begun(project: Project) -> Project:
    """A project with one commit of two files, of which others are ignored."""
    project.commit("begin", a__txt="a", b__txt="b", __gitignore="*.o\n/made/\n")
    return project


def opened(project: Project) -> Repository:
    return Repository.open(str(project.path), project.path.parent / "cache")


def taken(project: Project, *apart: str) -> Snapshot:
    return take(opened(project), [project.path / one for one in apart])


def content(project: Project, sha: str) -> dict[str, str]:
    names = project.git("ls-tree", "-r", "--name-only", sha).splitlines()
    return {name: project.git("show", f"{sha}:{name}") for name in names if name != ".gitignore"}


def everything(project: Project) -> dict[str, bytes | str]:
    """Return what of a project must stay as it is: files, index, refs, HEAD, reflogs, configuration."""
    paths = [one for one in project.path.rglob("*") if one.is_file() and "objects" not in one.parts]
    found: dict[str, bytes | str] = {str(one): one.read_bytes() for one in paths}
    return found | {"refs": project.git("for-each-ref"), "status": project.git("status", "--porcelain")}


def test_a_clean_tree_is_head(begun: Project) -> None:
    found = taken(begun)
    assert found.commit.sha == begun.git("rev-parse", "HEAD")
    assert (found.changed, found.left_out) == ((), ())


def test_what_is_changed_new_removed_and_staged_is_in_it_and_what_is_ignored_is_not(begun: Project) -> None:
    begun.commit("more", c__txt="c", d__txt="d")
    (begun.path / "a.txt").write_text("changed")
    (begun.path / "b.txt").unlink()
    (begun.path / "c.txt").write_text("staged")
    begun.git("add", "c.txt")
    (begun.path / "c.txt").write_text("staged and changed again")
    (begun.path / "new é\n.txt").write_text("new")
    (begun.path / "x.o").write_text("built")
    (begun.path / "forced.o").write_text("forced")
    begun.git("add", "--force", "forced.o")
    begun.git("rm", "--quiet", "--cached", "d.txt")
    before = everything(begun)
    found = taken(begun)
    assert everything(begun) == before
    assert set(found.changed) == {"a.txt", "b.txt", "c.txt", "new é\n.txt", "forced.o"}
    assert begun.git("show", f"{found.commit.sha}:a.txt") == "changed"
    assert begun.git("show", f"{found.commit.sha}:c.txt") == "staged and changed again"
    assert begun.git("show", f"{found.commit.sha}:forced.o") == "forced"
    assert begun.git("show", f"{found.commit.sha}:d.txt") == "d"
    assert found.commit.parents == (begun.git("rev-parse", "HEAD"),)
    assert found.commit.subject == f"working tree on {begun.git('rev-parse', 'HEAD')[:8]}"


def test_the_same_content_is_the_same_commit_and_another_is_not(
    begun: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (begun.path / "a.txt").write_text("one")
    first = taken(begun).commit.sha
    (begun.path / "a.txt").write_text("two")
    second = taken(begun).commit.sha
    (begun.path / "a.txt").write_text("one")
    begun.git("add", "a.txt")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{role}_DATE", "@1 +0100")
    begun.git("config", "i18n.commitEncoding", "latin-1")
    begun.git("config", "commit.gpgSign", "true")
    assert taken(begun).commit.sha == first != second
    begun.git("config", "commit.gpgSign", "false")
    begun.git("checkout", "--quiet", "--force", "HEAD", ".")
    begun.commit("go on", b__txt="c")
    (begun.path / "a.txt").write_text("one")
    assert taken(begun).commit.sha != first


def test_folders_apart_stay_as_in_head(begun: Project) -> None:
    for folder in ("results", "site"):
        (begun.path / folder).mkdir()
        (begun.path / folder / "old.json").write_text("old")
    begun.commit("measured")
    (begun.path / "results" / "new.json").write_text("new")
    (begun.path / "results" / "old.json").unlink()
    (begun.path / "site" / "old.json").write_text("staged")
    begun.git("add", "site")
    assert taken(begun, "results", "site", "../outside", "absent").changed == ()
    (begun.path / "a.txt").write_text("changed")
    found = taken(begun, "results", "site", "absent")
    assert found.changed == ("a.txt",)
    assert content(begun, found.commit.sha)["results/old.json"] == "old"


@pytest.mark.parametrize("ignored", ["made/", "/made", "made/*", "*.json"])
def test_folders_apart_may_be_ignored(begun: Project, ignored: str) -> None:
    begun.commit("other rules", __gitignore=f"{ignored}\n")
    (begun.path / "made" / "env").mkdir(parents=True)
    (begun.path / "made" / "env" / "x.json").write_text("{}")
    assert taken(begun, "made", "made/env").changed == ()
    (begun.path / "made.txt").write_text("new")
    assert taken(begun, "made", "made/env").changed == ("made.txt",)


def test_a_file_that_becomes_a_folder(begun: Project) -> None:
    (begun.path / "a.txt").unlink()
    (begun.path / "a.txt").mkdir()
    (begun.path / "a.txt" / "inner").write_text("new")
    found = taken(begun)
    assert content(begun, found.commit.sha) == {"a.txt/inner": "new", "b.txt": "b"}


def test_it_is_laid_out_like_any_commit(begun: Project, tmp_path: Path) -> None:
    (begun.path / "a.txt").write_text("changed")
    found = taken(begun)
    tree = tmp_path / "env" / "source"
    opened(begun).checkout(found.commit.sha, tree)
    assert (tree / "a.txt").read_text() == "changed"
    begun.git("gc", "--quiet", "--prune=now")
    assert begun.git("cat-file", "-t", found.commit.sha) == "commit", "the worktree keeps it from being swept up"
    assert begun.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_submodules_stand_at_their_commit_and_what_is_not_committed_there_is_told(
    make: Callable[[str], Project], begun: Project, tmp_path: Path
) -> None:
    library = make("library")
    library.commit("first", lib__txt="first")
    begun.git("submodule", "--quiet", "add", str(library.path), "lib")
    begun.commit("use it")
    inner = Project(begun.path / "lib")
    moved = inner.commit("mine", lib__txt="mine")
    (inner.path / "lib.txt").write_text("in hand")
    before = everything(begun)
    found = taken(begun)
    assert everything(begun) == before
    assert (found.changed, found.left_out) == (("lib",), ("what is not committed in the submodule lib",))
    assert begun.git("rev-parse", f"{found.commit.sha}:lib") == moved
    opened(begun).checkout(found.commit.sha, tmp_path / "source")
    assert (tmp_path / "source" / "lib" / "lib.txt").read_text() == "mine"


def test_other_repositories_in_the_tree_are_left_out_and_told(make: Callable[[str], Project], begun: Project) -> None:
    make("project/vendor").commit("theirs")
    opened(begun).checkout("HEAD", begun.path / "made" / "source")
    library = make("library")
    library.commit("lib", lib__txt="lib")
    begun.git("submodule", "--quiet", "add", str(library.path), "lib")
    found = taken(begun)
    assert found.left_out == ("vendor, a repository that is no submodule",)
    assert set(found.changed) == {".gitmodules", "lib"}
    assert "vendor" not in begun.git("ls-tree", "--name-only", found.commit.sha).split()


def test_a_sparse_checkout_lacks_nothing_and_a_split_index_is_read(begun: Project) -> None:
    for folder in ("docs", "src"):
        (begun.path / folder).mkdir()
        (begun.path / folder / "x.txt").write_text(folder)
    begun.commit("two folders")
    begun.git("config", "core.splitIndex", "true")
    begun.git("sparse-checkout", "set", "src")
    assert not (begun.path / "docs").exists()
    assert taken(begun).changed == ()
    for number in range(9):
        (begun.path / "src" / f"{number}.txt").write_text("new")
    (begun.path / "src" / "x.txt").write_text("changed")
    before = everything(begun)
    found = taken(begun)
    assert everything(begun) == before
    assert found.changed == (*(f"src/{number}.txt" for number in range(9)), "src/x.txt")
    assert content(begun, found.commit.sha)["docs/x.txt"] == "docs"


def test_a_merge_in_hand_is_taken_as_the_files_are(begun: Project) -> None:
    begun.git("checkout", "--quiet", "-b", "side")
    begun.commit("theirs", a__txt="theirs")
    begun.git("checkout", "--quiet", "main")
    begun.commit("ours", a__txt="ours")
    with pytest.raises(Exception, match="merge"):
        begun.git("merge", "side")
    before = everything(begun)
    found = taken(begun)
    assert everything(begun) == before
    assert "<<<<<<<" in begun.git("show", f"{found.commit.sha}:a.txt")


def test_a_linked_worktree_is_a_working_tree_of_its_own(begun: Project, tmp_path: Path) -> None:
    begun.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    (tmp_path / "linked" / "a.txt").write_text("changed")
    assert taken(begun).changed == ()
    assert taken(Project(tmp_path / "linked")).changed == ("a.txt",)


def test_where_there_is_no_working_tree_it_is_said(begun: Project, tmp_path: Path) -> None:
    shutil.copytree(begun.path / ".git", tmp_path / "bare.git")
    Project(tmp_path / "bare.git").git("config", "core.bare", "true")
    mirror = Repository.open(begun.path.as_uri(), tmp_path / "cache")
    for repository in (mirror, Repository.open(str(tmp_path / "bare.git"), tmp_path)):
        with pytest.raises(UsageError, match="has no working tree: set repo to a checkout"):
            take(repository, [])


def test_what_cannot_be_read_is_said(project: Project) -> None:
    with pytest.raises(UsageError, match="no commits yet"):
        taken(project)
    project.commit()
    (project.path / "x.txt").write_text("x")
    project.git("config", "filter.bad.clean", "false")
    project.git("config", "filter.bad.required", "true")
    (project.path / ".gitattributes").write_text("x.txt filter=bad\n")
    with pytest.raises(
        UsageError, match=r"the working tree of .* cannot be read \(external filter .*\): mend or ignore"
    ):
        taken(project)
    assert os.environ.get("GIT_INDEX_FILE") is None
