"""Stubs go in and out of functions that are running, specialised, shared, forked or in somebody else's hands."""

import gc
import os
import pickle
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench_runner.instrument import registry, swapping
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.probe import Probe
from bench_runner.instrument.stub import is_stub
from bench_runner.instrument.switching import disable, enable, poll
from bench_runner.instrument.timing import timed

pytestmark = pytest.mark.usefixtures("switches")
HOT = 2000  # calls after which the interpreter has specialised a call site


def total() -> int:
    return sum(one.count for name, one in registry.histograms().items() if "elapsed" not in name)


class Hot:
    """What call sites are specialised for."""

    def __init__(self) -> None:
        self.n = 1

    def method(self) -> int:
        return self.n

    @property
    def read(self) -> int:
        return self.n

    def __getitem__(self, key: int) -> int:
        return key

    def __len__(self) -> int:
        return 1

    def __getattribute__(self, name: str) -> object:
        return object.__getattribute__(self, name)

    def each(self) -> Iterator[int]:
        yield 1


class HotChild(Hot):
    def method(self) -> int:
        return super().method()


def plain(a: int, b: int = 2) -> int:
    return a + b


HOT_CALLS: dict[str, Callable[[Hot], object]] = {
    "plain": lambda _: plain(1, 3),
    "plain by default": lambda _: plain(1),
    "Hot.method": lambda hot: hot.method(),
    "HotChild.method": lambda _: HotChild().method(),
    "Hot.__init__": lambda _: Hot(),
    "Hot.read": lambda hot: hot.read,
    "Hot.__getitem__": lambda hot: hot[4],
    "Hot.__len__": len,
    "Hot.__getattribute__": lambda hot: hot.n,
    "Hot.each": lambda hot: list(hot.each()),
}


@pytest.mark.parametrize("what", HOT_CALLS)
def test_a_specialised_call_site_notices(what: str) -> None:
    call, hot, name = HOT_CALLS[what], Hot(), f"test_swapping:{what.split(maxsplit=1)[0]}"

    def loop(times: int) -> int:
        before = total()
        for _ in range(times):
            call(hot)
        return total() - before

    for _ in range(3):
        assert loop(HOT) == 0
        enable(name)
        assert loop(HOT) == HOT
        disable(name)


def test_a_call_that_is_on_its_way_when_timing_ends_is_recorded() -> None:
    begun, go_on = threading.Event(), threading.Event()

    @timed(name="slow")
    def slow() -> int:
        begun.set()
        go_on.wait(10)
        return 1

    enable("slow")
    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    disable("slow")
    go_on.set()
    thread.join()
    assert registry.histograms()["slow"].count == 1


def test_code_that_somebody_else_put_in_stays() -> None:
    def f() -> int:
        return 1

    timed(f, name="f")
    enable("f")
    f.__code__ = (lambda: 2).__code__
    theirs = f.__code__
    enable("f")
    disable("f")
    assert f.__code__ is theirs
    assert "changed by somebody else" in registry.failures()["f"].message
    enable("f")
    assert (f(), total()) == (2, 1)
    disable("f")
    assert f.__code__ is theirs


def test_our_code_put_back_by_somebody_else_is_not_wrapped_twice() -> None:
    def f() -> int:
        return 1

    timed(f, name="f")
    enable("f")
    ours = f.__code__
    disable("f")
    f.__code__ = ours
    enable("f")
    assert f.__code__ is ours
    assert (f(), total()) == (1, 1)


def test_a_closure_that_holds_itself_is_collected_while_timed() -> None:
    class Owner:
        def begin(self) -> None:
            @timed(enabled=True)
            def call_back() -> "Owner":
                return self

            self.call_back = call_back

    owner = Owner()
    owner.begin()
    assert is_stub(owner.call_back.__code__)
    assert owner.call_back() is owner
    watch = weakref.ref(owner)
    del owner
    gc.collect()
    assert watch() is None


def test_a_probe_that_is_sent_elsewhere_is_the_one_of_its_name_there() -> None:
    """As in functions that are sent by value, code and all."""

    @timed(name="sent", enabled=True)
    def f() -> int:
        return 1

    [probe] = [one for one in f.__code__.co_consts if isinstance(one, Probe)]
    assert pickle.loads(pickle.dumps(probe)) is probe


def test_functions_of_one_def_share_a_stub() -> None:
    def make() -> Callable[[], int]:
        @timed(enabled=True)
        def f() -> int:
            return 1

        return f

    assert make().__code__ is make().__code__


def test_a_probe_that_fails_is_taken_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    @timed(name="f", enabled=True)
    def f() -> int:
        return 1

    code: Any = f.__code__
    f()
    space: dict[str, Any] = {"__name__": Histogram.__module__}
    exec("def record(self, ns): raise TypeError('ours')", space)
    monkeypatch.setattr(Histogram, "record", space["record"])
    assert [f() for _ in range(3)] == [1, 1, 1]
    assert f.__code__ is not code
    assert (registry.failures()["f"].count, registry.failures()["f"].message) == (1, "TypeError: ours")
    enable("f")
    assert not is_stub(f.__code__)


def test_a_probe_that_fails_while_others_change_something_waits_for_the_next_poll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @timed(name="g", enabled=True)
    def f() -> int:
        return 1

    f()
    space: dict[str, Any] = {"__name__": Histogram.__module__}
    exec("def record(self, ns): raise TypeError('ours')", space)
    monkeypatch.setattr(Histogram, "record", space["record"])
    with swapping.lock:
        thread = threading.Thread(target=f)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
        assert is_stub(f.__code__)
    poll()
    assert not is_stub(f.__code__)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_times_for_itself_and_switches_for_itself() -> None:
    stop = threading.Event()

    def toggle() -> None:
        while not stop.is_set():
            enable("other")
            disable("other")

    timed(plain, name="forked", enabled=True)
    plain(1)
    thread = threading.Thread(target=toggle)
    thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                plain(1)
                enable("child")
                disable("forked")
                plain(1)
                os._exit(total())
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    finally:
        stop.set()
        thread.join()
    plain(1)
    assert registry.histograms()["forked"].count == 2
