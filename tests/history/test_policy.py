"""What the project's policy says of hand-made changes, on days before and after an entry ends."""

import sys
from datetime import date
from pathlib import Path

import pytest
from made_up import Past, commits, level, series, sha

sys.path.append(str(Path(__file__).parent.parent / "repo"))

from repo_builder import Project

from bench_runner.errors import UsageError
from bench_runner.history.asv_rules import AsvRules
from bench_runner.history.changes import find
from bench_runner.history.findings import findings
from bench_runner.history.policy import Policy
from bench_runner.history.references import Reference, references
from bench_runner.history.series import History, day
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change, State, Step
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.policy import Acceptance, Entries, Floor, Ignored, Rename, Scope
from bench_runner.model.series import SeriesKey
from bench_runner.repo.git import Repository
from bench_runner.stats.changepoints import Segments

LAST = date(2027, 1, 31)


def change(name: str = "suite.time_x", ratio: float = 1.3, state: State = "confirmed", metric: Metric = TIME) -> Change:
    step = Step(10, 1.0, ratio, ratio, ratio, ratio, 0.0)
    return Change(SeriesKey(Case(name, ("1",)), "e", "m"), metric, step, "", "", 10, state=state)


def floors(*found: tuple[str, float]) -> Policy:
    return Policy(entries=Entries(floors=tuple(Floor(Scope(glob), share) for glob, share in found)))


def accepting(one: Change, until: date | None = LAST, today: date | None = LAST, owner: str = "") -> Policy:
    entries = Entries(accepted=(Acceptance(one.id, "worth it", owner, until),))
    return Policy(entries=entries, today=today)


def test_the_last_floor_that_matches_counts() -> None:
    rules = floors(("*", 0.4), ("suite.*", 0.1), ("suite.time_y", 0.5))
    assert rules.keeps(change())
    assert rules.keeps(change(ratio=0.7))
    assert not rules.keeps(change(ratio=1.09))
    assert not rules.keeps(change(ratio=0.95))
    assert not rules.keeps(change("suite.time_y"))
    assert not rules.keeps(change("other.time_x"))


def test_a_change_as_large_as_the_floor_is_reported() -> None:
    assert floors(("*", 0.25)).keeps(change(ratio=1.25))


def test_a_floor_may_be_for_one_metric() -> None:
    rules = Policy(entries=Entries(floors=(Floor(Scope("*", "memory"), 0.5),)))
    assert rules.keeps(change())
    assert not rules.keeps(change(metric=Metric("memory", "bytes")))


def test_asvs_thresholds_count_beside_the_floors() -> None:
    entries = floors(("*", 0.0)).entries
    assert not Policy(AsvRules(floors={"suite": 0.4}), entries).keeps(change())
    assert Policy(AsvRules(floors={"suite": 0.1}), entries).keeps(change())
    assert not Policy(AsvRules(floors={"suite": 0.1}), floors(("*", 0.5)).entries).keeps(change())


def test_no_change_is_looked_for_in_an_ignored_series() -> None:
    past = Past(commits(60), [series(level((30, 1.0), (30, 1.3)), name=name) for name in ("time_a", "time_b")])
    rules = Policy(entries=Entries(ignored=(Ignored(Scope("time_a"), "why"),)))
    assert [one.key.case.id for one in find(past, Segments(), rules)] == ["time_b"]


@pytest.mark.parametrize(
    ("today", "state"),
    [(date(2027, 1, 30), "accepted"), (LAST, "accepted"), (date(2027, 2, 1), "confirmed"), (None, "accepted")],
)
def test_an_acceptance_holds_to_the_end_of_its_last_day(today: date | None, state: State) -> None:
    one = change()
    rules = accepting(one, today=today)
    found = rules.accepted(one)
    assert (found.state, found.standing) == (state, state == "confirmed")
    assert found.acceptance is not None
    assert found.id == one.id
    assert bool(rules.expired([found])) == (state == "confirmed")


def test_days_are_those_of_the_newest_result_in_utc() -> None:
    assert day(1_800_000_000_000) == date(2027, 1, 15)
    assert day(1_801_439_999_999) == LAST
    assert day(1_801_440_000_000) == date(2027, 2, 1)
    assert day(10**30) is None


