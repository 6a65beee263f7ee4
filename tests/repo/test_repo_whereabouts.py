"""What commits off the branch are called."""

from collections.abc import Callable
from pathlib import Path

import pytest
from repo_builder import Project

from bench_runner.repo.git import Repository
from bench_runner.repo.whereabouts import GONE


@pytest.fixture
def project(make: Callable[[str], Project]) -> Project:
    project = make("project")
    for number in range(3):
        project.commit(f"number {number}")
    return project


def said(project: Project, *shas: str, branch: str | None = None) -> list[str]:
    found = Repository.open(str(project.path), project.path / "cache").whereabouts(shas, branch)
    assert set(found) == set(shas)
    return [found[sha] for sha in shas]


def aside(project: Project, start: str, branch: str, count: int = 1) -> list[str]:
    """Commit on a branch of that name; return the shas and go back to main."""
    project.git("checkout", "--quiet", "-b", branch, start)
    shas = [project.commit(f"{branch} {number}", **{f"{branch}__txt": str(number)}) for number in range(count)]
    project.git("checkout", "--quiet", "main")
    return shas


def test_commits_of_branches_and_tags(project: Project) -> None:
    first, second, last = aside(project, "main~1", "feature", 3)
    project.git("tag", "-a", "v1.2", "-m", "one", second)
    assert said(project, first, second, last) == [
        "not on main: before tag v1.2",
        "not on main: tag v1.2",
        "not on main: branch feature",
    ]
    project.git("tag", "final", second)
    assert said(project, second)[0] in {"not on main: tags v1.2, final", "not on main: tags final, v1.2"}
    assert said(project, project.git("rev-parse", "main"), branch="feature") == ["not on feature: branch main"]


def test_a_commit_that_only_a_tag_holds(project: Project) -> None:
    before, tagged = aside(project, "main", "release", 2)
    project.git("tag", "v2", tagged)
    project.git("branch", "-D", "release")
    assert said(project, before, tagged) == ["not on main: before tag v2", "not on main: tag v2"]


def test_what_was_merged_is_not_called_foreign(project: Project) -> None:
    first, last = aside(project, "main~1", "feature", 2)
    project.git("merge", "--quiet", "--no-ff", "--no-edit", "feature")
    project.git("tag", "rc", first)
    assert said(project, first, last) == ["merged into main: tag rc", "merged into main"]


def test_pull_requests_remote_branches_and_what_no_ref_holds(project: Project) -> None:
    pulled, remote, lost = (aside(project, "main", name)[0] for name in ("pr", "topic", "lost"))
    project.git("update-ref", "refs/pull/5/head", pulled)
    project.git("update-ref", "refs/remotes/origin/topic", remote)
    project.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/topic")
    for name in ("pr", "topic", "lost"):
        project.git("branch", "-D", name)
    project.git("update-ref", "refs/stash", lost)
    assert said(project, pulled, remote, lost, branch="main") == [
        "not on main: pull/5/head",
        "not on main: branch origin/topic",
        "not on main",
    ]


def test_what_was_rebased_away_and_swept_up_is_gone(project: Project) -> None:
    (old,) = aside(project, "main", "feature")
    project.git("branch", "-D", "feature")
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "--quiet", "--prune=now")
    assert said(project, old, "e" * 40) == [GONE, GONE]


def test_a_shallow_clone_does_not_call_gone_what_it_never_had(project: Project, tmp_path: Path) -> None:
    old = project.git("rev-parse", "main~2")
    project.git("clone", "--quiet", "--depth", "1", project.path.as_uri(), str(tmp_path / "clone"))
    assert said(Project(tmp_path / "clone"), old) == ["not in this shallow clone"]


def test_many_at_once_and_none(project: Project) -> None:
    shas = aside(project, "main", "feature", 3)
    assert said(project) == []
    assert len(said(project, *shas, *(f"{number:040x}" for number in range(1200)))) == 1203
