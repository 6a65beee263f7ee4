"""`attach` finds real processes, switches and profiles them, shows what they do, and says what is missing."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench_runner.errors import UsageError
from bench_runner.instrument import control_file
from bench_runner.instrument.stacks import parse

from .conftest import Command, Done

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, time
{begin}

def charge():
    return sum(i * i for i in range(20_000))

for _ in range({workers}):
    if os.fork() == 0:
        break
while True:
    charge()
    time.sleep(0.002)
"""
FOLLOWS = "from bench_runner.instrument import control; control.watch('control.json', 0.2)"
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def start(here: Command) -> Iterator[Start]:
    started = []

    def begin(begin: str = FOLLOWS, workers: int = 0) -> "subprocess.Popen[bytes]":
        path = here.write("shop.py", PROGRAM.format(begin=begin, workers=workers))
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        one = subprocess.Popen([sys.executable, path], cwd=here.folder, env=environment, start_new_session=True)
        started.append(one)
        deadline = time.monotonic() + 60
        while begin == FOLLOWS and len(list(here.folder.glob("control.json.d/*.json"))) <= workers:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return one

    yield begin
    for one in started:
        with suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        one.wait(30)


@pytest.mark.slow
def test_timing_is_seen_in_all_workers(here: Command, start: Start) -> None:
    pid = str(start(workers=2).pid)
    done = here("attach", pid, "--time", "__main__:*", "--for", "5m", "--once", "--format", "json")
    assert done.code == 0, done.err
    assert "timed for 5 min" in done.err
    told = json.loads(done.out)
    assert [one["timed"] for one in told["workers"]] == [["__main__:*"]] * 3
    assert all(200 < one["left_s"] <= 300 and one["rss_bytes"] > 1e6 for one in told["workers"])
    [one] = told["functions"]
    assert one["name"] == "__main__:charge"
    assert one["calls_per_s"] > 10
    assert 0 < one["p50_s"] <= one["p99_s"] < 10
    assert one["share"] > 0.001
    text = here("attach", "control.json", "--once").out
    assert "3 processes" in text
    assert "__main__:charge" in text
    assert "MiB" in text
    off = here("attach", pid, "--off", "--once")
    assert "nothing is timed by it" in off.out


@pytest.mark.slow
def test_a_profile_names_what_is_hot_in_all_workers(here: Command, start: Start) -> None:
    start(workers=1)
    here("attach", "control.json", "--time", "none:*", "--for", "1h")
    done = here("attach", "control.json", "--profile", "--for", "1s")
    assert done.code == 0, done.err
    files = [Path(line) for line in done.out.splitlines() if line.endswith(".collapsed")]
    assert len(files) == 2
    assert all(any("charge" in frame for stack in parse(one.read_text()) for frame in stack) for one in files)
    assert "charge" in done.out.partition("of its own")[2]
    control = control_file.read(str(here.folder / "control.json"))
    assert control.timed == ("none:*",)  # and stays on as long as it was to
    assert control.until.left_s() > 3000


def test_a_process_without_a_control_file_is_profiled_from_outside(here: Command, start: Start) -> None:
    pid = str(start(begin="").pid)
    done = here("attach", pid, "--profile", "--for", "1s", "--out", "found")
    assert done.code == 0, done.err
    assert sorted(one.suffix for one in (here.folder / "found").iterdir()) == [".collapsed", ".json"]
    assert "charge" in done.out
    said = here("attach", pid, "--time", "a:*")
    assert said.code == 2
    assert "control.from_environment()" in said.err
    assert "python -m bench_runner.instrument" in said.err


@pytest.mark.slow
def test_watching_draws_anew_until_it_is_interrupted(here: Command, start: Start) -> None:
    start(workers=1)
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "LINES": "30", "TERM": "xterm"}
    words = [sys.executable, "-c", "from bench_runner.cli.main import run; run()"]
    words += ["attach", "control.json", "--time", "__main__:charge"]
    with subprocess.Popen(
        words, cwd=here.folder, env=environment, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE
    ) as watching:
        seen, deadline = b"", time.monotonic() + 60
        while (b"charge" not in seen or seen.count(b"\x1b[H") < 4) and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                seen += os.read(ours, 65536)
        watching.send_signal(signal.SIGINT)
        error = watching.communicate(timeout=60)[1].decode()
    os.close(ours)
    os.close(theirs)
    assert watching.returncode == 0
    assert b"calls/s" in seen
    assert b"2 processes" in seen
    assert "--off" in error
    assert control_file.read(str(here.folder / "control.json")).timed == ("__main__:charge",)


def gone() -> str:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return str(process.pid)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("9" * 30, "--once"), 2, "there is no process 9999"),
        (("control.json",), 2, "nothing to do without a terminal"),
        (("nowhere/control.json", "--once"), 2, "a folder that is there"),
        ((".", "--once"), 2, "a folder that is there"),
        (("control.json", "--time", "a:*", "--for", "2d"), 2, "--for 2d: it is 30s, 5m or 1h"),
        (("control.json", "--off", "--time", "a:*"), 2, "--off goes with neither"),
        (("control.json", "--once", "--format", "xml"), 2, "known are text and json"),
        (("control.json", "--time", "a" * 501), 2, "at most 500 characters"),
    ],
)
def test_what_is_wrong_is_said(here: Callable[..., Done], words: tuple[str, ...], code: int, said: str) -> None:
    done = here("attach", *words)
    assert done.code == code
    assert said in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_a_process_that_is_gone_or_not_ours_is_said(here: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no process" in here("attach", gone(), "--once").err
    import psutil

    from bench_runner.cli.attached import target

    monkeypatch.setattr(os, "geteuid", lambda: psutil.Process().uids().effective + 1)
    with pytest.raises(UsageError, match="may attach to it"):
        target(str(os.getpid()))


def test_a_damaged_control_file_is_said_and_written_anew_by_off(here: Command) -> None:
    path = here.write("control.json", "{")
    path.chmod(0o644)
    done = here("attach", "control.json", "--once")
    assert (done.code, "followed by nobody" in done.err) == (2, True)
    assert here("attach", "control.json", "--off").code == 0
    assert control_file.read(str(path)).until.over()


def test_silence_is_said(here: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench_runner.cli import attach
    from bench_runner.errors import InconclusiveError

    monkeypatch.setattr(attach, "PATIENCE_S", 0.1)
    with pytest.raises(InconclusiveError, match="no process that follows"):
        attach._once(here.folder / "control.json", "text")
