"""What ticks goes on in children, whatever fails, until it is stopped."""

import os
import threading
import time
from collections.abc import Callable

import pytest

from bench_runner.instrument import registry
from bench_runner.instrument.ticking import Ticker


def until(true: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(true())


def test_it_goes_on_until_it_is_stopped() -> None:
    calls: list[int] = []
    ticker = Ticker(0.005, lambda: calls.append(threading.get_ident()), "ticks")
    assert not ticker.running()
    ticker.start()
    ticker.start()
    assert until(lambda: len(calls) >= 3)
    assert len(set(calls)) == 1
    assert threading.get_ident() not in calls
    ticker.stop()
    after = len(calls)
    time.sleep(0.05)
    assert (len(calls), ticker.running()) == (after, False)
    ticker.start()
    assert until(lambda: len(calls) > after)
    ticker.stop()


def test_what_fails_is_counted_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_failures", {})
    calls: list[int] = []

    def act() -> None:
        calls.append(1)
        raise OSError("disk full")

    ticker = Ticker(0.005, act, "ticks")
    ticker.start()
    assert until(lambda: len(calls) >= 3)
    ticker.stop()
    assert registry.failures()["ticks"].count == len(calls)
    assert registry.failures()["ticks"].message == "OSError: disk full"


def test_it_may_stop_itself() -> None:
    ticker = Ticker(0.005, lambda: ticker.stop(), "ticks")  # noqa: PLW0108 - it is being made
    ticker.start()
    assert until(lambda: not ticker.running())


def test_it_may_stop_itself_before_start_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        begin(thread)
        thread.join(10)

    monkeypatch.setattr(threading.Thread, "start", start)
    ticker = Ticker(0.005, lambda: ticker.stop(), "ticks")  # noqa: PLW0108 - it is being made
    ticker.start()
    assert not ticker.running()


def test_where_no_thread_can_be_started_it_is_a_counted_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(registry, "_failures", {})
    monkeypatch.setattr(threading.Thread, "start", start)
    ticker = Ticker(1, print, "ticks")
    ticker.start()
    ticker.stop()
    assert not ticker.running()
    assert registry.failures()["ticks"].count == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_makes_no_call_early() -> None:
    calls: list[int] = []
    ticker = Ticker(600.0, lambda: calls.append(1), "ticks")
    ticker.start()
    for _ in range(3):
        child = os.fork()
        if child == 0:
            time.sleep(0.1)
            os._exit(bool(calls))
        assert os.waitpid(child, 0)[1] == 0
    ticker.stop()
    assert calls == []


@pytest.mark.parametrize("interval_s", [0, -1, float("nan")])
def test_an_interval_takes_time(interval_s: float) -> None:
    with pytest.raises(ValueError, match="longer than 0 s"):
        Ticker(interval_s, print, "ticks")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_it_ticks_in_children_and_theirs_too() -> None:
    reading, writing = os.pipe()
    ticker = Ticker(0.005, lambda: os.write(writing, f"{os.getpid()} ".encode()), "ticks")
    ticker.start()
    child = os.fork()
    if child == 0:
        grandchild = os.fork()
        time.sleep(0.5)
        if grandchild == 0:
            os._exit(0)
        os.waitpid(grandchild, 0)
        os._exit(0)
    os.waitpid(child, 0)
    ticker.stop()
    os.close(writing)
    pids = set(os.fdopen(reading).read().split())
    assert {str(os.getpid()), str(child)} < pids
    assert len(pids) == 3
