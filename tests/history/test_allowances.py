"""By how much a metric may get worse than a baseline, and what is said of a commit."""

import math
from dataclasses import replace

import pytest

from bench_runner.errors import UsageError
from bench_runner.history.allowances import checked, read
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Comparison, Verdict
from bench_runner.model.metric import TIME, Metric

RATE = Metric("rate", "1/s", better="higher")


def row(name: str, verdict: Verdict, ratio: float = 1.0, metric: Metric = TIME, reason: str = "") -> Comparison:
    return Comparison(Case(name), metric, None, None, ratio, ratio, ratio, 0.0, verdict, reason, "env", "lab")


def test_allowances_are_read() -> None:
    assert read(["time=5%", "peak memory = 2 %", "1%"]) == {"time": 0.05, "peak memory": 0.02, "*": 0.01}
    assert read([]) == {}


@pytest.mark.parametrize("text", ["time", "time=5", "=5%", "time=-5%", "time=x%", ""])
def test_what_is_no_allowance_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--allow"):
        read([text])


def test_worse_than_allowed_is_a_regression() -> None:
    rows = [row("a", "slower", 1.06), row("b", "slower", 1.5), row("c", "faster", 0.5), row("d", "undecided", 2.0)]
    found = checked(rows, {"time": 0.1})
    assert (found.word, found.exit_code) == ("REGRESSION", 3)
    assert found.why == "1 of 4 cases worse than allowed: b +50.0 %, allowed 10 %"
    assert checked(rows, {"*": 0.1, "time": 0.6}).word == "PASS"
    assert checked(rows, {}).why.startswith("2 of 4 cases")


def test_a_rate_is_worse_when_it_falls() -> None:
    falls = [row("r", "slower", 0.9, RATE)]
    assert checked(falls, {"rate": 0.2}).word == "PASS"
    assert checked(falls, {"rate": 0.1}).word == "REGRESSION"
    assert checked([row("r", "slower", 0.0, RATE)], {"rate": 9.0}).word == "REGRESSION"


def test_what_is_not_there_makes_it_incomplete_and_what_is_unlike_inconclusive() -> None:
    unlike, missing = row("u", "unlike", 2.0, reason="CPU: A / B"), row("m", "missing", math.nan, reason="not measured")
    found = checked([unlike, missing], {})
    assert (found.word, found.exit_code) == ("INCOMPLETE", 5)
    assert found.why == "1 of 2 cases missing or failed: m, not measured"
    found = checked([unlike, row("a", "unchanged")], {})
    assert (found.word, found.exit_code) == ("INCONCLUSIVE", 4)
    assert "CPU: A / B" in found.why
    assert "--across-environments" in found.why
    assert checked([unlike, missing, row("s", "slower", 1.2)], {}).word == "REGRESSION"


def test_all_is_well() -> None:
    found = checked([row("a", "unchanged"), row("b", "undecided"), row("n", "new")], {})
    assert (found.word, found.exit_code, found.why) == (
        "PASS",
        0,
        "none of 3 cases is worse than allowed; 1 undecided",
    )


@pytest.mark.parametrize("rows", [[], [row("n", "new")], [row("a", "undecided"), row("b", "undecided")]])
def test_where_nothing_was_decided_nothing_is_well(rows: list[Comparison]) -> None:
    found = checked(rows, {})
    assert (found.word, found.exit_code) == ("INCONCLUSIVE", 4)
    assert found.why.startswith("nothing was decided of ")


def test_only_the_first_few_are_named() -> None:
    many = [replace(row("x", "slower", 1.5), case=Case(f"c{number}")) for number in range(5)]
    assert checked(many, {}).why.endswith("; and 2 more")
