"""Which commits a range, a word of asv's, or a number of steps means."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from asv.plugins.git import Git as AsvGit
from hypothesis import given
from hypothesis import strategies as st
from repo_builder import Project

from bench_runner.errors import NothingMeasuredError, UsageError
from bench_runner.model.commit import Commit
from bench_runner.repo.git import Repository
from bench_runner.repo.select import select, spread

JANUARY = int(datetime(2020, 1, 1, 12, tzinfo=UTC).timestamp())
MONTH = 31 * 86400


@pytest.fixture
def line(project: Project) -> list[str]:
    """Eight commits on main, a month apart, newest first; the fifth has the tag v1."""
    shas = [project.commit(f"number {number}", date=JANUARY + number * MONTH) for number in range(8)]
    project.git("tag", "v1", shas[4])
    return shas[::-1]


@pytest.fixture
def repository(project: Project) -> Repository:
    return Repository.open(str(project.path), project.path / "cache")


def chosen(repository: Repository, expression: str, **options: object) -> list[str]:
    return [commit.sha for commit in select(repository, expression, **options)]  # type: ignore[arg-type]


def test_ranges_mean_what_they_mean_to_asv(repository: Repository, line: list[str], project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "side", line[2])
    project.commit("side", side="1")
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    asv = AsvGit(str(project.path), "unused")
    expressions = ("main", "v1..main", "HEAD~3..", "v1^!", "main ^v1", "v1...side", f"{line[3]}^!", "-n 3 main")
    for expression in (*expressions, "--merges main", "--since=2020-05-01 main", "--grep 'number 5' main"):
        found = chosen(repository, expression)
        assert found, expression
        assert found == asv.get_hashes_from_range(expression), expression


def test_the_words(repository: Repository, line: list[str]) -> None:
    assert chosen(repository, "") == [line[0]]
    assert chosen(repository, "HEAD") == [line[0]]
    assert chosen(repository, "ALL") == line
    assert chosen(repository, "TAGS") == [line[3]]
    assert chosen(repository, "EXISTING", measured={line[5], line[2], "f" * 40}) == [line[2], line[5]]


def test_new_is_what_came_since_the_newest_measured(repository: Repository, line: list[str]) -> None:
    assert chosen(repository, "NEW", measured={line[3], line[6]}) == line[:3]
    assert chosen(repository, "NEW", measured={line[0]}) == []
    assert chosen(repository, "NEW") == [line[0]]
    assert chosen(repository, " NEW ", measured={"f" * 40}) == [line[0]]
    assert chosen(repository, "NEW", measured={line[7]}, steps=3) == [line[0], line[3], line[6]]


def test_new_on_two_branches(repository: Repository, line: list[str], project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "maint", line[4])
    fixes = [project.commit(f"fix {number}") for number in range(2)][::-1]
    project.git("checkout", "--quiet", "main")
    both = {"branches": ("", "maint")}
    assert set(chosen(repository, "NEW", measured={line[1], line[6]}, **both)) == {line[0], *fixes, *line[4:6]}
    assert set(chosen(repository, "", **both)) == {line[0], fixes[0]}
    assert set(chosen(repository, "ALL", **both)) == {*line, *fixes}
    assert chosen(repository, "--grep=fix", **both) == fixes
    with pytest.raises(UsageError, match="unknown ref 'absent'"):
        select(repository, "NEW", branches=("absent",))


def test_nothing_existing_says_how_to_begin(repository: Repository, line: list[str]) -> None:
    with pytest.raises(NothingMeasuredError, match="bench-runner run NEW"):
        select(repository, "EXISTING", measured={"f" * 40})
    assert NothingMeasuredError.exit_code == 5


def test_no_tags(repository: Repository, project: Project) -> None:
    project.commit()
    with pytest.raises(UsageError, match="no tags"):
        select(repository, "TAGS")


def test_options_alone_apply_to_the_branches(repository: Repository, line: list[str]) -> None:
    assert chosen(repository, "-n2") == line[:2]
    assert chosen(repository, "-2") == line[:2]
    assert chosen(repository, "--max-count=2") == line[:2]
    assert chosen(repository, "--since 2020-05-15 --until=2020-07-15") == line[1:3]
    assert chosen(repository, "--author=Uthor --no-merges") == line
    assert chosen(repository, "--grep 'number 3'") == [line[4]]


def test_all_refs_are_neither_worktrees_nor_the_stash(
    repository: Repository, line: list[str], project: Project, tmp_path: Path
) -> None:
    project.git("checkout", "--quiet", "--detach")
    lonely = project.commit("on no branch")
    repository.checkout(lonely, tmp_path / "tree")
    project.git("checkout", "--quiet", "main")
    (project.path / "counter_txt").write_text("in hand")
    project.git("stash", "--quiet")
    assert chosen(repository, "--all") == line


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("nope", "unknown ref 'nope'"),
        ("v1..nope", "unknown ref 'v1..nope'"),
        ("main..v1", "has no commits"),
        ("HEAD..HEAD", "has no commits"),
        ("--grep=absent", "has no commits"),
        ("--output=stolen", "'--output' does not belong in a range"),
        ("--graph main", "'--graph' does not belong"),
        ("--sinse=2020", "--since does"),
        ("-n=3", "does not belong"),
        ("--since", "needs a value"),
        ("'main", "cannot be read"),
        ("main --", "does not belong"),
        ("''", "not a ref"),
    ],
)
def test_a_range_that_cannot_be_meant(repository: Repository, line: list[str], expression: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(repository, expression)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (repository.path / "stolen").exists()


@given(st.integers(0, 60), st.integers(1, 70))
def test_steps_are_spread_evenly_and_hold_both_ends(size: int, steps: int) -> None:
    commits = [Commit(str(number), (), 0, "") for number in range(size)]
    found = spread(commits, steps)
    assert len(found) == min(size, steps)
    assert found[:1] == commits[:1]
    if steps > 1:
        assert found[-1:] == commits[-1:]
    places = [int(commit.sha) for commit in found]
    gaps = [after - before for before, after in pairwise(places)]
    assert all(gap > 0 for gap in gaps)
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


def test_steps_below_one_are_refused(repository: Repository, line: list[str]) -> None:
    with pytest.raises(UsageError, match="--steps"):
        select(repository, "ALL", steps=0)
