"""asv's two keys about regressions, on hand-made changes."""

from pathlib import Path

import pytest

from bench_runner.config import Config
from bench_runner.errors import UsageError
from bench_runner.history.asv_rules import AsvRules
from bench_runner.history.changes import find
from bench_runner.history.policy import Policy
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change, Step
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.changepoints import Segments

COMMITS = [Commit(f"{place:040x}", (), 0, "") for place in range(30)]


class Repository:
    def resolve(self, ref: str) -> str:
        if ref == "nowhere":
            raise UsageError("unknown ref")
        return f"{int(ref):040x}"


def policy(
    first: dict[str, str | None] | None = None, floors: dict[str, float] | None = None, branch: str = ""
) -> AsvRules:
    here = Path("here")
    places = dict.fromkeys(("source", "root", "benchmark_dir", "env_dir", "results_dir", "html_dir"), here)
    config = Config(
        **places,
        project="p",
        repo=".",
        branches=(branch,) if branch else (),
        regressions_first_commits=first or {},
        regressions_thresholds=floors or {},
    )
    return AsvRules.of(config, Repository(), COMMITS)


def change(name: str = "suite.time_x", revision: int = 10, ratio: float = 1.3) -> Change:
    step = Step(revision, 1.0, ratio, ratio, ratio, ratio, 0.0)
    return Change(SeriesKey(Case(name, ("1",)), "e", "m"), TIME, step, "", "", revision)


def test_without_rules_everything_is_kept() -> None:
    assert policy().keeps(change())
    assert policy().judged(Case("suite.time_x"))


def test_null_is_never_judged() -> None:
    rules = policy({r"suite\.time_x": None})
    assert not rules.judged(Case("suite.time_x"))
    assert not rules.keeps(change())
    assert rules.keeps(change("suite.time_y"))


@pytest.mark.parametrize(("revision", "kept"), [(9, False), (10, False), (11, True)])
def test_only_later_changes_are_judged(revision: int, kept: bool) -> None:
    assert policy({"suite": "10"}).keeps(change(revision=revision)) is kept


def test_the_largest_matching_threshold_counts_in_both_directions() -> None:
    rules = policy(floors={"suite": 0.1, r"suite\.time_x\(1\)": 0.4, "other": 0.9})
    assert not rules.keeps(change(ratio=1.3))
    assert not rules.keeps(change(ratio=0.7))
    assert rules.keeps(change(ratio=1.5))
    assert rules.keeps(change("suite.time_y", ratio=1.2))


def test_patterns_see_the_branch_where_branches_are_configured() -> None:
    rules = policy({".*@other$": None}, branch="main")
    assert rules.keeps(change())
    assert not policy({".*@main$": None}, branch="main").keeps(change())


def test_an_unknown_commit_is_ignored_with_a_warning() -> None:
    rules = policy({"suite": "nowhere"})
    assert rules.keeps(change(revision=0))
    assert rules.warnings == ("regressions_first_commits: 'nowhere' is no commit of the branch, so it is ignored",)


def test_finding_changes_honours_the_policy() -> None:
    values = [1.0 + 0.001 * (place % 3) for place in range(15)] + [1.4 + 0.001 * (place % 3) for place in range(15)]
    shas = [one.sha for one in COMMITS]
    series = Series(SeriesKey(Case("t"), "e", "m"), TIME, range(30), shas, values, values, values)

    class Past:
        commits = COMMITS

        def __init__(self) -> None:
            self.series = [series]

    assert len(find(Past(), Segments())) == 1
    assert find(Past(), Segments(), Policy(policy({"t": None}))) == []
    assert find(Past(), Segments(), Policy(policy(floors={"t": 0.5}))) == []
    assert find(Past(), Segments(), Policy(policy({"t": "15"}))) == []
