"""What a stretch does to memory is told to the byte, whoever else watches, and the program never notices."""

import gc
import json
import os
import threading
import tracemalloc
from collections.abc import Iterator

import pytest

from bench_runner.instrument import memory, registry, snapshots
from bench_runner.instrument.memory import MemoryReport, memory_watch


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """No garbage of other tests is collected in the middle."""
    registry.clear()
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    tracemalloc.stop()
    assert registry.failures() == {}


def test_an_empty_block_has_no_numbers() -> None:
    reports = []
    for _ in range(9):  # a thread of an earlier test may be going away
        watch = memory_watch()
        with watch:
            pass
        reports.append(watch.report())
    usual = sorted(reports, key=lambda one: (one.growth_bytes, one.blocks_delta, one.gc_objects_delta))[4]
    assert usual == MemoryReport(usual.peak_bytes, 0, 0, 0)
    assert 0 <= usual.peak_bytes < 500
    assert not tracemalloc.is_tracing()


def test_what_stays_is_told_by_line() -> None:
    kept: list[object] = [None] * 1000
    watch = memory_watch()
    with watch:
        bytes(9_000_000)
        kept[0] = bytes(1_000_000)
        for n in range(1, 1000):
            kept[n] = object()
    report = watch.report()
    assert abs(report.growth_bytes - 1_000_033 - 999 * 16) < 300  # a header of 33 bytes; 16 for an object; free lists
    assert 8_999_000 <= report.peak_bytes < 9_001_000
    assert abs(report.blocks_delta - 999) < 5
    assert abs(report.gc_objects_delta) < 3
    first = test_what_stays_is_told_by_line.__code__.co_firstlineno
    lines = [(line.file, line.line - first, line.bytes, line.count) for line in report.lines[:2]]
    assert lines == [(__file__, 5, 1_000_033, 1), (__file__, 7, 999 * 16, 999)]
    assert watch.report() is report


def test_the_garbage_of_a_block_counts_until_it_is_collected() -> None:
    watch = memory_watch()
    with watch:
        one: list[object] = []
        one.append(one)
        del one
    assert watch.report().gc_objects_delta == 1


def test_an_open_watch_tells_what_there_is_up_to_now() -> None:
    watch = memory_watch()
    assert watch.report().warnings == ("never entered",)
    with watch:
        kept = [bytes(10_000)]
        assert 10_000 < watch.report().growth_bytes < 12_000
        kept.append(bytes(20_000))
    assert 30_000 < watch.report().growth_bytes < 40_000
    assert not tracemalloc.is_tracing()


def test_exceptions_go_through() -> None:
    watch = memory_watch()
    with pytest.raises(KeyError), watch:
        raise KeyError
    assert watch.report().warnings == ()
    assert not tracemalloc.is_tracing()


def test_watches_in_watches_have_their_own_peaks_and_leave_themselves_out() -> None:
    outer, inner = memory_watch(), memory_watch()
    with outer:
        bytes(4_000_000)
        with inner:
            bytes(2_000_000)
        kept = bytes(1_000_000)
    assert 1_990_000 < inner.report().peak_bytes < 2_010_000
    assert 3_990_000 < outer.report().peak_bytes < 4_010_000
    assert abs(inner.report().growth_bytes) < 5_000
    assert abs(outer.report().growth_bytes - len(kept)) < 10_000
    assert not [line for line in outer.report().lines if line.file.startswith(snapshots._OURS)]


def test_more_frames_tell_the_callers() -> None:
    def make() -> bytes:
        return bytes(5_000)

    watch = memory_watch(3)
    with watch:
        kept = make()
    assert watch.report().lines[0].callers[0][0] == __file__
    assert len(kept) == 5_000
    tracemalloc.start(1)
    with watch:
        pass
    assert watch.report().warnings == ("frames: 1, not 3, since tracing was on",)
    with pytest.raises(ValueError, match="between 1 and 65535, not at 0"):
        memory_watch(0)


@pytest.mark.slow
def test_threads_may_watch_at_once() -> None:
    reports: list[MemoryReport] = []

    def work() -> None:
        for _ in range(5):
            with memory_watch() as watch:
                held = bytes(300_000)
            reports.append(watch.report())
            del held

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.warnings for one in reports] == [()] * 20
    assert all(one.peak_bytes is not None and one.peak_bytes > 290_000 for one in reports)
    assert not tracemalloc.is_tracing()


@pytest.mark.slow
def test_watching_disturbs_no_thread_that_makes_tuples() -> None:
    failed, stop = [], threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                tuple(n for n in range(50))
            except SystemError as error:
                failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        with memory_watch():
            pass
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []


def test_tracing_that_is_stopped_meanwhile_leaves_what_is_known() -> None:
    watch = memory_watch()
    with watch:
        tracemalloc.stop()
    report = watch.report()
    assert (report.peak_bytes, report.growth_bytes, report.lines) == (None, None, ())
    assert report.blocks_delta is not None
    assert report.warnings == ("tracing was stopped by somebody else",)
    assert report.table().startswith("peak unknown bytes")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_that_leaves_the_block_has_no_numbers_and_its_parent_has() -> None:
    reading, writing = os.pipe()
    watch = memory_watch()
    with watch:
        kept = bytes(1_000_000)
        child = os.fork()
    if child == 0:
        own = memory_watch()
        with own:
            more = bytes(70_000)
        told = watch.report() == MemoryReport(warnings=("a forked child left the block",))
        os.write(writing, f"{told} {own.report().growth_bytes == len(more) + 33} {tracemalloc.is_tracing()}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"True True False"
    assert watch.report().growth_bytes >= len(kept)


def test_a_failure_is_counted_and_the_program_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError("no room")

    for broken in (tracemalloc.start, tracemalloc.take_snapshot):
        with monkeypatch.context() as patch:
            patch.setattr(tracemalloc, broken.__name__, full)
            watch = memory_watch()
            with watch:
                done = True
        assert done
        assert watch.report() == MemoryReport(warnings=("failed: MemoryError: no room",))
        assert not tracemalloc.is_tracing()
    assert registry.failures()["memory_watch"].count == 2
    registry.clear()


def test_what_a_signal_handler_raises_is_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(memory.gc, "get_objects", interrupted)
    with pytest.raises(TimeoutError), memory_watch():
        pass
    tracemalloc.stop()
    memory.allocations._stretches.clear()


def test_a_report_is_strict_json_and_a_table() -> None:
    with memory_watch() as watch:
        kept = bytes(10_000)
    told = json.loads(json.dumps(watch.report().to_dict(), allow_nan=False))
    assert told["lines"][0]["bytes"] == len(kept) + 33
    assert "+10,033        +1  " in watch.report().table()
