"""Generators, coroutines and asynchronous generators do the same with a stub in them, and their two times are told."""

import asyncio
import contextlib
import gc
import inspect
import itertools
import time
import traceback
import types
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.instrument import registry
from bench_runner.instrument.lives import ELAPSED, LifeProbe
from bench_runner.instrument.stub import stub

NUMBER = itertools.count()
MS = 10**6


def with_stub(function: Callable[..., Any]) -> str:
    name = f"test_lives {next(NUMBER)}"
    function.__code__ = stub(function.__code__, LifeProbe(name, print))  # type: ignore[attr-defined]
    return name


def copy(function: Any) -> Any:
    return FunctionType(function.__code__, globals(), closure=function.__closure__)


def stubborn(log: list[object]) -> Generator[object, object, object]:
    """Answer all that can be done to a generator."""
    for n in range(3):
        try:
            log.append((yield n))
        except ValueError as error:
            log.append(f"caught {error}")
            log.append((yield "from the handler"))
        except GeneratorExit:
            log.append("closing")
            if n == 1:
                yield "not yet"
            if n == 2:
                return "closed"
            raise
    if log and log[-1] == 2:
        raise LookupError("bad end")
    return "end"


def step(generator: Any, what: tuple[str, object]) -> object:
    """Do one thing to a generator and tell all that comes of it."""
    verb, value = what
    try:
        result = getattr(generator, verb)(*([] if verb == "close" else [value]))
    except BaseException as error:  # noqa: BLE001 - it is what is compared
        context = error.__context__
        return type(error).__name__, str(error), getattr(error, "value", None), type(context).__name__
    return verb != "close" and result


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from([None, None, 1, 2])),
        st.tuples(st.just("throw"), st.sampled_from([ValueError("v"), KeyError("k")])),
        st.tuples(st.just("close"), st.none()),
    ),
    max_size=8,
)


