"""Timing that a test switched on ends with it."""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import pytest

from bench_runner.instrument import registry, switching
from bench_runner.instrument.rules import Rules


@pytest.fixture
def switches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the test rules and counts of its own, and leave no stub in any function."""
    monkeypatch.setattr(switching, "_rules", Rules())
    lasting = {function: label for function, label in switching._declared.items() if not label.enabled}
    monkeypatch.setattr(switching, "_declared", WeakKeyDictionary(lasting))
    monkeypatch.setattr(switching, "_seen", set())
    registry.clear()
    yield
    switching.disable("*")
    assert not switching.swapping.timed_names()
