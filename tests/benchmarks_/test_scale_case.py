"""The scale case, small: written, read back through repository and store, and scored."""

from argparse import Namespace
from pathlib import Path

import pytest
from scale_case import score, write


@pytest.mark.slow
def test_most_of_what_was_put_in_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = Namespace(benchmarks=24, commits=150, machines=2, shift="up", seed=3)
    write(tmp_path, chosen)
    score(tmp_path, tmp_path / "results")
    said = capsys.readouterr().out
    assert "48 series, 150 commits" in said
    assert said.count("moved by +6") == 2
    assert "2 events" in said
    rows = [line.split() for line in said.splitlines() if " of " in line and line.lstrip()[0] in "+-"]
    large = [row for row in rows if abs(int(row[0])) >= 22]
    found, truth = (sum(int(row[column]) for row in large) for column in (2, 4))
    assert truth == 10
    assert found >= 8  # one begins after three commits on both machines: too early for anybody to know what was normal


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    chosen = Namespace(benchmarks=3, commits=20, machines=1, shift="random", seed=4)
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
        write(folder, chosen)
    first, second = ([path for path in sorted(one.rglob("*.json")) if ".git" not in path.parts] for one in folders)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len(first) > 15
