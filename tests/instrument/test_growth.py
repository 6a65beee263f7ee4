"""A leak of one object per call is found and its line named; what only fills up, moves or comes back is none."""

import asyncio
import contextlib
import gc
import json
import re
import threading
import tracemalloc
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from random import Random
from typing import Any

import pytest

from bench_runner.instrument.growth import assert_no_growth, rises


@pytest.fixture(autouse=True)
def _as_found() -> Iterator[None]:
    yield
    assert not tracemalloc.is_tracing()
    assert gc.get_freeze_count() < 500
    assert gc.isenabled()


class Item:
    def __init__(self, n: int = 0) -> None:
        self.n, self.other = n, None


class Slotted:
    __slots__ = ("n",)


class Shop:
    def __init__(self) -> None:
        self.items: list[object] = []
        self.by_key: dict[object, object] = {}


SHOP, SEEN, NUMBERS, LATE = Shop(), [], {}, deque(maxlen=3)


def a_plain_object() -> None:
    SEEN.append(object())


def an_instance() -> None:
    SHOP.items.append(Item())


def a_slotted_instance() -> None:
    one = Slotted()
    SHOP.items.append(one)


def a_number() -> None:
    NUMBERS[len(NUMBERS) + 1000] = len(NUMBERS) + 1000


def a_text() -> None:
    SEEN.append(f"text {len(SEEN)}")


def a_large_buffer() -> None:
    SEEN.append(bytes(100_000))


def a_tuple() -> None:
    SHOP.by_key[len(SHOP.by_key)] = (len(SEEN), [])


def a_closure() -> None:
    def inner() -> None: ...

    SEEN.append(inner)


def a_cycle_that_is_held() -> None:
    one = Item()
    one.other = one
    SEEN.append(one)


def an_exception_with_its_traceback() -> None:
    try:
        raise ValueError(len(SEEN))  # noqa: TRY301 - it is what is tried
    except ValueError as error:
        SEEN.append(error)


async def a_result_of_a_coroutine() -> None:
    await asyncio.sleep(0)
    SEEN.append({"a": object()})


def one_beside_a_lot_that_goes() -> None:
    LATE.append([Item(n) for n in range(Random(len(SEEN)).randrange(3))])
    SEEN.append(object())


LEAKS: list[Callable[[], Any]] = [
    a_plain_object,
    an_instance,
    a_slotted_instance,
    a_number,
    a_text,
    a_large_buffer,
    a_tuple,
    a_closure,
    a_cycle_that_is_held,
    an_exception_with_its_traceback,
    a_result_of_a_coroutine,
    one_beside_a_lot_that_goes,
]


@pytest.fixture
def _emptied() -> Iterator[None]:
    yield
    for one in (SHOP.items, SHOP.by_key, SEEN, NUMBERS, LATE):
        one.clear()


@pytest.mark.slow
@pytest.mark.usefixtures("_emptied")
@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_leak_of_one_object_per_call_is_found_and_its_line_named(leak: Callable[[], Any]) -> None:
    with pytest.raises(AssertionError) as found:
        assert_no_growth(leak)
    code, told = leak.__code__, str(found.value)
    lines = {f"{__file__}:{line}" for _, _, line in code.co_lines() if line and line > code.co_firstlineno}
    rows = [row for row in told.splitlines() if __file__ in row]
    assert [row for row in rows[:2] if row.split()[2] in lines], told
    assert re.search(r"one is held by: module \S*test_growth (SHOP|SEEN|NUMBERS) ", told), told


@pytest.mark.slow
@pytest.mark.usefixtures("_emptied")
def test_the_report_is_for_reading() -> None:
    with pytest.raises(AssertionError) as found:
        assert_no_growth(an_instance)
    line = an_instance.__code__.co_firstlineno + 1
    head, titles, row, *rest, held, hint = str(found.value).splitlines()
    assert re.fullmatch(
        r"memory grows by [1-4]\.\d blocks and \d+\.\d bytes per iteration \(30 of them, after 5 to warm up\)", head
    )
    assert titles == "    blocks      bytes  per iteration, allocated at"
    assert re.fullmatch(rf" +[1-3]\.\d +\d+\.\d  {re.escape(__file__)}:{line}  SHOP\.items\.append\(Item\(\)\)", row)
    assert "objects of the garbage collector per iteration: 1.0 test_growth.Item" in "\n".join(rest)
    assert held.startswith("one is held by: module test_growth SHOP -> test_growth.Shop ")
    assert "warmup" in hint


@pytest.mark.slow
@pytest.mark.usefixtures("_emptied")
def test_frames_name_the_callers() -> None:
    def inside() -> None:
        SEEN.append(object())

    def outside() -> None:
        inside()

    with pytest.raises(
        AssertionError, match=f"called from {re.escape(__file__)}:{outside.__code__.co_firstlineno + 1}"
    ):
        assert_no_growth(outside, frames=3)


def nothing() -> None: ...


def a_cache_that_is_full_in_time() -> Callable[[], None]:
    cached = lru_cache(maxsize=4)(lambda n: [n])
    numbers = iter(range(10_000))
    return lambda: cached(next(numbers)) and None


def a_dict_that_is_resized() -> Callable[[], None]:
    known: dict[int, object] = {}
    numbers = iter(range(10_000))

    def call() -> None:
        n = next(numbers)
        known[n] = [n]
        if len(known) > 8:
            known.clear()

    return call


def a_list_that_grows_and_shrinks() -> Callable[[], None]:
    items: list[object] = []
    random = Random(5)

    def call() -> None:
        for _ in range(5):
            items.append(object()) if random.random() < 0.5 or not items else items.pop()
        del items[10:]

    return call


