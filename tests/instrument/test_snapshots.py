"""Two snapshots tell which lines grew, in bounded size, as text and as JSON."""

import json
import threading
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from bench_runner.instrument import registry, snapshots
from bench_runner.instrument.snapshots import Growth, Line, differ, grown_within


@pytest.fixture(autouse=True)
def _untraced() -> Iterator[None]:
    registry.clear()
    yield
    tracemalloc.stop()
    registry.clear()


def test_lines_that_grew_are_told_and_those_that_did_not_are_left_out() -> None:
    before = {(("a.py", 1),): (100, 2), (("b.py", 1),): (100, 2), (("c.py", 1),): (100, 2)}
    after = {
        (("a.py", 1),): (100, 2),
        (("b.py", 1),): (50, 3),
        (("c.py", 1),): (400, 3),
        (("d.py", 7), ("e.py", 8)): (9, 1),
    }
    growth = differ(before, after, seconds=2.0)
    assert growth == Growth(
        2.0, 259, 3, (Line("c.py", 1, 300, 1), Line("d.py", 7, 9, 1, (("e.py", 8),)), Line("b.py", 1, -50, 1))
    )
    assert differ(before, after, top=1).left_out == 2
    assert "and 2 lines more" in differ(before, after, top=1).table()


def test_what_a_live_process_leaves_behind_is_laid_to_its_line() -> None:
    kept, stop = [], threading.Event()

    def leak() -> None:
        while not stop.wait(0.001):
            kept.append(bytes(5_000))

    line = leak.__code__.co_firstlineno + 2
    thread = threading.Thread(target=leak)
    thread.start()
    growth = grown_within(0.5)
    stop.set()
    thread.join()
    assert not tracemalloc.is_tracing()
    first = growth.lines[0]
    assert (first.file, first.line) == (__file__, line)
    assert first.bytes >= 5_000 * (first.count - 10) > 0
    assert 0.5 <= growth.seconds < 30
    assert f"{__file__}:{line}" in growth.table()
    assert json.loads(json.dumps(growth.to_dict(), allow_nan=False))["lines"][0]["line"] == line


def test_what_is_on_its_way_at_both_ends_has_not_grown() -> None:
    stop, many = threading.Event(), []

    def busy() -> None:
        while not stop.is_set():
            on_its_way = [bytes(100_000) for _ in range(10)]
            stop.wait(0.02)
            many.append(len(on_its_way))

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    growth = grown_within(0.4)
    stop.set()
    for thread in threads:
        thread.join()
    line = busy.__code__.co_firstlineno + 2
    assert len(many) > 9
    assert sum(one.bytes for one in growth.lines if one.line == line) < 1_500_000  # of 3,000,000 that live at any time


def test_where_tracing_is_on_already_only_the_difference_is_told() -> None:
    tracemalloc.start(2)
    old = [bytes(1_000) for _ in range(1_000)]
    timer = threading.Timer(0.05, lambda: old.append(bytes(7_000)))
    timer.start()
    growth = grown_within(0.5)
    timer.join()
    assert growth.bytes < 100_000
    largest = next(line.bytes for line in growth.lines if line.file == __file__)
    assert 7_033 <= largest < 7_500  # the interpreter may put something small of its own beside it
    assert growth.lines[0].callers
    assert "called from" in growth.table()


def test_a_snapshot_is_bounded_and_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MAX_PLACES", 2)
    tracemalloc.start()
    big = bytes(1_000_000)
    kept = [big, snapshots.take(), snapshots.take()]
    taken = snapshots.take()
    assert len(taken) <= 2
    assert max(size for size, _ in taken.values()) == 1_000_033
    assert not [place for place in taken if place[0][0].startswith(snapshots._OURS)]
    assert len(kept) == 3


def test_hostile_file_names_break_no_row() -> None:
    names = ["a\nb.py", "\x1b[31m.py", "\udcff.py", "weiß.py"]
    rows = Growth(1.0, 1, 1, tuple(Line(name, 1, 1, 1, ((name, 2),)) for name in names)).table()
    assert len(rows.splitlines()) == 2 + 2 * len(names)
    rows.encode()
    assert "weiß.py:1" in rows
    assert json.loads(json.dumps(Line(names[2], 1, 1, 1).to_dict()))["file"] == names[2]


def test_a_failure_is_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(tracemalloc, "take_snapshot", full)
    begun = time.perf_counter()
    assert grown_within(0.0).warnings == ("MemoryError: ",)
    assert registry.failures()["grown_within"].count == 1
    assert not tracemalloc.is_tracing()
    assert time.perf_counter() - begun < 30
