"""Counters lose nothing, count nothing twice, and never get in the program's way."""

import os
import signal
import sys
import threading
from decimal import Decimal

import pytest

from bench_runner.instrument import counting, registry
from bench_runner.instrument.counting import Count, counter, counters


@pytest.fixture(autouse=True)
def _of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_counters", {})
    monkeypatch.setattr(registry, "_failures", {})


class Like:
    """A number of its own kind, as those of numpy are."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __index__(self) -> int:
        return self.n


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_name_has_one_counter_and_zeros_are_told() -> None:
    counter("orders").add()
    counter("orders").add(16)
    counter("sent", "By")
    assert counters() == {"orders": Count("1", 17), "sent": Count("By", 0)}
    assert registry.failures() == {}


def test_threads_at_once_lose_nothing() -> None:
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        run_all([threading.Thread(target=lambda: [counter("x").add(3) for _ in range(20_000)]) for _ in range(4)])
    finally:
        sys.setswitchinterval(old)
    assert counters()["x"].value == 4 * 20_000 * 3


def test_each_thread_has_a_number_of_its_own() -> None:
    shared, barrier = counter("x"), threading.Barrier(4)

    def count() -> None:
        shared.add()
        barrier.wait(10)
        shared.add()

    run_all([threading.Thread(target=count) for _ in range(4)])
    assert [part.total for part in shared.parts()] == [2, 2, 2, 2]


def test_threads_that_come_after_each_other_share_a_part() -> None:
    shared = counter("x")
    for _ in range(50):
        run_all([threading.Thread(target=shared.add) for _ in range(2)])
    assert shared.read().value == 100
    assert len(shared.parts()) <= 2


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer on this system")
def test_a_signal_handler_that_counts_loses_nothing() -> None:
    shared, handled = counter("x"), 0

    def handler(number: int, frame: object) -> None:
        nonlocal handled
        handled += 1
        shared.add(1000)

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
    try:
        for _ in range(200_000):
            shared.add()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert handled > 10
    assert shared.read().value == 200_000 + 1000 * handled


def test_names_made_from_data_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_NAMES", 3)
    for n in range(10):
        counter(f"user {n}", "By").add(n)
    counter("user 1", "By").add(100)
    assert counters() == {
        registry.OVERFLOW: Count("1", 3 + 4 + 5 + 6 + 7 + 8 + 9),
        "user 0": Count("By", 0),
        "user 1": Count("By", 101),
        "user 2": Count("By", 2),
    }


@pytest.mark.parametrize("n", [-1, 0.5, "1", None, Decimal(1), Like(-2)])
def test_what_is_no_natural_number_is_a_counted_failure(n: object) -> None:
    counter("x").add(n)  # type: ignore[arg-type] # that is the test
    counter("x").add(2)
    counter("x").add(n)  # type: ignore[arg-type] # the same, by a thread that has counted
    assert counters() == {"x": Count("1", 2)}
    assert registry.failures()["counter x"].count == 2


def test_what_behaves_like_a_natural_number_counts() -> None:
    counter("x").add(Like(5))  # type: ignore[arg-type] # not an int to type checkers
    counter("x").add(True)
    counter("x").add(2**70)
    assert counters() == {"x": Count("1", 6 + 2**70)}
    assert type(counters()["x"].value) is int


def test_another_unit_is_a_counted_failure_and_no_text_an_error() -> None:
    assert counter("x", "By") is counter("x", "s")
    assert registry.failures()["counter x"].message == "counts By, not s"
    with pytest.raises(TypeError, match="text"):
        counter(5)  # type: ignore[arg-type] # that is the test


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_starts_from_zero() -> None:
    shared = counter("x")
    run_all([threading.Thread(target=shared.add) for _ in range(3)])
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        before = shared.read().value
        shared.add(5)
        os.write(writing, f"{before} {counters()['x'].value}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"0 5"
    assert shared.read().value == 3
