"""What a run says in the end of benchmarks that went wrong: its exit code, its sentences, and what is shown later."""

import pytest
from cli.conftest import CONFIG, Command

pytestmark = pytest.mark.slow
SUITE = """\
import os


def track_fills():
    kept = []
    while True:
        kept.append(bytearray(10**7))


def track_crashes():
    os.kill(os.getpid(), 11)


def track_hangs():
    while True:
        pass


track_hangs.timeout = 1


def track_leaves():
    os._exit(0)


def track_good():
    return 42
"""
BAD = {
    "track_fills": "MemoryError, under a memory limit of {limit} GB",
    "track_crashes": "killed by SIGSEGV",
    "track_hangs": "no answer within 1 s",
    "track_leaves": "ended with exit status 0, without an answer",
}


def test_bad_benchmarks_are_shown_and_do_not_fail_the_run(tiny: Command) -> None:
    tiny.write("benchmarks/suite.py", SUITE)
    tiny.write("bench_runner.toml", CONFIG + 'memory_limit = "300 MB"\n')
    run = ("--machine", "here", "run", "HEAD^!", "--rounds", "2")
    for more, limit in ((), "0.3"), (("--again", "--memory-limit", "0.4 GB"), "0.4"):
        done = tiny(*run, *more)
        assert done.code == 0, done.err
        assert "1 ok" in done.err
        shown = " ".join(tiny("show", "HEAD").out.split())
        for name, sentence in BAD.items():
            assert f"suite.{name}: {sentence.format(limit=limit)}" in shown
        assert "42" in shown
    assert "0 runs, 1 complete before" in tiny(*run).err
    assert tiny("store", "verify").code == 0


def test_a_run_of_nothing_but_bad_benchmarks_says_so(tiny: Command) -> None:
    tiny.write("benchmarks/suite.py", SUITE)
    run = ("--machine", "here", "run", "HEAD^!", "-b", "crashes", "-b", "leaves")
    done = tiny(*run)
    assert done.code == 5
    assert done.err.splitlines()[-1].startswith("error: no benchmark could be measured")
    assert "killed by SIGSEGV" in tiny("show", "HEAD").out
    done = tiny(*run, "--show-stderr", "--skip-existing-successful")
    assert "Fatal Python error: Segmentation fault" in done.err


@pytest.mark.parametrize("word", ["much", "-1", "4 PB"])
def test_a_memory_limit_that_is_none(tiny: Command, word: str) -> None:
    done = tiny("run", "--dry-run", "--memory-limit", word)
    assert done.code == 2
    assert "--memory-limit" in done.err
    assert "4 GB" in done.err
