"""Which commits a range, a word of asv's, or a number of steps means."""

import random
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from asv.plugins.git import Git as AsvGit
from repo_builder import Project

from bench_runner.errors import NothingMeasuredError, UsageError
from bench_runner.repo.git import Repository
from bench_runner.repo.select import select
from bench_runner.repo.thin import Thinning

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


@pytest.mark.slow
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
    assert chosen(repository, "NEW", measured={line[7]}, thinning=Thinning(steps=3)) == [line[0], line[3], line[6]]


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


def merged_often(project: Project, rng: random.Random) -> list[str]:
    """Write a history of many merges, of side branches that merge each other, with dates that jump; its first parents.

    Every third commit has the date of the one before, every fifth lies years back.
    """
    clock, line = iter(range(JANUARY, JANUARY + 10**6, 3600)), []

    def commit(*parents: str) -> str:
        number = next(clock)
        date = {0: JANUARY, 1: number - 5 * 365 * 86400}.get(rng.randrange(5), number)
        words = [word for parent in parents for word in ("-p", parent)]
        return project.git("commit-tree", empty, *words, "-m", f"at {number}", date=date)

    empty = project.git("write-tree")
    tips = [commit()]
    line += tips
    for _ in range(40):
        tips.append(commit(rng.choice(tips[-4:])))  # a side branch begins or goes on
        if rng.random() < 0.3:
            tips.append(commit(*rng.sample(tips[-4:], 2)))  # ... or merges another one
        if rng.random() < 0.6:
            line.append(commit(line[-1], *rng.sample(tips[-4:], rng.choice((0, 1, 2)))))
    project.git("update-ref", "refs/heads/side", tips[-1])
    project.git("update-ref", "refs/heads/main", line[-1])
    return line[::-1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_merges_and_jumping_dates_give_first_parents_once_and_in_order(
    repository: Repository, project: Project, seed: int
) -> None:
    line = merged_often(project, random.Random(seed))
    asv = AsvGit(str(project.path), "unused")
    assert chosen(repository, "ALL") == line
    assert chosen(repository, f"{line[-1]}..main") == line[:-1]
    assert [one.sha for one in repository.history("main")] == line[::-1]
    for expression in ("side", f"{line[-1]}..side", "main...side", "side ^main", f"{line[5]}..side"):
        assert chosen(repository, expression) == asv.get_hashes_from_range(expression), expression
    side = chosen(repository, "side")
    assert len(side) == len(set(side))
    parents = {one.sha: one.parents for one in select(repository, "side")}
    assert all(parents[child][0] == parent for child, parent in pairwise(side))
    both = chosen(repository, "ALL", branches=("main", "side"))
    assert set(both) == {*line, *side}
    assert [sha for sha in both if sha in set(line)] == line
    assert chosen(repository, "NEW", measured={line[3]}, branches=("main",)) == line[:3]


def test_a_period_takes_one_commit_of_each_and_steps_some_of_those(repository: Repository, line: list[str]) -> None:
    assert chosen(repository, "ALL", thinning=Thinning("60d")) == line[1::2]
    assert chosen(repository, "ALL", thinning=Thinning("60d", 2)) == [line[1], line[7]]
    assert chosen(repository, "v1..main", thinning=Thinning("2M")) == [line[0], line[2]]
    assert chosen(repository, "TAGS", thinning=Thinning("1y")) == [line[3]]


def test_what_is_measured_takes_up_its_period_where_new_commits_are_asked_for(
    repository: Repository, line: list[str]
) -> None:
    weekly = Thinning("60d")
    assert chosen(repository, "NEW", measured={line[3]}, thinning=weekly) == [line[1]]
    assert chosen(repository, "NEW", measured={line[2]}, thinning=weekly) == [line[0]]
    assert chosen(repository, "NEW", measured={line[1]}, thinning=weekly) == []
    assert chosen(repository, "ALL", measured={line[7]}, thinning=weekly) == line[1::2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("HASHFILE:", "cannot be read"),
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


def test_steps_below_one_are_refused(repository: Repository, line: list[str]) -> None:
    with pytest.raises(UsageError, match="--steps"):
        select(repository, "ALL", thinning=Thinning(steps=0))
