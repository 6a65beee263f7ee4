"""A chain tells what keeps an object alive, from a module down, in bounded steps and without running foreign code."""

import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench_runner.instrument import holders
from bench_runner.instrument.holders import DEPTH, chain


class Box:
    def __init__(self, inside: object = None) -> None:
        self.inside = inside


class Closed:
    __slots__ = ("inside",)


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        raise RuntimeError


ROOT: dict[object, object] = {}
HERE = f"module {__name__}"


def test_each_step_says_how_it_holds_the_next() -> None:
    thing, closed = Box(), Closed()
    closed.inside = [thing]
    ROOT["a"] = deque([0, Box((1, closed))])
    try:
        told = chain(closed.inside, thing)
    finally:
        ROOT.clear()
    box = f"{__name__}.Box"
    end = f"tuple [1] -> {__name__}.Closed -> list [0] -> {box}"
    beginning = f"{HERE} ROOT -> dict a -> collections.deque [1] -> {box}"
    assert told in {f"{beginning} .inside -> {end}", f"{beginning} -> dict inside -> {end}"}


def test_hostile_objects_are_named_and_not_asked() -> None:
    thing, hostile = Box(), Hostile()
    ROOT[hostile] = [thing]
    ROOT["\n" * 500] = thing
    try:
        told = chain(ROOT[hostile], thing)
    finally:
        ROOT.clear()
    assert told == f"{HERE} ROOT -> dict <{__name__}.Hostile> -> list [0] -> {__name__}.Box"
    assert len(holders._key("\n" * 500)) < 50
    assert "\n" not in holders._key("\n")


def test_a_module_that_is_loaded_lazily_does_not_notice() -> None:
    class Lazy(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError

    sys.modules["test_holders_lazy"] = Lazy("test_holders_lazy")
    try:
        ROOT["a"] = thing = [Box()]
        assert chain(ROOT, thing) == f"{HERE} ROOT -> dict a -> list"
    finally:
        del sys.modules["test_holders_lazy"]
        ROOT.clear()


@pytest.mark.slow
def test_the_search_ends() -> None:
    thing: object = Box()
    outer = first = [thing]
    for _ in range(2 * DEPTH):
        outer = [outer]
    assert chain(first, thing) == f"... -> list [0] -> {__name__}.Box"
    ring: list[object] = [thing]
    ring.append(ring)
    assert chain(ring, thing).endswith(f"list [0] -> {__name__}.Box")


def test_a_running_call_is_a_root() -> None:
    thing, ready, done = Box(), threading.Event(), threading.Event()
    found: list[list[object]] = []

    def work(kept: list[object]) -> None:
        sys._getframe()  # a frame that is known to the garbage collector
        found.append(kept)
        ready.set()
        done.wait(10)

    thread = threading.Thread(target=work, args=([thing],))
    thread.start()
    ready.wait(10)
    try:
        told = chain(found.pop(), thing)
    finally:
        done.set()
        thread.join()
    assert told.endswith(f"list [0] -> {__name__}.Box")
    assert told.startswith((f"call of work at {__file__}:", "module threading "))


def test_of_a_module_only_its_dict_is_asked() -> None:
    # Python 3.12 before 3.12.6: to ask `_asyncio` itself puts its list of free iterators into a circle.
    assert holders.held_by(sys) == []
    assert any(one is sys for one in holders.held_by(sys.modules))


FUTURES = """
import asyncio, gc
from bench_runner.instrument import holders

async def main():
    futures = [asyncio.get_running_loop().create_future() for _ in range(20)]
    asyncio.get_running_loop().call_later(0.01, lambda: [one.set_result(1) for one in futures])
    for one in futures:
        await one

asyncio.run(main())
for _ in range(40):
    for one in gc.get_objects():
        holders.held_by(one)
gc.get_referrers(object())
"""


def test_looks_at_all_objects_come_to_an_end() -> None:
    # With `gc.get_referents` for all, Python 3.12.1 does not come out of the last line.
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", FUTURES], env=environment, check=True, timeout=60)
