"""`bisect` of a change of the history: its id is enough, and a merge is looked into."""

import json
import re
import time
from pathlib import Path

import pytest

from .conftest import Command, Done, started
from .test_cli_bad_input import said

pytestmark = pytest.mark.slow
SUITE = """\
import work


def track_size():
    return work.SIZE


track_size.exact = True
"""


def size(command: Command, number: int, note: str, subject: str) -> str:
    """Commit a size, and something that differs in any case."""
    command.write("work/__init__.py", f'"""Work."""\nSIZE = {number}\nNOTE = {note!r}\n')
    return command.commit(subject)


def merge(command: Command, branch: str) -> str:
    command.git("checkout", "--quiet", "main")
    command.git("merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", branch)
    return command.git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Command, str]:
    """A measured project: the second of three commits of a branch doubles the size; and what it is called."""
    command = started(tmp_path_factory.mktemp("changed") / "it", SUITE)
    for number in range(4):
        size(command, 7, f"a{number}", f"Before {number}")
    command.git("checkout", "--quiet", "-b", "feature")
    size(command, 7, "f0", "Prepare")
    size(command, 14, "f1", "Double it")
    size(command, 14, "f2", "Polish")
    merge(command, "feature")
    for number in range(4):
        size(command, 14, f"b{number}", f"After {number}")
    measured = command("--machine", "here", "run", "ALL", "--rounds", "1")
    assert measured.code == 0, measured.err
    (change,) = json.loads(command("changes", "--format", "json").out)["changes"]
    return command, change["id"]


def bisect(command: Command, *words: str) -> Done:
    return command("--machine", "here", "bisect", *words)


def test_the_id_is_enough_and_the_commit_of_the_branch_is_named(history: tuple[Command, str]) -> None:
    command, name = history
    done = bisect(command, name)
    assert done.code == 0, done.err
    first, second, third = done.out.splitlines()
    assert "'Merge feature' changed it by +100 %: 7 -> 14" in first
    assert second.startswith("in the branch that was merged")
    assert "'Double it' changed it by +100 %: 7 -> 14" in third


def test_a_change_says_itself_where_it_is(history: tuple[Command, str]) -> None:
    command, name = history
    said(bisect(command, name, "-b", "size"), 2, "leave -b and -E out")
    said(bisect(command, "HEAD~2..HEAD"), 2, "say of which case with -b")
    said(bisect(command, "0123456789"), 2, f"there are {name}")


def test_a_plan_says_what_it_will_take_and_measures_nothing(history: tuple[Command, str]) -> None:
    command, name = history
    done = bisect(command, name, "--plan")
    assert done.code == 0, done.err
    assert done.out.startswith("suite.track_size in ")
    taken = r"about [34] builds and [34] rounds, .*s; nine of ten such searches take no more than [34] and [34], .*s\n"
    assert re.search(rf"4 commits \(.*\): {taken}", done.out)
    ranged = bisect(command, "HEAD~8..HEAD", "-b", "size", "--plan")
    assert "9 commits (" in ranged.out


def test_find_takes_what_asv_takes(history: tuple[Command, str]) -> None:
    command, _ = history
    done = command("--machine", "here", "find", "HEAD~2..HEAD", "track_size", "--invert", "-e")
    assert done.code == 4, done.err
    assert done.out.startswith("no change reproduced between both ends: 14 -> 14")


def test_another_machine_is_told(history: tuple[Command, str]) -> None:
    command, name = history
    done = command("--machine", "elsewhere", "bisect", name)
    assert done.code == 0, done.err
    assert f"warning: {name} was seen on here, and is measured here on elsewhere" in done.err


def test_a_merge_that_alone_makes_it_is_named_itself(tmp_path: Path) -> None:
    command = started(tmp_path / "it", SUITE)
    size(command, 7, "a", "Begin")
    command.git("checkout", "--quiet", "-b", "left")
    command.write("notes.txt", "one")
    command.commit("Left")
    command.git("checkout", "--quiet", "main")
    command.write("other.txt", "two")
    command.commit("Right")
    command.git("merge", "--quiet", "--no-ff", "--no-commit", "left")
    size(command, 9, "m", "Merge left, badly")
    done = bisect(command, "HEAD~2..HEAD", "-b", "size")
    assert done.code == 0, done.err
    first, second = done.out.splitlines()
    assert "'Merge left, badly' changed it by" in first
    assert "which it merged, shows it alone: the merge made it" in second


def test_a_kill_in_mid_search_loses_no_look_and_the_same_command_goes_on(tmp_path: Path) -> None:
    command = started(tmp_path / "it", SUITE)
    for number in range(12):
        size(command, 7 + (number >= 5), str(number), f"Commit {number}")
    words = ("--machine", "here", "bisect", "HEAD~11..HEAD", "-b", "size")
    running = command.start(*words)
    until = time.monotonic() + 120
    while sum(len(one.read_text().splitlines()) for one in diaries(command)) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    running.kill()
    running.wait()
    (diary,) = diaries(command)
    seen = len(diary.read_text().splitlines())
    assert seen >= 3
    done = command(*words)
    assert done.code == 0, done.err
    assert f"going on after {seen} looks" in done.err
    assert "'Commit 5' changed it by +14.3 %: 7 -> 8" in done.out
    assert not diaries(command)


def diaries(command: Command) -> list[Path]:
    return sorted((command.folder.parent / "home" / "cache").glob("*/bisections/*.jsonl"))
