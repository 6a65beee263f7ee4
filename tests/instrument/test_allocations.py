"""Many watch one tracemalloc, and the program finds it as it left it."""

import os
import threading
import tracemalloc
from collections.abc import Iterator

import pytest

from bench_runner.instrument import allocations


@pytest.fixture(autouse=True)
def _untraced() -> Iterator[None]:
    assert not tracemalloc.is_tracing()
    yield
    tracemalloc.stop()
    assert allocations._stretches == []


def test_the_last_to_go_stops_tracing() -> None:
    first, second = allocations.begin(2), allocations.begin(1)
    assert (first.frames, second.frames) == (2, 2)
    allocations.end(first)
    assert tracemalloc.is_tracing()
    allocations.end(second)
    allocations.end(second)
    assert not tracemalloc.is_tracing()


def test_stretches_that_overlap_have_peaks_of_their_own() -> None:
    outer = allocations.begin(1)
    big = bytes(3_000_000)
    del big
    inner = allocations.begin(1)
    small = bytes(1_000_000)
    del small
    inner.read()
    allocations.end(inner)
    kept = bytes(2_000_000)
    outer.read()
    allocations.end(outer)
    assert 990_000 < inner.peak_bytes < 1_010_000
    assert 2_990_000 < outer.peak_bytes < 3_010_000
    assert len(kept) - 10_000 < outer.growth_bytes < 2_010_000


def test_a_programs_own_tracing_goes_on_with_its_frames_and_its_peak() -> None:
    tracemalloc.start(3)
    high = bytes(50_000_000)
    del high
    peak = tracemalloc.get_traced_memory()[1]
    stretch = allocations.begin(1)
    low = bytes(1_000_000)
    stretch.read()
    assert 990_000 < stretch.peak_bytes < 1_010_000
    allocations.end(stretch)
    assert (tracemalloc.is_tracing(), tracemalloc.get_traceback_limit()) == (True, 3)
    assert peak <= tracemalloc.get_traced_memory()[1] < peak + 10_000
    assert len(low) == 1_000_000


def test_a_higher_peak_than_the_programs_own_stays() -> None:
    tracemalloc.start()
    stretch = allocations.begin(1)
    high = bytes(5_000_000)
    del high
    allocations.begin(1)
    for one in tuple(allocations._stretches):
        allocations.end(one)
    assert tracemalloc.get_traced_memory()[1] >= 5_000_000
    assert not stretch.lost


def test_tracing_that_somebody_stops_is_noticed() -> None:
    stretch = allocations.begin(1)
    tracemalloc.stop()
    stretch.read()
    assert stretch.lost == "tracing was stopped by somebody else"
    other = allocations.begin(1)
    assert not other.lost
    allocations.end(stretch)
    allocations.end(other)
    assert not tracemalloc.is_tracing()


def test_threads_come_and_go_at_once() -> None:
    peaks: list[int] = []

    def work() -> None:
        for _ in range(50):
            stretch = allocations.begin(1)
            held = bytes(100_000)
            stretch.read()
            allocations.end(stretch)
            peaks.append(stretch.peak_bytes)
            del held

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(peaks) == 200
    assert not tracemalloc.is_tracing()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("theirs", [False, True])
def test_a_forked_child_is_not_watched(*, theirs: bool) -> None:
    if theirs:
        tracemalloc.start()
    stretch = allocations.begin(1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        stretch.read()
        told = f"{stretch.lost} {tracemalloc.is_tracing()} "
        allocations.end(stretch)
        own = allocations.begin(1)
        own.read()
        allocations.end(own)
        os.write(writing, f"{told}{own.lost}{tracemalloc.is_tracing()}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100).decode() == f"a forked child left the block {theirs} {theirs}"
    stretch.read()
    assert not stretch.lost
    allocations.end(stretch)
    assert tracemalloc.is_tracing() == theirs
