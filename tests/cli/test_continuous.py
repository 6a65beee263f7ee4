"""`continuous` on a small project: real commits, real environments, real processes, and every way to end."""

import csv
import io
import json
import os
import signal
import time
from pathlib import Path

import pytest

from bench_runner.model.gate import SIDES

from .conftest import PYPROJECT, Command, Done, started
from .test_cli_bad_input import said

SUITE = """\
import time

import work


def time_spin():
    work.spin()


def track_exact():
    return work.SIZE


track_exact.exact = True


def time_wait():
    time.sleep(0.3)
"""
MODULE = '"""Work."""\nSIZE = 7\n\n\ndef spin():\n    return sum(range({work}))\n'
QUICK = ("-b", "spin", "-b", "exact")


def project(folder: Path) -> Command:
    """Write a project: a commit, the same again, one three times slower, and one that does not build."""
    command = started(folder, SUITE)
    command.write("work/__init__.py", MODULE.format(work=3000))
    command.commit("Begin")
    command.git("tag", "begun")
    command.commit("Change nothing")
    command.git("tag", "same")
    command.write("work/__init__.py", MODULE.format(work=9000))
    command.commit("Three times as slow")
    command.git("tag", "slow")
    command.write("pyproject.toml", PYPROJECT.replace("tiny", "work").replace("buildapi", "nowhere"))
    command.commit("Break the build")
    command.git("tag", "broken")
    command.git("checkout", "--quiet", "slow")
    return command


@pytest.fixture
def fresh(tmp_path: Path) -> Command:
    """A project that was never measured."""
    return project(tmp_path / "it")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Command, Done]:
    """A project in which the slow commit was held against the first one, and what was said of it."""
    command = project(tmp_path_factory.mktemp("judged") / "it")
    return command, continuous(command, "begun", "slow", *QUICK, "--format", "json")


def continuous(command: Command, *words: str) -> Done:
    return command("--machine", "here", "continuous", *words)


def kept(command: Command) -> list[Path]:
    return sorted((command.folder / "results" / "gates" / "here").glob("*.gate"))


def rounds(path: Path) -> dict[str, dict[str, list[float]]]:
    """The rounds in the file of a gate, by case and side."""
    return {one["benchmark"]: one["rounds"] for one in json.loads(path.read_text())["cells"]}


def slow(command: Command, *words: str, wait: float) -> Done:
    """Run a command that is to be over after so many seconds."""
    began = time.monotonic()
    done = continuous(command, *words)
    assert time.monotonic() - began < wait
    return done


# What is refused before anything is measured.


