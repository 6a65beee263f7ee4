"""A real program and its forked workers follow their file, their environment and their signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bench_runner.instrument import control, control_file

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, signal, sys, time
from bench_runner.instrument import control

def work():
    return sum(range(20_000))

def forever():
    while True:
        work()
        time.sleep(0.001)

{begin}
for _ in range({workers}):
    if os.fork() == 0:
        break
forever()
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "control.json")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started = []

    def begin(begin: str, *words: str, workers: int = 0, **variables: str) -> "subprocess.Popen[str]":
        (tmp_path / "program.py").write_text(PROGRAM.format(begin=begin, workers=workers))
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(tmp_path), **variables}
        command = [sys.executable, *words, str(tmp_path / "program.py")]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env=environment, start_new_session=True, **streams))
        return started[-1]

    yield begin
    for one in started:
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(one.pid, signal.SIGKILL)
        one.communicate(timeout=30)


def told(path: str, met: Callable[[list[dict[str, Any]]], object]) -> list[dict[str, Any]]:
    """Return what the processes tell as soon as it is as wanted."""
    deadline, every = time.monotonic() + 60, []
    while time.monotonic() < deadline:
        every = [json.loads(one.read_text()) for one in Path(f"{path}.d").glob("*.json")]
        if met(every):
            return every
        time.sleep(0.02)
    raise AssertionError(every)


def timed(workers: int, count: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda every: [one["timed"] for one in every] == [count] * workers


def write(path: str, *patterns: str, left_s: float = 60, **more: object) -> None:
    control_file.write(path, {"timed": list(patterns), "until": time.time() + left_s, **more})


@pytest.mark.slow
def test_every_forked_worker_follows_within_two_seconds_and_is_off_in_time(start: Start, path: str) -> None:
    start(f"control.watch({path!r})", workers=3)
    told(path, timed(4, 0))
    write(path, "__main__:*", left_s=4, attached_until=time.time() + 60)
    every = told(path, timed(4, 2))
    late = [one["control"]["seen_s"] - one["control"]["mtime_ns"] / 1e9 for one in every]
    assert max(late) < 2
    every = told(path, timed(4, 0))
    assert all(one["at_s"] >= one["control"]["until_s"] for one in every)
    assert all(one["histograms"]["__main__:work"]["count"] > 0 for one in every)
    assert len({one["pid"] for one in every}) == 4
    assert not any(one["failures"] for one in every)


@pytest.mark.slow
def test_every_worker_takes_a_profile_once(start: Start, path: str) -> None:
    start(f"control.watch({path!r}, 0.2)", workers=1)
    profile: dict[str, object] = {"backend": "pyspy", "seconds": 1}
    write(path, profile=profile, attached_until=time.time() + 60)
    every = told(path, lambda every: [len(one["profile"].get("files", ())) for one in every] == [2, 2])
    write(path, profile=profile, attached_until=time.time() + 50)
    told(path, lambda every: all(one["control"]["changes"] > 1 for one in every))
    assert len(list(Path(f"{path}.d/profiles").iterdir())) == 4
    assert {one["pid"] for one in every} == {
        int(one.name.split("-")[0]) for one in Path(f"{path}.d/profiles").iterdir()
    }
    write(path, profile={**profile, "seconds": 300, "id": "again"}, attached_until=time.time() + 60)
    told(path, lambda every: all(one["profile"]["on"] for one in every))
    write(path, attached_until=time.time() + 60)  # it ends with the wish for it, and what it saw is kept
    told(path, lambda every: all(not one["profile"]["on"] and one["profile"]["files"] for one in every))
    assert len(list(Path(f"{path}.d/profiles").iterdir())) == 8
    assert not any(one["failures"] for one in every)


def test_a_program_follows_its_environment(start: Start, path: str) -> None:
    variables = {"BENCH_RUNNER_TIMED": "json*:dumps, __main__:work", "BENCH_RUNNER_CONTROL": path}
    start("control.from_environment()\nimport json", **variables)
    told(path, lambda every: every)
    write(path, attached_until=time.time() + 60)
    [one] = told(path, lambda every: [one["timed"] for one in every] == [2])
    assert one["control"]["timed"] == []


def test_patterns_alone_are_enough(start: Start, path: str) -> None:
    show = "import threading\nfrom bench_runner.instrument import registry, swapping\n"
    show += "import json\nwhile swapping.timed_names() != ['json:dumps']: time.sleep(0.01)\nprint('timed', flush=True)"
    program = start(f"control.from_environment()\n{show}", BENCH_RUNNER_TIMED="json:dumps")
    assert program.stdout is not None
    assert program.stdout.readline() == "timed\n"


def test_a_program_without_a_line_for_it_is_started_under_control(start: Start, path: str) -> None:
    start("assert sys.argv[1:] == []", "-m", "bench_runner.instrument", BENCH_RUNNER_CONTROL=path)
    write(path, "__main__:work", attached_until=time.time() + 60)
    told(path, timed(1, 1))


def test_so_is_a_module(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    command = [sys.executable, "-m", "bench_runner.instrument", "-m", "shop", "--port", "1"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "__main__ ['--port', '1']\n"
    none = subprocess.run(command[:3], env=environment, capture_output=True, text=True, check=False)
    assert (none.returncode, none.stderr[:6]) == (1, "usage:")


def test_a_signal_has_the_file_read_at_once_and_reaches_who_was_there_before(start: Start, path: str) -> None:
    before = "signal.signal(signal.SIGUSR2, lambda *_: print('before', flush=True))\n"
    program = start(f"{before}control.watch({path!r}, 60.0)\ncontrol.on_signal(signal.SIGUSR2)")
    told(path, timed(1, 0))
    time.sleep(0.2)  # it is between two looks, which are a minute apart
    write(path, "__main__:work")
    os.kill(program.pid, signal.SIGUSR2)
    told(path, timed(1, 1))
    assert program.stdout is not None
    assert program.stdout.readline() == "before\n"


def test_without_asking_no_signal_is_ours(start: Start, path: str) -> None:
    program = start(f"control.watch({path!r})")
    told(path, timed(1, 0))
    os.kill(program.pid, signal.SIGUSR2)
    assert program.wait(30) == -signal.SIGUSR2


def test_a_process_follows_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    first, second = control.watch(tmp_path / "a.json"), control.watch(tmp_path / "b.json", 0.5)
    assert first is not second
    assert list((tmp_path / "a.json.d").iterdir()) == []
    control.stop()
    control.stop()
    assert list((tmp_path / "b.json.d").iterdir()) == []


@pytest.mark.parametrize("poll_s", [0, -1, 61, float("nan")])
def test_a_poll_that_cannot_be_is_refused(path: str, poll_s: float) -> None:
    with pytest.raises(ValueError, match="poll_s"):
        control.watch(path, poll_s)


def test_a_program_that_ends_leaves_nothing_behind(tmp_path: Path, path: str) -> None:
    program = f"from bench_runner.instrument import control; control.watch({path!r})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert sorted(one.name for one in tmp_path.iterdir()) == [f"bench-runner-{os.geteuid()}", "control.json.d"]
    assert list(tmp_path.glob("*/*")) == []
