"""What a program's own spans tell, and that they never disturb it."""

import math
import os
import threading
import time

import pytest

from bench_runner.instrument import registry, spans
from bench_runner.instrument.spans import Span, charge, failures, listening, note, span


def nested() -> list[Span]:
    heard: list[Span] = []
    with listening(heard.append), span("job", commit="abc", environment="e"):
        with span("build", environment="other"):
            note(outcome="failed")
        with span("case", benchmark="time_x"):
            time.sleep(0.01)
    return heard


def test_inner_spans_end_first_and_name_their_parent() -> None:
    build, case, job = nested()
    assert [one.name for one in (build, case, job)] == ["build", "case", "job"]
    assert (build.parent, case.parent, job.parent) == (job.id, job.id, 0)
    assert len({build.id, case.id, job.id}) == 3


def test_fields_are_handed_down_and_notes_are_not() -> None:
    build, case, job = nested()
    assert build.fields == {"commit": "abc", "environment": "other", "outcome": "failed"}
    assert case.fields == {"commit": "abc", "environment": "e", "benchmark": "time_x"}
    assert job.fields == {"commit": "abc", "environment": "e"}


def test_durations_lie_within_those_around_them() -> None:
    build, case, job = nested()
    assert case.dur_s >= 0.01
    assert build.dur_s + case.dur_s <= job.dur_s
    assert job.tick_s <= build.tick_s <= build.tick_s + build.dur_s <= case.tick_s
    assert abs(job.start_s - time.time()) < 60
    assert job.maxrss > 1 << 20


def test_what_leaves_a_span_is_named_and_goes_on() -> None:
    heard: list[Span] = []
    with listening(heard.append), pytest.raises(ValueError, match="no such"), span("outer"), span("inner"):
        raise ValueError("no such thing")
    assert [one.error for one in heard] == ["ValueError: no such thing"] * 2
    with listening(heard.append), span("after"):
        pass
    assert heard[-1].parent == 0


class UnspeakableError(Exception):
    """An exception whose text cannot be made."""

    def __str__(self) -> str:
        raise RuntimeError("not even this")


def test_an_exception_without_words_is_named_by_its_kind() -> None:
    heard: list[Span] = []
    with listening(heard.append), pytest.raises(UnspeakableError), span("x"):
        raise UnspeakableError
    assert heard[0].error == "UnspeakableError"


def test_children_are_charged_to_every_span_around_them() -> None:
    heard: list[Span] = []
    with listening(heard.append), span("job"):
        with span("case"):
            charge(5.0, 100 << 40, alone=True)
        with span("tool"):
            charge(2.0, 50 << 40)
            charge(math.nan, 200 << 40)
    case, tool, job = heard
    assert (case.cpu_s, case.maxrss) == (5.0, 100 << 40)
    assert tool.cpu_s >= 2.0
    assert tool.cpu_s < 3.0
    assert 7.0 <= job.cpu_s < 9.0
    assert (tool.maxrss, job.maxrss) == (50 << 40, 100 << 40)


def test_nobody_listening_costs_no_object_and_heeds_nothing() -> None:
    assert span("a", x=1) is span("b")
    with span("a"):
        note(x=1)
        charge(1.0)
        with span("b"):
            assert spans._innermost.get() is None


def test_a_failing_listener_is_counted_and_dropped_and_others_go_on() -> None:
    heard: list[str] = []
    asked: list[str] = []

    def failing(one: Span) -> None:
        asked.append(one.name)
        raise OSError("disk full")

    before, counted = failures(), registry.failure("span listener").count
    with listening(failing), listening(lambda one: heard.append(one.name)):
        with span("first"):
            pass
        with span("second"):
            pass
    assert asked == ["first"]
    assert heard == ["first", "second"]
    assert failures() == before + 1
    assert registry.failures()["span listener"].count == counted + 1


def test_beginnings_are_told_to_those_who_ask() -> None:
    told: list[tuple[str, str]] = []
    ears = listening(lambda one: told.append(("ended", one.name)), lambda one: told.append(("began", one.name)))
    with ears, span("outer"), span("inner"):
        pass
    assert told == [("began", "outer"), ("began", "inner"), ("ended", "inner"), ("ended", "outer")]


def test_threads_have_spans_of_their_own() -> None:
    heard: list[Span] = []

    def work() -> None:
        with span("in thread"):
            pass

    with listening(heard.append), span("main"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    inside, main = heard
    assert inside.parent == 0
    assert inside.thread != main.thread


def test_spans_of_many_threads_all_arrive() -> None:
    heard: list[Span] = []

    def work() -> None:
        for _ in range(200):
            with span("outer"), span("inner"):
                pass

    with listening(heard.append):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert len(heard) == 1600
    assert len({one.id for one in heard}) == 1600
    by_id = {one.id: one for one in heard}
    assert all(by_id[one.parent].thread == one.thread for one in heard if one.name == "inner")


def test_a_forked_child_tells_of_its_own_spans_only() -> None:
    heard: list[Span] = []
    read, write = os.pipe()
    with listening(heard.append):
        child = -1
        try:
            with span("around", commit="abc"):
                child = os.fork()
                if child == 0:
                    with span("within"):
                        pass
        finally:
            if child == 0:
                facts = [(one.name, one.parent, one.pid == os.getpid(), dict(one.fields)) for one in heard]
                os.write(write, repr(facts).encode())
                os._exit(0)
        os.waitpid(child, 0)
    assert os.read(read, 1000).decode() == repr([("within", 0, True, {"commit": "abc"})])
    assert [one.name for one in heard] == ["around"]
    os.close(read)
    os.close(write)