@pytest.mark.parametrize(
    ("words", "said_"),
    [
        (("nowhere",), ("unknown ref", "nowhere")),
        (("begun", "nowhere"), ("unknown ref", "nowhere")),
        (("begun", "--factor", "1"), ("--factor 1", "above 1")),
        (("begun", "--factor", "-2"), ("--factor -2", "above 1")),
        (("begun", "--target-effect", "5"), ("--target-effect 5", "5 %")),
        (("begun", "--target-effect", "much"), ("--target-effect much",)),
        (("begun", "--target-effect", "0%"), ("--target-effect 0%", "more than nothing")),
        (("begun", "--target-effect=-5%"), ("--target-effect -5%", "more than nothing")),
        (("begun", "-E", "existing"), ("an existing environment holds one commit", "uv")),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(
    fresh: Command, words: tuple[str, ...], said_: tuple[str, ...]
) -> None:
    said(continuous(fresh, *words), 2, *said_)
    assert kept(fresh) == []


@pytest.mark.parametrize("words", [(), ("begun", "--max-minutes", "0"), ("begun", "--factor", "much")])
def test_what_is_no_command_shows_how_to_use_it(fresh: Command, words: tuple[str, ...]) -> None:
    done = continuous(fresh, *words)
    assert (done.code, "Usage:" in done.err) == (2, True)


@pytest.mark.slow
def test_a_python_that_is_nowhere(fresh: Command) -> None:
    fresh.write("bench_runner.toml", 'project = "work"\npythons = ["3.99"]\n')
    said(continuous(fresh, "begun"), 6, "3.99")
    assert kept(fresh) == []


@pytest.mark.slow
@pytest.mark.parametrize(("words", "side"), [(("begun", "broken"), "head"), (("broken", "begun"), "base")])
def test_a_commit_that_does_not_build(fresh: Command, words: tuple[str, str], side: str) -> None:
    done = continuous(fresh, *words)
    assert done.code == 6
    assert f"error: the {side} {fresh.git('rev-parse', 'broken')[:8]} does not build" in done.err
    assert "flit_core.nowhere" in done.err
    assert kept(fresh) == []


@pytest.mark.slow
def test_nothing_that_is_selected(fresh: Command) -> None:
    said(continuous(fresh, "begun", "-b", "no_such_benchmark"), 5, "no case is selected")
    assert kept(fresh) == []


# A slow commit.


@pytest.mark.slow
def test_a_slow_commit_is_a_regression_and_never_faster(judged: tuple[Command, Done]) -> None:
    command, done = judged
    assert done.code == 3, done.err
    document = json.loads(done.out)
    assert document["verdict"] == "REGRESSION"
    assert document["why"].startswith("1 of 2 cells got worse: suite.time_spin +")
    assert (document["base"], document["head"]) == tuple(command.git("rev-parse", one) for one in ("begun", "slow"))
    spin, exact = document["cells"]
    assert (spin["verdict"], exact["verdict"]) == ("slower", "unchanged")
    assert 1.8 < spin["ratio"] < 5
    assert spin["ci95"][0] <= spin["ratio"] <= spin["ci95"][1]
    assert spin["rounds"] in document["looks"]
    assert 10 <= spin["fresh_rounds"] == min(spin["rounds"], 20)
    assert (exact["rounds"], exact["fresh_rounds"]) == (1, 0)
    assert document["certificate"]["red"] == []
    assert "NaN" not in done.out


@pytest.mark.slow
def test_what_was_measured_is_kept_in_one_file(judged: tuple[Command, Done]) -> None:
    command, done = judged
    (path,) = kept(command)
    spin, data = json.loads(done.out)["cells"][0], json.loads(path.read_text())
    assert (data["whole"], data["machine"], data["looks"]) == (True, "here", json.loads(done.out)["looks"])
    found = rounds(path)["suite.time_spin"]
    assert {side: len(values) for side, values in found.items()} == dict.fromkeys(SIDES, spin["rounds"])
    assert len(data["canary"]["base"]) == spin["rounds"] + spin["fresh_rounds"]
    assert set(data["fingerprint"]) == {"cpu", "kernel", "python", "distributions"}
    assert str(command.folder) not in path.read_text()


@pytest.mark.slow
def test_a_second_call_measures_nothing_and_says_the_same(judged: tuple[Command, Done]) -> None:
    command, first = judged
    (path,) = kept(command)
    before = path.read_bytes()
    done = slow(command, "begun", "slow", *QUICK, "--format", "json", wait=10)
    assert (done.code, done.out) == (3, first.out)
    assert "making environment" not in done.err
    assert kept(command) == [path]
    assert path.read_bytes() == before


@pytest.mark.slow
def test_the_other_formats_and_old_scripts(judged: tuple[Command, Done]) -> None:
    command, _ = judged
    text = continuous(command, "begun", "slow", *QUICK)
    assert text.code == 3
    assert "suite.track_exact" in text.out
    assert text.out.rstrip().splitlines()[-1].startswith("REGRESSION: 1 of 2 cells got worse: suite.time_spin +")
    some = continuous(command, "begun", "slow", *QUICK, "--only-changed", "--asv-exit-codes")
    assert some.code == 1
    assert "suite.track_exact" not in some.out
    rows = list(csv.DictReader(io.StringIO(continuous(command, "begun", "slow", *QUICK, "--format", "csv").out)))
    assert [(one["benchmark"], one["verdict"]) for one in rows] == [
        ("suite.time_spin", "slower"),
        ("suite.track_exact", "unchanged"),
    ]
    assert "| suite.time" in continuous(command, "begun", "slow", *QUICK, "--format", "md").out.replace("\\", "")


@pytest.mark.slow
def test_a_larger_floor_lets_it_pass_without_measuring(judged: tuple[Command, Done]) -> None:
    command, _ = judged
    done = slow(command, "begun", "slow", *QUICK, "--factor", "9", wait=10)
    assert "REGRESSION" not in done.out
    assert done.code in {0, 4}
    assert len(kept(command)) == 1


@pytest.mark.slow
def test_the_other_way_round_it_is_faster(judged: tuple[Command, Done]) -> None:
    command, _ = judged
    done = continuous(command, "slow", "begun", *QUICK, "--format", "json")
    assert done.code == 0, done.err
    assert [one["verdict"] for one in json.loads(done.out)["cells"]] == ["faster", "unchanged"]


# No change.


@pytest.mark.slow
def test_an_empty_commit_is_not_red(fresh: Command) -> None:
    done = continuous(fresh, "begun", "same", *QUICK, "--format", "json")
    document = json.loads(done.out)
    # Whether a busy machine can exclude a change of 5 % is its own affair; it must not make one up.
    assert done.code in {0, 4}, done.err
    assert not {one["verdict"] for one in document["cells"]} & {"slower", "faster", "failed", "missing", "new"}
    assert document["certificate"]["red"] == []
    assert {one["id"]: one["verdict"] for one in document["cells"]}["suite.track_exact"] == "unchanged"


# Where it stops, and how it goes on.


@pytest.mark.slow
def test_a_kill_in_mid_run_loses_no_round_and_the_same_command_goes_on(fresh: Command) -> None:
    words = ("--machine", "here", "continuous", "begun", "slow", *QUICK, "--format", "json")
    process = fresh.start(*words)
    while not (kept(fresh) and len(rounds(kept(fresh)[0]).get("suite.time_spin", {}).get("base", ())) >= 3):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (path,) = kept(fresh)
    before = rounds(path)["suite.time_spin"]
    assert 3 <= len(before["base"]) == len(before["head"]) == len(before["again"]) < 10
    done = fresh(*words)
    assert done.code == 3, done.err
    assert kept(fresh) == [path]
    after = rounds(path)["suite.time_spin"]
    assert {side: values[: len(before[side])] for side, values in after.items()} == before
    assert 10 <= len(after["base"]) == len(after["head"]) == len(after["again"])


@pytest.mark.slow
def test_the_first_interruption_ends_it_after_the_round_in_hand(fresh: Command) -> None:
    process = fresh.start("--machine", "here", "continuous", "begun", "slow", "-b", "wait")
    while not kept(fresh):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    before = kept(fresh)[0].read_bytes()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "finishing the round in hand" in err
    (path,) = kept(fresh)
    assert len(path.read_bytes()) > len(before)
    assert {len(values) for values in rounds(path)["suite.time_wait"].values()} == {2}
    assert json.loads(path.read_text())["whole"] is False


@pytest.mark.slow
def test_time_that_is_over_ends_it_and_again_begins_anew(fresh: Command) -> None:
    limit = ("--max-minutes", "0.1", "--format", "json")
    assert continuous(fresh, "begun", "slow", "-b", "wait", *limit).code in {4, 5}  # and has made the environments
    (first,) = kept(fresh)
    some = len(rounds(first)["suite.time_wait"].get("base", ()))
    done = slow(fresh, "begun", "slow", "-b", "wait", *limit, wait=25)
    assert done.code in {4, 5}
    assert json.loads(done.out)["verdict"] in {"INCONCLUSIVE", "INCOMPLETE"}
    assert kept(fresh) == [first]
    assert some < len(rounds(first)["suite.time_wait"]["base"]) < 10
    before = first.read_bytes()
    slow(fresh, "begun", "slow", "-b", "wait", "--again", *limit, wait=25)
    assert len(kept(fresh)) == 2
    assert first.read_bytes() == before
