"""What is judged of stored results: what is missing, what collapsed, what is worse than allowed."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench_runner.errors import UsageError
from bench_runner.history.stored_gate import expectations, gate, with_collapsed
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Comparison, Verdict
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.sample import Summary

KNOWN = Summary(1.0, 0.9, 1.1, 5)
RATE = Metric("rate", "1/s", better="higher")


def row(name: str, verdict: Verdict = "unchanged", ratio: float = 1.0, metric: Metric = TIME) -> Comparison:
    after = None if verdict in {"missing", "failed"} else KNOWN
    return Comparison(Case(name), metric, KNOWN, after, ratio, ratio, ratio, 0.001, verdict)


def word(rows: Sequence[Comparison], *expected: str) -> str:
    return gate(with_collapsed(rows), {}, expected).word


def test_all_there_and_alike_passes() -> None:
    assert word([row("a"), row("b", "faster", 0.5)]) == "PASS"


@pytest.mark.parametrize(
    ("rows", "expected", "said"),
    [
        ([row("a"), row("b", "slower", 1.2)], (), "REGRESSION"),
        ([row("a"), row("b", "missing")], (), "INCOMPLETE"),
        ([row("a"), row("b", "failed")], (), "INCOMPLETE"),
        ([row("a"), row("b", "faster", 0.03)], (), "INCOMPLETE"),
        ([row("a"), row("b", "faster", 0.031)], (), "PASS"),
        ([row("a"), row("b", "faster", 0.01, RATE)], (), "PASS"),
        ([row("a"), row("b", "unlike")], (), "INCONCLUSIVE"),
        ([row("a", "undecided")], (), "INCONCLUSIVE"),
        ([], (), "INCONCLUSIVE"),
        ([row("a"), row("b", "missing"), row("c", "slower", 2.0)], ("z",), "REGRESSION"),
        ([row("a"), row("b", "unlike")], ("z",), "INCOMPLETE"),
        ([row("suite.time_a")], ("suite.*",), "PASS"),
        ([row("suite.time_a")], ("suite.time_b",), "INCOMPLETE"),
        ([row("suite.time_a", "failed")], ("suite.time_a",), "INCOMPLETE"),
    ],
)
def test_each_word_has_its_rule(rows: list[Comparison], expected: tuple[str, ...], said: str) -> None:
    assert word(rows, *expected) == said


def test_what_collapsed_is_named_with_its_size() -> None:
    found = gate(with_collapsed([row("a", "faster", 0.02)]), {})
    assert found.word == "INCOMPLETE"
    assert "collapsed by -98.0 %" in found.why


def test_a_ratio_that_is_no_number_has_not_collapsed() -> None:
    assert word([row("a"), row("b", "faster", math.nan)]) == "PASS"


def test_expectations_are_lines_without_remarks(tmp_path: Path) -> None:
    path = tmp_path / "expected.txt"
    path.write_text("# all of them\nsuite.time_a\n\nother.*  # the rest\n")
    assert expectations(path) == ["suite.time_a", "other.*"]


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe\x00"])
def test_a_file_that_expects_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "expected.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"--expect .*expected\.txt"):
        expectations(path)
    with pytest.raises(UsageError, match="cannot be read"):
        expectations(tmp_path / "nowhere")
