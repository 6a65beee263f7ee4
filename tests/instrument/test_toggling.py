"""Timing is switched on and off a thousand times under a million calls, and no result is wrong."""

import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bench_runner.instrument import registry
from bench_runner.instrument.switching import disable, enable
from bench_runner.instrument.timing import timed

pytestmark = pytest.mark.slow


def closure_of(n: int) -> Callable[[int], int]:
    @timed(name="toggled")
    def inner(a: int) -> int:
        return a + n

    return inner


class Toggled:
    @timed(name="toggled")
    def method(self, a: int) -> int:
        return a * 3

    @timed(name="toggled")
    def numbers(self, a: int) -> Iterator[int]:
        yield a
        yield a + 1


@timed(name="toggled")
def fails(a: int) -> None:
    raise ValueError(a)


@timed(name="toggled")
def down(n: int) -> int:
    return n and 1 + down(n - 1)


def a_round(a: int, closure: Callable[[int], int], toggled: Toggled) -> int:
    """Call everything once, ten calls, and return how many results are wrong."""
    wrong = (closure(a) != a + 7) + (toggled.method(a) != a * 3) + (list(toggled.numbers(a)) != [a, a + 1])
    wrong += down(5) != 5
    try:
        fails(a)
    except ValueError as error:
        return wrong + (error.args != (a,))
    return wrong + 1


@pytest.fixture
def _often() -> Iterator[None]:
    """Have threads take turns fifty times as often, in the middle of more calls."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switches", "_often")
def test_four_threads_see_no_wrong_result() -> None:
    done, wrong, calls = threading.Event(), [], []

    def work() -> None:
        closure, toggled, mine, n = closure_of(7), Toggled(), 0, 0
        while n < 25_000 or not done.is_set():
            try:
                mine += a_round(n, closure, toggled)
            except Exception as error:  # noqa: BLE001 - it is what must not be
                wrong.append(error)
                break
            n += 1
        wrong.extend([mine] if mine else [])
        calls.append(n * 10)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(500):
        enable("toggled")
        time.sleep(0.0005)
        disable("toggled")
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sum(calls) >= 1_000_000
    assert 0 < registry.histograms()["toggled"].count < sum(calls)
    assert registry.failures() == {}
    before = registry.histograms()["toggled"].count
    a_round(1, closure_of(7), Toggled())
    assert registry.histograms()["toggled"].count == before