def test_an_acceptance_without_an_end_holds_for_good() -> None:
    assert accepting(change(), until=None, today=date(9999, 12, 31)).accepted(change()).state == "accepted"


def test_an_expired_acceptance_is_said_with_its_owner() -> None:
    one = change()
    rules = accepting(one, today=date(2027, 2, 1), owner="A Uthor")
    assert rules.expired([rules.accepted(one)]) == [
        f"{one.id} suite.time_x(1) counts again: it was accepted until 2027-01-31 by A Uthor"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [("pending", "accepted"), ("confirmed", "accepted"), ("recovered", "recovered"), ("dismissed", "dismissed")],
)
def test_only_what_is_open_becomes_accepted(before: State, after: State) -> None:
    assert accepting(change()).accepted(change(state=before)).state == after


def test_the_last_entry_of_a_change_counts() -> None:
    one = change()
    two = (Acceptance(one.id, "first", until=date(2020, 1, 1)), Acceptance(one.id, "again", until=LAST))
    found = Policy(entries=Entries(accepted=two), today=LAST).accepted(one)
    assert found.acceptance == two[1]
    assert found.state == "accepted"


def test_other_changes_are_left_alone() -> None:
    assert accepting(change()).accepted(change("suite.time_y")) == change("suite.time_y")


def test_a_series_is_known_by_its_newest_name() -> None:
    rules = Policy(entries=Entries(renames=(Rename("old.*", "new.*"),)))
    assert rules.as_now(SeriesKey(Case("old.x", ("1",)), "e", "m")) == SeriesKey(Case("new.x", ("1",)), "e", "m")
    assert rules.as_now(SeriesKey(Case("other"), "e", "m")) == SeriesKey(Case("other"), "e", "m")


def test_an_accepted_change_is_no_standing_regression() -> None:
    import pandas as pd

    history = History(commits(60), pd.DataFrame(), [series(level((30, 1.0), (30, 1.3)))])
    (group,) = findings(history, Segments()).groups
    (one,) = group.changes
    assert group.standing
    (accepted,) = findings(history, Segments(), accepting(one)).groups
    assert not accepted.standing
    assert [each.state for each in accepted.changes] == ["accepted"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.git("init", "-q", "-b", "main")
    for number in range(4):
        made.commit(f"change {number}")
    return made


def named(project: Project, *names: str, baselines: dict[str, str] | None = None) -> dict[str, Reference]:
    repository = Repository.open(str(project.path), project.path / "cache")
    return references(names, repository, baselines or {}, repository.history("main"))


def test_tags_and_expressions_name_commits(project: Project) -> None:
    project.git("tag", "-a", "-m", "shipped", "v1.0", "HEAD~2")
    shas = project.git("rev-list", "--reverse", "HEAD").split()
    assert named(project, "v1.0", "HEAD~1", shas[3][:8]) == {
        "v1.0": Reference(shas[1], 1),
        "HEAD~1": Reference(shas[2], 2),
        shas[3][:8]: Reference(shas[3], 3),
    }


def test_a_baseline_goes_before_a_tag(project: Project) -> None:
    project.git("tag", "v1.0", "HEAD~2")
    newest = project.git("rev-parse", "HEAD")
    assert named(project, "v1.0", baselines={"v1.0": newest}) == {"v1.0": Reference(newest, 3)}


def test_a_tag_beside_the_branch_stands_for_where_it_left_it(project: Project) -> None:
    project.git("checkout", "-q", "-b", "release", "HEAD~2")
    aside = project.commit("only released")
    project.git("tag", "v1.0.1")
    project.git("checkout", "-q", "main")
    assert named(project, "v1.0.1") == {"v1.0.1": Reference(aside, 1)}


def test_a_commit_that_git_has_lost_stands_for_none(project: Project) -> None:
    assert named(project, "gone", baselines={"gone": sha(77)}) == {"gone": Reference(sha(77), -1)}


@pytest.mark.parametrize("name", ["v9", "--all", "main\x1b[2J", "$(touch x)"])
def test_an_unknown_name_is_refused(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match=r"no baseline has this name, and ") as error:
        named(project, name)
    assert "\x1b" not in str(error.value)
    assert not (project.path / "x").exists()