@given(STEPS)
def test_a_generator_answers_as_before(steps: list[tuple[str, object]]) -> None:
    timed = copy(stubborn)
    with_stub(timed)
    logs: tuple[list[object], list[object]] = ([], [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, other = stubborn(logs[0]), timed(logs[1])
        assert [step(one, what) for what in steps] == [step(other, what) for what in steps]
    assert logs[0] == logs[1]
    for generator in (one, other):
        with contextlib.suppress(RuntimeError):
            generator.close()


@types.coroutine
def pause(value: object) -> Generator[object, object, object]:
    return (yield value)


async def stubborn_coroutine(log: list[object]) -> object:
    """Answer all that can be done to a coroutine."""
    for n in range(3):
        try:
            log.append(await pause(n))
        except ValueError as error:
            log.append(f"caught {error}")
            log.append(await pause("in the handler"))
        finally:
            log.append("left")
    return "end"


@given(STEPS)
def test_a_coroutine_answers_as_before(steps: list[tuple[str, object]]) -> None:
    timed = copy(stubborn_coroutine)
    with_stub(timed)
    logs: tuple[list[object], list[object]] = ([], [])
    one, other = stubborn_coroutine(logs[0]), timed(logs[1])
    steps = [*steps, ("close", None)]
    assert [step(one, what) for what in steps] == [step(other, what) for what in steps]
    assert logs[0] == logs[1]


async def stubborn_async(log: list[object]) -> AsyncGenerator[object, object]:
    """Answer all that can be done to an asynchronous generator."""
    for n in range(3):
        try:
            await asyncio.sleep(0)
            log.append((yield n))
        except ValueError as error:
            log.append(f"caught {error}")
            log.append((yield "from the handler"))
        finally:
            await asyncio.sleep(0)
            log.append("left")


async def astep(generator: Any, what: tuple[str, object]) -> object:
    verb, value = what
    try:
        return await getattr(generator, f"a{verb}")(*([] if verb == "close" else [value]))
    except BaseException as error:  # noqa: BLE001 - it is what is compared
        return type(error).__name__, str(error)


@given(STEPS)
def test_an_asynchronous_generator_answers_as_before(steps: list[tuple[str, object]]) -> None:
    timed = copy(stubborn_async)
    with_stub(timed)
    logs: tuple[list[object], list[object]] = ([], [])

    async def all_of(generator: Any) -> list[object]:
        told = [await astep(generator, what) for what in steps]
        await generator.aclose()
        return told

    assert asyncio.run(all_of(stubborn_async(logs[0]))) == asyncio.run(all_of(timed(logs[1])))
    assert logs[0] == logs[1]


def test_kinds_are_still_told_apart() -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def coroutine() -> None: ...

    async def asynchronous() -> AsyncIterator[int]:
        yield 1

    @types.coroutine
    def old_style() -> Generator[None, None, int]:
        yield
        return 3

    for function in (generator, coroutine, asynchronous, old_style):
        with_stub(function)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isasyncgenfunction(asynchronous)

    async def awaits() -> int:
        return await old_style()

    assert asyncio.run(awaits()) == 3


def test_waiting_is_not_running() -> None:
    async def waits() -> int:
        time.sleep(0.01)  # noqa: ASYNC251 - it is to be busy
        await asyncio.sleep(0.2)
        return 5

    name = with_stub(waits)
    assert asyncio.run(waits()) == 5
    told = registry.histograms()
    assert (told[name].count, told[name + ELAPSED].count) == (1, 1)
    assert 9 * MS < told[name].sum_ns < told[name + ELAPSED].sum_ns - 150 * MS


def test_a_generator_runs_only_in_its_own_frames() -> None:
    def slow() -> Iterator[int]:
        for n in range(3):
            time.sleep(0.005)
            yield n

    name = with_stub(slow)
    for _ in slow():
        time.sleep(0.05)
    told = registry.histograms()
    assert 14 * MS < told[name].sum_ns < told[name + ELAPSED].sum_ns - 100 * MS


def test_what_is_dropped_or_closed_is_told_and_what_never_began_is_not() -> None:
    def endless() -> Generator[int, None, None]:
        yield from itertools.count()

    name = with_stub(endless)
    next(endless())
    closed = endless()
    next(closed)
    closed.close()
    endless()
    gc.collect()
    assert registry.histograms()[name].count == 2


async def fails(now: bool) -> None:
    if now:
        raise KeyError("why")
    await asyncio.sleep(10)


async def yields_and_fails() -> AsyncIterator[int]:
    yield 1
    await fails(True)


async def iterates() -> None:
    async for _ in yields_and_fails():
        pass


async def is_cancelled() -> None:
    task = asyncio.ensure_future(fails(False))
    await asyncio.sleep(0)
    task.cancel()
    await task


def frames_of(coroutine: Coroutine[Any, Any, None]) -> list[str]:
    try:
        asyncio.run(coroutine)
    except (KeyError, asyncio.CancelledError) as error:
        return [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    return []


def test_errors_and_cancelling_pass_without_our_frames() -> None:
    before = [frames_of(one) for one in (fails(True), iterates(), is_cancelled())]
    names = [with_stub(function) for function in (fails, yields_and_fails)]
    assert [frames_of(one) for one in (fails(True), iterates(), is_cancelled())] == before
    assert [registry.histograms()[name].count for name in names] == [3, 1]


def test_a_loop_closes_abandoned_asynchronous_generators_without_complaint() -> None:
    left, complaints = [], []

    async def agen() -> AsyncIterator[int]:
        try:
            for n in range(9):
                await asyncio.sleep(0)
                yield n
        finally:
            await asyncio.sleep(0)
            left.append("cleaned")

    async def abandon() -> list[AsyncIterator[int]]:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        kept = agen()
        assert await anext(kept) == 0
        async for n in agen():
            if n == 2:
                break
        await asyncio.sleep(0.01)
        return [kept]

    name = with_stub(agen)
    asyncio.run(abandon())
    assert complaints == []
    assert left == ["cleaned", "cleaned"]
    assert registry.histograms()[name].count == 2


def test_a_coroutine_that_is_never_awaited_warns_by_its_own_name() -> None:
    async def forgotten() -> None: ...

    name = with_stub(forgotten)
    kept = [forgotten()]
    with pytest.warns(RuntimeWarning, match=r"forgotten' was never awaited"):
        kept.clear()
    assert name not in registry.histograms()
