"""Timing that a test switched on ends with it."""

import asyncio
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import pytest
from hypothesis import settings

from bench_runner.instrument import registry, switching
from bench_runner.instrument.rules import Rules

# An example has no time limit, which a busy machine would break.
settings.register_profile("instrument", deadline=None)
settings.load_profile("instrument")


@pytest.fixture(autouse=True)
def no_loop() -> Iterator[None]:
    """Put aside the event loop that Chromium's driver leaves running in the thread of the tests."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture
def switches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the test rules and counts of its own, and leave no stub in any function."""
    monkeypatch.setattr(switching, "_rules", Rules())
    lasting = {function: label for function, label in switching._declared.items() if not label.enabled}
    monkeypatch.setattr(switching, "_declared", WeakKeyDictionary(lasting))
    monkeypatch.setattr(switching, "_seen", set())
    registry.clear()
    yield
    switching.follow_on_top(())
    switching.disable("*")
    assert not switching.swapping.timed_names()
