"""Commits that a file names."""

import io
from pathlib import Path

import pytest
from repo_builder import Project

from bench_runner.errors import UsageError
from bench_runner.repo.git import Repository
from bench_runner.repo.select import select


@pytest.fixture
def shas(project: Project) -> list[str]:
    """Four commits, newest first; the third has the tag v1, the last is on no branch any more."""
    found = [project.commit(f"number {number}") for number in range(3)]
    project.git("tag", "-a", "v1", "-m", "one", found[1])
    project.git("checkout", "--quiet", "--detach")
    lost = project.commit("lost")
    project.git("checkout", "--quiet", "main")
    return [lost, *found[::-1]]


def chosen(project: Project, expression: str) -> tuple[list[str], list[str]]:
    """Return the shas and the warnings."""
    warnings: list[str] = []
    repository = Repository.open(str(project.path), project.path / "cache")
    return [one.sha for one in select(repository, expression, warn=warnings.append)], warnings


def test_refs_of_all_kinds_comments_and_blank_lines(project: Project, shas: list[str], tmp_path: Path) -> None:
    lost, last, middle, first = shas
    lines = [f"{first}", "", "# nightly", "  v1  # the release\r", last[:10], f"{lost}\t# rebased", first, "   "]
    (tmp_path / "list").write_text("\ufeff" + "\n".join(lines))
    assert chosen(project, f"HASHFILE:{tmp_path / 'list'}") == ([lost, last, middle, first], [])


def test_an_unknown_one_is_named_with_its_line_and_the_rest_is_taken(
    project: Project, shas: list[str], tmp_path: Path
) -> None:
    listed = tmp_path / "list"
    listed.write_text(f"{shas[1]}\n\n{'f' * 40}\nmian\n--all\n^main\nmain:counter_txt\nmain v1\n\x1b[2Jx\n{shas[3]}")
    found, warnings = chosen(project, f"HASHFILE:{listed}")
    assert found == [shas[1], shas[3]]
    assert [one.partition(": ")[0] for one in warnings] == [f"{listed}, line {line}" for line in (3, 4, 5, 6, 7, 8, 9)]
    assert "did you mean 'main'?" in warnings[1]
    assert not any("\x1b" in one for one in warnings)


def test_standard_input(project: Project, shas: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{shas[2]}\nnope\n"))
    found, warnings = chosen(project, " HASHFILE:- ")
    assert found == [shas[2]]
    assert warnings[0].startswith("standard input, line 2: unknown ref 'nope'")


@pytest.mark.parametrize("text", ["", "# nothing\n\n", "nope\n"])
def test_a_file_without_a_commit(project: Project, shas: list[str], tmp_path: Path, text: str) -> None:
    (tmp_path / "list").write_text(text)
    with pytest.raises(UsageError, match=r"names no commit of .*: write one ref per line"):
        chosen(project, f"HASHFILE:{tmp_path / 'list'}")


def test_a_file_that_is_none(project: Project, shas: list[str], tmp_path: Path) -> None:
    for name in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UsageError, match=f"HASHFILE:{name} cannot be read .*: name a file, or -"):
            chosen(project, f"HASHFILE:{name}")
