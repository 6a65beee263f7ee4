"""Recording from many threads and across forks: nothing is lost, nothing is counted twice, memory stays bounded."""

import os
import sys
import threading

import pytest

from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.threads import Threaded


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_at_once_lose_nothing() -> None:
    shared, each = Threaded(), 20_000
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        run_all([threading.Thread(target=lambda: [shared.record(7) for _ in range(each)]) for _ in range(4)])
    finally:
        sys.setswitchinterval(old)
    assert (shared.read().count, shared.read().sum_ns) == (4 * each, 4 * each * 7)


def test_readers_see_whole_calls_while_others_record() -> None:
    shared, stop, torn = Threaded(), threading.Event(), []

    def record() -> None:
        while not stop.is_set():
            for ns in (1, 1000, 10**6, 10**9):
                shared.record(ns)

    def read() -> None:
        for _ in range(300):
            seen = shared.read().to_dict()
            try:
                Histogram.from_dict(seen)
            except ValueError as error:
                torn.append(error)
        stop.set()

    run_all([threading.Thread(target=record), threading.Thread(target=record), threading.Thread(target=read)])
    assert torn == []


def test_threads_that_come_after_each_other_share_a_part() -> None:
    shared = Threaded()
    for _ in range(50):
        run_all([threading.Thread(target=shared.record, args=(1,)) for _ in range(2)])
    assert shared.read().count == 100
    assert len(shared.parts()) <= 2


def test_a_part_has_one_thread_at_a_time() -> None:
    shared, barrier, parts = Threaded(), threading.Barrier(4), []

    def record() -> None:
        shared.record(1)
        barrier.wait(10)
        parts.append(shared.mine.lease.part)
        barrier.wait(10)

    run_all([threading.Thread(target=record) for _ in range(4)])
    assert len({id(part) for part in parts}) == 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_starts_empty_and_counts_for_itself() -> None:
    shared = Threaded()
    run_all([threading.Thread(target=shared.record, args=(1,)) for _ in range(3)])
    shared.record(1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        before = shared.read().count
        shared.record(5)
        run_all([threading.Thread(target=shared.record, args=(5,)) for _ in range(3)])
        os.write(writing, f"{before} {shared.read().count} {shared.read().sum_ns}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"0 4 20"
    assert (shared.read().count, shared.read().sum_ns) == (4, 4)
