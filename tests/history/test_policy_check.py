"""Entries of a policy that do nothing, or contradict each other, in a made-up history."""

from datetime import date
from pathlib import Path

import pytest
from made_up import COUNT, Past, commits, level, series, sha

from bench_runner.errors import UsageError
from bench_runner.history.changes import find
from bench_runner.history.policy import Policy
from bench_runner.history.policy_check import Known, check, unresolved
from bench_runner.history.policy_file import parse
from bench_runner.history.references import Reference
from bench_runner.model.metric import Metric
from bench_runner.stats.changepoints import Segments

SERIES = [
    series(level((30, 1.0), (30, 1.3)), name="io.time_a"),
    series(level((60, 1.0)), name="io.time_b"),
    series([100.0] * 60, name="io.mem_a", metric=Metric("memory", "bytes", exact=True)),
    series([7.0] * 60, name="net.track_a", metric=COUNT),
]
CHANGES = find(Past(commits(60), SERIES), Segments())
NAMES = {"io.time_a", "io.time_b", "io.mem_a", "net.track_a", "old.time_a"}


def remarks(text: str, today: date | None = None) -> list[tuple[int, str, bool]]:
    file = parse(text, Path("bench-policy.toml"))
    assert file.problems == ()
    known = {"v1": Reference(sha(3), 3), "far": Reference(sha(999), -1)}
    policy = Policy(entries=file.entries, references=known, today=today)
    return [(one.line, one.message, one.doubt) for one in check(policy, Known(SERIES, CHANGES, NAMES))]


def entry(kind: str, **values: str) -> str:
    return f"[[{kind}]]\n" + "".join(f'{key.rstrip("_")} = "{value}"\n' for key, value in values.items())


def test_a_policy_in_order_has_no_remarks() -> None:
    text = (
        entry("floor", benchmark="*", change="2 %")
        + entry("floor", benchmark="io.time_b", change="5 %")
        + entry("budget", benchmark="io.*", at_most="2 s")
        + entry("budget", benchmark="io.*", at_least="1 ms")
        + entry("budget", benchmark="*", worse="5 %", since="v1")
        + entry("ignore", benchmark="net.*", reason="why")
        + entry("rename", from_="old.*", to="io.*")
        + entry("accept", change=CHANGES[0].id, reason="why")
    )
    assert remarks(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (entry("floor", benchmark="oi.*", change="2 %"), "floor 'oi.*' matches no series"),
        (entry("floor", benchmark="*", metric="space", change="2 %"), "floor '* metric=space' matches no series"),
        (entry("budget", benchmark="io.time_a(1)", at_most="2 s"), "budget 'io.time_a(1)' matches no series"),
        (entry("ignore", benchmark="x", reason="r"), "ignore 'x' matches no series"),
        (entry("rename", from_="lod.*", to="io.*"), "rename 'lod.*': no benchmark was ever measured under this name"),
        (entry("accept", change="00000000", reason="r"), "accept '00000000': no change has this id (any more)"),
    ],
)
def test_what_matches_nothing_is_an_error(text: str, message: str) -> None:
    ((line, said, doubt),) = remarks(text)
    assert (line, said.startswith(message), doubt) == (1, True, False)


def test_units_that_no_series_has_are_errors() -> None:
    for amount in ("2 sec", "150 MB"):
        ((line, message, doubt),) = remarks(entry("budget", benchmark="io.time_*", at_most=amount))
        assert (line, message, doubt) == (
            1,
            f"budget 'io.time_*': '{amount}' is no amount in 'seconds': write it as \"2 s\"",
            False,
        )
    assert remarks(entry("budget", benchmark="*", at_most="150 MB")) == []


def test_a_floor_that_later_ones_hide_is_an_error() -> None:
    text = entry("floor", benchmark="io.time_a", change="2 %") + entry("floor", benchmark="io.*", change="5 %")
    ((line, message, doubt),) = remarks(text)
    assert (line, doubt) == (1, False)
    assert message == "floor 'io.time_a' never counts: later ones match all of its series; move it below them"
    twice = entry("floor", benchmark="io.*", change="2 %") + entry("floor", benchmark="io.*", change="5 %")
    assert [line for line, *_ in remarks(twice)] == [1]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"at_most": "2 s"}, {"at_most": "3 s"}, "has another limit than the one in line 1"),
        ({"at_most": "2 s"}, {"at_most": "2 s"}, "says the same as the one in line 1"),
        ({"at_most": "2 s"}, {"at_least": "3 s"}, "cannot be kept together with the one in line 1"),
        ({"at_least": "3 s"}, {"at_most": "2 s"}, "cannot be kept together with the one in line 1"),
        ({"worse": "5 %", "since": "v1"}, {"worse": "9 %", "since": "v1"}, "has another limit than the one in line 1"),
    ],
)
def test_budgets_that_contradict_each_other(first: dict[str, str], second: dict[str, str], message: str) -> None:
    text = entry("budget", benchmark="io.time_*", **first) + entry("budget", benchmark="io.time_*", **second)
    ((_, said, doubt),) = remarks(text)
    assert (said, doubt) == (f"budget 'io.time_*' {message}", False)


def test_budgets_of_different_things_do_not_contradict_each_other() -> None:
    text = entry("budget", benchmark="io.time_a", at_most="2 s") + entry(
        "budget", benchmark="io.time_b", at_least="3 s"
    )
    assert remarks(text) == []


def test_a_ref_beside_the_branch_is_an_error() -> None:
    ((_, message, _),) = remarks(entry("budget", benchmark="*", worse="5 %", since="far"))
    assert message == "budget '*': 'far' shares no commit with the branch"


def test_doubts_are_no_errors() -> None:
    expired = entry("accept", change=CHANGES[0].id, reason="r", until="2027-01-31")
    ((_, message, doubt),) = remarks(expired, date(2027, 2, 1))
    assert (message, doubt) == (
        f"accept '{CHANGES[0].id}' has expired on 2027-01-31: the change counts again",
        True,
    )
    assert remarks(expired, date(2027, 1, 31)) == []
    twice = entry("accept", change=CHANGES[0].id, reason="r") * 2
    assert [(line, doubt) for line, _, doubt in remarks(twice)] == [(1, True)]
    text = entry("ignore", benchmark="net.*", reason="r") + entry("floor", benchmark="net.track_a", change="5 %")
    assert remarks(text) == [(4, "floor 'net.track_a' speaks of ignored series alone", True)]
    future = entry("rename", from_="io.time_b", to="io.time_c")
    assert remarks(future) == [(1, "rename 'io.time_b': 'io.time_c' was not measured yet", True)]


def test_renames_in_a_chain_are_in_order() -> None:
    text = entry("rename", from_="between.*", to="io.*") + entry("rename", from_="old.*", to="between.*")
    assert remarks(text) == []


def test_unknown_refs_are_named_and_their_budgets_left_out() -> None:
    def resolve(name: str) -> None:
        if name == "v9":
            raise UsageError("unknown ref 'v9'")

    text = "".join(entry("budget", benchmark="*", worse="5 %", since=name) for name in ("v1", "v9"))
    entries, found = unresolved(parse(text, Path("p")).entries, resolve)
    assert [one.since for one in entries.budgets] == ["v1"]
    assert [(one.line, one.message) for one in found] == [(5, "budget '*': unknown ref 'v9'")]


def test_hostile_patterns_are_quoted() -> None:
    ((_, message, _),) = remarks('[[ignore]]\nbenchmark = "\\u001b[2Jx\\u202e\\n"\nreason = "r"\n')
    assert message.startswith("ignore '\\x1b[2Jx\\u202e\\n' matches no series")
