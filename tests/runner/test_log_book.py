"""Which logs are kept, and where a run's time went."""

import os
from pathlib import Path

import pytest

from bench_runner.instrument.counting import counter
from bench_runner.instrument.spans import listening, span
from bench_runner.runner import logbook, logged, work
from bench_runner.runner.logbook import KEPT, Kept


def kept(folder: Path, run: str, *steps: str) -> Kept:
    log = Kept(folder, run)
    with listening(log.ended, log.began), span("run"):
        for step in steps:
            with span(step):
                pass
    log.close()
    return log


def test_a_run_with_nothing_to_do_leaves_no_log_and_no_folder(tmp_path: Path) -> None:
    kept(tmp_path / "env", "r1", "select", "load", "plan")
    assert not (tmp_path / "env").exists()


def test_a_log_holds_what_came_before_the_work_too(tmp_path: Path) -> None:
    log = kept(tmp_path / "env", "r1", "select", "prepare")
    assert [line["step"] for line in logged.read(log.path)] == ["select", "prepare", "run"]
    assert [line["at_s"] >= 0 for line in logged.read(log.path)] == [True] * 3
    assert (tmp_path / "env" / ".gitignore").read_text() == "*\n"


def test_what_fails_before_the_work_is_logged(tmp_path: Path) -> None:
    log = Kept(tmp_path / "env", "r1")
    with listening(log.ended, log.began), pytest.raises(OSError, match="no network"), span("fetch"):
        raise OSError("no network")
    log.close()
    (line,) = logged.read(log.path)
    assert (line["step"], line["outcome"], line["error"]) == ("fetch", "error", "OSError: no network")


def test_the_newest_logs_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        kept(tmp_path, f"20250101T0000{number:02}Z", "prepare")
    names = [path.stem for path in logbook.logs(tmp_path)]
    assert names == [f"20250101T0000{number:02}Z" for number in range(KEPT + 2, 2, -1)]


def test_large_logs_make_room_sooner(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for number in range(4):
        with (tmp_path / "logs" / f"{number}.jsonl").open("wb") as file:
            os.truncate(file.fileno(), logbook.KEPT_BYTES // 2)
    kept(tmp_path, "9", "prepare")
    assert [path.stem for path in logbook.logs(tmp_path)] == ["9", "3", "2"]


def test_where_no_log_can_be_kept_the_run_goes_on_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("in the way")
    log = kept(tmp_path / "env", "r1", "prepare", "save")
    assert "Not a directory" in log.problem
    assert log.lost == 0


def test_parts_of_the_work_add_up_to_the_whole() -> None:
    with work.kept() as ledger:
        assert work.told(ledger.work()) == ""
        counter("cases").add(3)
        with span("prepare"), span("build"):  # what lies around a step is not counted twice
            sum(range(300_000))
        with span("round"):
            with span("preload"):
                sum(range(100_000))
            with span("case"):
                sum(range(200_000))
        done = ledger.work()
    assert sum(done.parts.values()) == pytest.approx(done.wall_s)
    assert all(spent > 0 for part, spent in done.parts.items() if part != "canaries")
    assert {name: one.count for name, one in done.steps.items()} == {"prepare": 1, "preload": 1, "case": 1}
    assert done.counts == {"cases": 3}
    assert 0 < done.cpu_s <= done.wall_s * 1.1
    words = work.told(done)
    assert " went: environments and builds " in words
    assert 97 <= sum(int(word) for word in words.partition("went")[2].split() if word.isdecimal()) <= 103
