"""Refs, history and mirrors of real repositories."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repo_builder import Project

from bench_runner.errors import UsageError
from bench_runner.repo.git import Repository
from bench_runner.repo.log import parse

HOSTILE = "<script>alert(1)</script> \"quotes' \\x00 %H \x1b[31m \u2028 é 🚀 " + "x" * 10_000


def opened(project: Project, cache: Path | None = None) -> Repository:
    return Repository.open(str(project.path), cache or project.path.parent / "cache")


def complaint(call: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- history


def test_a_commit_is_read_whole(project: Project) -> None:
    root = project.commit("first")
    sha = project.commit("subject\nstill the subject\n\nbody", date=1_234_567_890)
    commit, _ = opened(project).commits("HEAD")
    assert (commit.sha, commit.parents, commit.time_ms) == (sha, (root,), 1_234_567_890_000)
    assert (commit.subject, commit.author) == ("subject still the subject", "A Uthor")


def test_hostile_subjects_and_settings_break_nothing(project: Project) -> None:
    for name, value in (("log.showSignature", "true"), ("color.ui", "always"), ("i18n.logOutputEncoding", "latin1")):
        project.git("config", name, value)
    project.commit("plain")
    project.commit(HOSTILE)
    project.git("commit", "--quiet", "--allow-empty", "--allow-empty-message", "-m", "")
    as_latin = ("-c", "i18n.commitEncoding=latin1", "commit-tree", "HEAD^{tree}", "-p", "HEAD")
    latin = project.git(*as_latin, text="café".encode("latin1"))
    raw = project.git("cat-file", "commit", "HEAD").encode() + b"\n\nbroken \xff\xfe bytes\n"
    broken = project.git("hash-object", "-t", "commit", "-w", "--stdin", text=raw)
    commits = opened(project).commits(latin, broken)
    assert {commit.sha for commit in commits} >= {latin, broken}
    subjects = {commit.sha: commit.subject for commit in commits}
    assert subjects[latin] == "café"
    assert "\ufffd" in subjects[broken]
    assert "" in subjects.values()
    assert HOSTILE in subjects.values()


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_record_is_parsed_back(people: list[tuple[str, str]]) -> None:
    people = [(author.replace("\0", ""), subject.replace("\0", "")) for author, subject in people]
    records = [("a" * 40, "b" * 40 + " " + "c" * 40, "12", author, subject) for author, subject in people]
    out = "".join("\0".join(record) + "\0" for record in records).encode("utf-8", "replace")
    commits = parse(out)
    readable = [tuple(word.encode("utf-8", "replace").decode() for word in pair) for pair in people]
    assert [(commit.author, commit.subject) for commit in commits] == readable
    assert {commit.parents for commit in commits} <= {("b" * 40, "c" * 40)}


def test_history_follows_first_parents_and_numbers_from_the_root(project: Project) -> None:
    root = project.commit()
    project.git("checkout", "--quiet", "-b", "side")
    side = project.commit("side", side="1")
    project.git("checkout", "--quiet", "main")
    second = project.commit("second", main="1")
    project.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    merge = project.git("rev-parse", "HEAD")
    repository = opened(project)
    assert [commit.sha for commit in repository.history("main")] == [root, second, merge]
    assert [commit.sha for commit in repository.history("side")] == [root, side]
    everything = [commit.sha for commit in repository.commits("main", first_parent=False)]
    assert set(everything) == {root, side, second, merge}
    assert everything.index(merge) < min(everything.index(side), everything.index(second))
    assert everything[-1] == root


def test_clocks_that_run_backwards_do_not_turn_history_around(project: Project) -> None:
    shas = [project.commit(date=date) for date in (2_000_000_000, 1_000_000_000, 1_500_000_000)]
    assert [commit.sha for commit in opened(project).history()] == shas


def test_a_branch_comes_before_a_tag_of_its_name(project: Project) -> None:
    old = project.commit()
    new = project.commit()
    project.git("tag", "main", old)
    assert opened(project).tip("main") == new


def test_known_drops_what_the_repository_lost(project: Project) -> None:
    first = project.commit()
    second = project.commit()
    lost = ["0" * 40, "f" * 40, "--all", "HEAD", "x\ny", first[:10]]
    assert [commit.sha for commit in opened(project).known([first, second, *lost])] == [second, first]
    assert opened(project).known([]) == []
    assert opened(project).known(lost) == []


# --- refs


def test_refs_of_all_kinds_resolve_to_commits(project: Project) -> None:
    first = project.commit("find me")
    second = project.commit("other")
    project.git("tag", "-a", "v1", "-m", "annotated", first)
    project.git("tag", "-a", "again", "-m", "a tag of a tag", "v1")
    project.git("tag", "light", second)
    project.git("tag", "tree", "HEAD^{tree}")
    repository = opened(project)
    for ref in ("v1", "again", first, first[:12], "HEAD~1", "main^"):
        assert repository.resolve(ref) == first, ref
    assert repository.tags() == {"v1": first, "again": first, "light": second}


@pytest.mark.parametrize("ref", ["nope", "v9", "HEAD~50", "A..B", "0" * 40, "two words", "no\nline", "x" * 10_000])
def test_an_unknown_ref_is_named(project: Project, ref: str) -> None:
    project.commit()
    message = complaint(lambda: opened(project).resolve(ref))
    assert repr(ref)[:40].rstrip("'") in message
    assert str(project.path) in message
    assert len(message) < 1000


def test_a_near_name_is_offered(project: Project) -> None:
    project.commit()
    project.git("branch", "development")
    assert "'development'" in complaint(lambda: opened(project).resolve("developement"))
    assert "'development'" in complaint(lambda: opened(project).commits("developement~3..main"))


@pytest.mark.parametrize("ref", ["--all", "-n1", "--output=x", "", " ", "a\0b"])
def test_what_is_no_ref_never_reaches_git(project: Project, ref: str) -> None:
    project.commit()
    repository = opened(project)
    for call in (repository.resolve, repository.commits, repository.tip):
        if ref or call != repository.tip:
            assert "is not a ref" in complaint(lambda call=call: call(ref))


def test_an_ambiguous_sha_is_called_so(project: Project) -> None:
    base = project.git("cat-file", "commit", project.commit()).encode()
    seen: dict[str, bytes] = {}
    for number in range(10_000):
        body = base + b"\n\n%d\n" % number
        prefix = hashlib.sha1(b"commit %d\0" % len(body) + body).hexdigest()[:4]
        if prefix in seen:
            break
        seen[prefix] = body
    for one in (body, seen[prefix]):
        project.git("hash-object", "-t", "commit", "-w", "--stdin", text=one)
    assert "ambiguous" in complaint(lambda: opened(project).resolve(prefix))


def test_a_shallow_clone_says_so(project: Project, tmp_path: Path) -> None:
    for _ in range(3):
        project.commit()
    project.git("clone", "--quiet", "--depth=1", f"file://{project.path}", str(tmp_path / "shallow"))
    repository = opened(Project(tmp_path / "shallow"))
    assert len(repository.history()) == 1
    assert "--unshallow" in complaint(lambda: repository.resolve("HEAD~2"))


def test_a_repository_without_commits_says_so(project: Project) -> None:
    assert "no commits yet" in complaint(lambda: opened(project).history())


# --- the default branch


def test_the_default_branch_is_the_remotes(project: Project, tmp_path: Path) -> None:
    project.commit()
    project.git("branch", "-m", "main", "trunk")
    project.git("clone", "--quiet", str(project.path), str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    clone.git("checkout", "--quiet", "-b", "feature")
    assert opened(clone).default_branch() == "trunk"
    clone.git("branch", "--quiet", "-D", "trunk")
    assert opened(clone).default_branch() == "origin/trunk"
    assert opened(clone).history("trunk") == opened(project).history("trunk")


def test_without_a_remote_main_is_the_default_branch(project: Project) -> None:
    sha = project.commit()
    project.git("checkout", "--quiet", "-b", "feature")
    assert opened(project).default_branch() == "main"
    project.git("branch", "--quiet", "-D", "main")
    assert opened(project).default_branch() == "feature"
    project.git("checkout", "--quiet", "--detach")
    project.git("branch", "--quiet", "-D", "feature")
    assert opened(project).default_branch() == "HEAD"
    assert opened(project).tip() == sha


def test_a_linked_worktree_is_a_repository_too(project: Project, tmp_path: Path) -> None:
    project.commit()
    project.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    sha = Project(tmp_path / "linked").commit()
    repository = opened(Project(tmp_path / "linked"))
    assert repository.resolve("HEAD") == sha
    assert repository.common == project.path / ".git"


# --- opening


def test_a_folder_that_is_no_repository(tmp_path: Path, project: Project) -> None:
    (tmp_path / "plain").mkdir()
    assert "git init" in complaint(lambda: Repository.open(str(tmp_path / "plain"), tmp_path))
    assert "is not there" in complaint(lambda: Repository.open(str(tmp_path / "absent"), tmp_path))
    (project.path / "inner").mkdir()
    message = complaint(lambda: Repository.open(str(project.path / "inner"), tmp_path))
    assert f'"{project.path}"' in message
    assert "repo_subdir" in message


def test_a_calling_git_does_not_lead_us_astray(
    make: Callable[[str], Project], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs, mine = make("theirs"), make("mine")
    theirs.commit("theirs")
    sha = mine.commit("mine")
    index = (theirs.path / ".git" / "index").read_bytes()
    for name, value in (("GIT_DIR", ".git"), ("GIT_WORK_TREE", "."), ("GIT_INDEX_FILE", ".git/index")):
        monkeypatch.setenv(name, str(theirs.path / value))
    repository = opened(mine)
    assert repository.resolve("HEAD") == sha
    repository.checkout(sha, tmp_path / "tree")
    assert (theirs.path / ".git" / "index").read_bytes() == index


def test_git_that_is_missing_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.commit()
    monkeypatch.setenv("PATH", str(project.path))
    assert "install it" in complaint(lambda: opened(project))


# --- mirrors


def test_a_url_is_mirrored_once_and_fetched(project: Project, tmp_path: Path) -> None:
    first = project.commit()
    project.git("update-ref", "refs/pull/1/head", first)
    url, cache = f"file://{project.path}", tmp_path / "cache"
    repository = Repository.open(url, cache)
    assert repository.path.is_relative_to(cache)
    assert [commit.sha for commit in repository.history()] == [first]
    assert "refs/pull" not in project.git("-C", str(repository.path), "for-each-ref")
    second = project.commit()
    project.git("tag", "v1")
    again = Repository.open(url, cache)
    assert again.path == repository.path
    assert again.tip() == first
    again.fetch()
    assert again.tip() == second
    assert again.tags() == {"v1": second}


def test_a_mirror_keeps_rebased_commits_and_follows_a_renamed_branch(project: Project, tmp_path: Path) -> None:
    project.commit()
    rebased = project.commit()
    repository = Repository.open(f"file://{project.path}", tmp_path / "cache")
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.git("branch", "-m", "main", "trunk")
    new = project.commit()
    repository.fetch()
    repository.checkout(new, tmp_path / "tree")
    repository.fetch()
    project.git("-C", str(repository.path), "gc", "--quiet", "--prune=now")
    assert repository.default_branch() == "trunk"
    assert repository.tip() == new
    assert [commit.sha for commit in repository.known([rebased])] == [rebased]


def test_fetching_a_local_repository_leaves_it_alone(project: Project, tmp_path: Path) -> None:
    project.commit()
    project.git("clone", "--quiet", str(project.path), str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    before = clone.git("for-each-ref")
    project.commit()
    opened(clone).fetch()
    assert clone.git("for-each-ref") == before


def test_a_url_that_does_not_answer(tmp_path: Path) -> None:
    url = f"file://user:secret@{tmp_path}/absent.git"
    message = complaint(lambda: Repository.open(url, tmp_path / "cache"))
    assert "absent.git" in message
    assert "secret" not in message
    assert [path.suffix for path in (tmp_path / "cache" / "mirrors").iterdir()] == [".lock"]


def test_an_interrupted_clone_is_begun_anew(project: Project, tmp_path: Path) -> None:
    project.commit()
    url, cache = f"file://{project.path}", tmp_path / "cache"
    path = Repository.open(url, cache).path
    path.rename(path.with_suffix(".unfinished"))
    (path.with_suffix(".unfinished") / "HEAD").unlink()
    assert len(Repository.open(url, cache).history()) == 1


def test_bare_repositories_and_symbolic_links(project: Project, tmp_path: Path) -> None:
    sha = project.commit()
    project.git("branch", "-m", "main", "trunk")
    project.git("branch", "main")
    project.git("clone", "--quiet", "--bare", str(project.path), str(tmp_path / "bare.git"))
    (tmp_path / "link").symlink_to(tmp_path / "bare.git")
    repository = Repository.open(str(tmp_path / "link"), tmp_path)
    assert repository.default_branch() == "trunk"
    repository.checkout(sha, tmp_path / "tree")
    assert subprocess.check_output(["git", "-C", str(tmp_path / "tree"), "rev-parse", "HEAD"], text=True).strip() == sha
    assert os.environ.get("GIT_DIR") is None