def a_ring_that_was_full_before() -> Callable[[], None]:
    ring = deque((object() for _ in range(1000)), maxlen=1000)
    return lambda: ring.append(object())


def the_last_result() -> Callable[[], None]:
    kept: dict[str, object] = {}
    return lambda: kept.update(last=[Item(n) for n in range(10)])


def a_store_that_moves() -> Callable[[], None]:
    store = OrderedDict((n, [n]) for n in range(50))
    numbers = iter(range(50, 10_000))

    def call() -> None:
        store[next(numbers)] = [1]
        store.popitem(last=False)

    return call


def cycles() -> None:
    for n in range(20):
        one, two = Item(n), Item(n)
        one.other, two.other = two, one


def exceptions() -> None:
    for n in range(5):
        try:
            raise ValueError(n)  # noqa: TRY301 - the same
        except ValueError as error:
            with contextlib.suppress(KeyError):
                raise KeyError(n) from error


def generators() -> None:
    def numbers(n: int) -> Iterator[int]:
        yield from range(n)

    assert sum(numbers(300)) == 44850
    next(numbers(5))


def threads() -> None:
    all_ = [threading.Thread(target=cycles) for _ in range(3)]
    for one in all_:
        one.start()
    for one in all_:
        one.join()


def documents() -> None:
    json.loads(json.dumps({"a": [1.5, None, {"b": "c" * 100}]}))


def patterns() -> None:
    assert re.sub(r"(\d+)-(\w+)", r"\2", "12-ab " * 30).count("ab") == 30


def names_made_anew() -> None:
    for n in range(10):
        getattr(nothing, f"no_{n}_{id(object())}", None)


def local_classes() -> None:
    class Local:
        pass

    Local()


def numbers_and_texts() -> None:
    sorted(f"{n * 1.5:.3f}" for n in range(500))


async def coroutines() -> None:
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(5)))


def large_buffers() -> None:
    bytearray(1_000_000).extend(bytes(500_000))


class Sometimes:
    """Empties itself every tenth call."""

    def __init__(self) -> None:
        self.items: list[object] = []

    def __call__(self) -> None:
        self.items.append([])
        if len(self.items) == 10:
            self.items = []


CLEAN: list[Callable[[], Any]] = [
    a_cache_that_is_full_in_time,
    a_dict_that_is_resized,
    a_list_that_grows_and_shrinks,
    a_ring_that_was_full_before,
    the_last_result,
    a_store_that_moves,
    Sometimes,
]
CLEAN_FUNCTIONS: list[Callable[[], Any]] = [
    nothing,
    cycles,
    exceptions,
    generators,
    threads,
    documents,
    patterns,
    names_made_anew,
    local_classes,
    numbers_and_texts,
    coroutines,
    large_buffers,
    partial(sorted, [3, 1, 2]),
]


@pytest.mark.drill
def test_a_hundred_clean_runs_raise_no_alarm() -> None:
    for _ in range(5):
        for fn in (*(make() for make in CLEAN), *CLEAN_FUNCTIONS):
            assert_no_growth(fn)


def test_a_floor_that_rises_in_every_third_is_a_leak() -> None:
    random, n = Random(3), 31

    def share(make: Callable[[], list[int]], runs: int = 300) -> float:
        return sum(rises(make(), 1) for _ in range(runs)) / runs

    def shaken(per_call: int, by: int) -> Callable[[], list[int]]:
        return lambda: [per_call * k + random.randint(0, by) for k in range(n)]

    def sawtooth(period: int) -> list[int]:
        begin = random.randrange(period)
        return [(begin + k) % period for k in range(n)]

    def stairs(steps: int) -> list[int]:
        at = random.sample(range(1, n), steps)
        return [sum(100 for one in at if one <= k) for k in range(n)]

    assert share(shaken(1, 0)) == share(shaken(1, 1)) == share(shaken(5, 5)) == 1
    assert share(shaken(1, 3)) > 0.98
    assert share(shaken(0, 5)) == share(shaken(0, 50)) == 0
    assert [share(partial(sawtooth, period)) for period in (2, 5, 10, 15, 20)] == [0] * 5
    assert [share(partial(stairs, steps)) for steps in (1, 3, 5, 8)] == [0] * 4
    assert [rises([min(k, full) for k in range(n)], 1) for full in (5, 10, 20, 30)] == [False, False, False, True]
    assert rises([512 * k for k in range(n)], 512)
    assert not rises([100 * k for k in range(n)], 512)


def test_it_calls_as_often_as_it_says_and_passes_exceptions_on() -> None:
    calls: list[int] = []
    assert_no_growth(partial(calls.append, 1), iterations=12, warmup=3)
    assert len(calls) == 15
    with pytest.raises(KeyError, match="of the function"):
        assert_no_growth(partial({}.__getitem__, "of the function"))
    for wrong in ({"iterations": 11}, {"warmup": -1}):
        with pytest.raises(ValueError, match="at least"):
            assert_no_growth(nothing, **wrong)


@pytest.mark.usefixtures("_emptied")
def test_what_the_program_froze_or_traces_stays_so() -> None:
    tracemalloc.start(2)
    gc.freeze()
    try:
        assert_no_growth(cycles)
        with pytest.raises(AssertionError, match="called from"):
            assert_no_growth(an_instance)
        assert gc.get_freeze_count() > 0
        assert tracemalloc.get_traceback_limit() == 2
    finally:
        gc.unfreeze()
        tracemalloc.stop()
