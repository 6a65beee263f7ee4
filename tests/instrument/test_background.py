"""The thread goes on from step to step, gives way to a fork, and is there in both processes after it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench_runner.instrument import registry
from bench_runner.instrument.background import Background

ROOT = Path(__file__).parents[2]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
Made = Callable[..., Background]


@pytest.fixture
def made() -> Iterator[Made]:
    every = []

    def make(step: Callable[[], float | None], forked: Callable[[], object] = int) -> Background:
        every.append(Background("of a test", step, forked))
        every[-1].start()
        return every[-1]

    registry.clear()
    yield make
    for one in every:
        one.stop()
    assert not any(thread.name == "of a test" for thread in threading.enumerate())


def until(met: Callable[[], object]) -> None:
    """Wait for something that happens soon, on a busy machine too."""
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_takes_a_step_now_and_at_each_turn(made: Made) -> None:
    steps: list[int] = []
    made(lambda: steps.append(1) or 0.01)
    until(lambda: len(steps) > 3)


def test_waking_it_does_not_wait_for_its_turn(made: Made) -> None:
    steps: list[int] = []
    background = made(lambda: steps.append(1) or 600.0)
    until(lambda: len(steps) == 1)
    background.wake()
    background.wake()
    until(lambda: len(steps) >= 2)


def test_none_ends_it(made: Made) -> None:
    background = made(lambda: None)
    until(lambda: background._thread is not None and not background._thread.is_alive())


def test_a_failing_step_is_counted_and_the_next_one_taken(made: Made) -> None:
    steps: list[int] = []

    def fails() -> float:
        steps.append(1)
        raise ValueError("no")

    background = made(fails)
    until(lambda: registry.failures().get("of a test"))
    background.wake()
    until(lambda: len(steps) > 1)
    assert registry.failures()["of a test"].message == "ValueError: no"


@needs_fork
def test_it_goes_on_in_the_child_and_in_the_parent(made: Made) -> None:
    steps: list[int] = []
    seen: list[str] = []
    made(lambda: steps.append(os.getpid()) or 0.01, lambda: seen.append("forked"))
    until(lambda: steps)
    child = os.fork()
    if child == 0:
        deadline = time.monotonic() + 30
        while steps[-1] != os.getpid() and time.monotonic() < deadline:
            time.sleep(0.005)
        os._exit(steps[-1] == os.getpid() and seen == ["forked"])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    before = len(steps)
    until(lambda: len(steps) > before)
    assert set(steps) == {os.getpid()}
    assert seen == []


@pytest.mark.slow
@needs_fork
def test_threads_that_fork_at_once_leave_one_thread(made: Made) -> None:
    def fork() -> None:
        for _ in range(10):
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)

    made(lambda: 0.001)
    forking = [threading.Thread(target=fork) for _ in range(4)]
    for thread in forking:
        thread.start()
    for thread in forking:
        thread.join()
    until(lambda: sum(thread.name == "of a test" for thread in threading.enumerate()) == 1)


PROGRAM = """
import os, warnings
warnings.simplefilter("error")
from bench_runner.instrument.background import Background
Background("of a test", lambda: 0.01).start()
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""


@needs_fork
def test_python_does_not_warn_of_the_fork() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
