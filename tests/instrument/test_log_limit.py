"""Alike lines pass up to the limit, and the next one tells of the rest."""

import logging
import os
import threading

import pytest

from bench_runner.instrument import counting, log_limit, registry
from bench_runner.instrument.log_limit import Limit
from bench_runner.instrument.log_lines import DROPPED


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(log_limit, "time", made)
    monkeypatch.setattr(counting, "_counters", {})
    monkeypatch.setattr(registry, "_failures", {})
    return made


def record(msg: object, *args: object, name: str = "shop", level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, msg, args, None)


def passes(limit: Limit, *records: logging.LogRecord) -> list[int | None]:
    """Return for each record how many were dropped before it, or None where it is dropped."""
    return [getattr(one, DROPPED) if limit.filter(one) else None for one in records]


def test_so_many_pass_in_a_time_and_the_next_tells_of_the_rest(clock: Clock) -> None:
    limit = Limit(lines=2, per_s=10)
    assert passes(limit, *(record("paid %d", n) for n in range(5))) == [0, 0, None, None, None]
    clock.now_s += 9.9
    assert passes(limit, record("paid %d", 6)) == [None]
    clock.now_s += 0.1
    assert passes(limit, *(record("paid %d", n) for n in range(3))) == [4, 0, None]
    assert counting.counters()["log lines dropped"].value == 5


def test_kinds_have_a_limit_each(clock: Clock) -> None:
    limit = Limit(lines=1, per_s=10)
    kinds = [record("a"), record("b"), record("a", level=30), record("a", name="other"), record({"event": "c"})]
    assert passes(limit, *kinds) == [0] * 5
    assert passes(limit, *kinds, record({"event": "c", "user": 5})) == [None] * 6


def test_messages_made_from_data_do_not_fill_the_memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_limit, "MAX_ROWS", 10)
    limit = Limit(lines=1, per_s=10)
    passes(limit, record("kept"), record("kept"))
    assert passes(limit, *(record(f"user {n}" + "x" * 1000) for n in range(100))) == [0] * 100
    assert len(limit._rows) <= 10
    assert max(len(key[2]) for key in limit._rows) <= 200
    clock.now_s += 10
    assert passes(limit, record("kept")) == [1]
    for n in range(100):
        passes(limit, record(f"b {n}"), record(f"b {n}"))
    assert len(limit._rows) <= 10


def test_a_message_that_fails_passes_and_is_counted(clock: Clock) -> None:
    class Strange(dict[str, object]):
        def get(self, *args: object) -> object:
            raise OSError("gone")

    assert Limit().filter(record(Strange()))
    assert registry.failures()["logs"].message == "OSError: gone"


@pytest.mark.parametrize(("lines", "per_s"), [(0, 1), (1, 0), (1, float("nan"))])
def test_a_limit_lets_something_pass(lines: int, per_s: float) -> None:
    with pytest.raises(ValueError, match="some lines pass"):
        Limit(lines, per_s)


def test_threads_at_once_pass_no_more_together(clock: Clock) -> None:
    limit, passed = Limit(lines=1000, per_s=10), []

    def log() -> None:
        passed.extend([one for one in passes(limit, *(record("a") for _ in range(1000))) if one is not None])

    threads = [threading.Thread(target=log) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 1000


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_is_not_locked_out_by_a_thread_of_its_parent() -> None:
    limit, done = Limit(), threading.Event()

    def log() -> None:
        while not done.is_set():
            limit.filter(record("a"))

    thread = threading.Thread(target=log)
    thread.start()
    for _ in range(30):
        child = os.fork()
        if child == 0:
            limit.filter(record("b"))
            os._exit(0)
        os.waitpid(child, 0)
    done.set()
    thread.join()
