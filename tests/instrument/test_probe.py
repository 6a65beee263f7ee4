"""A probe never raises into the program, and never swallows what is the program's."""

import itertools
import signal
import threading
from typing import Any

import pytest

from bench_runner.instrument import registry
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.probe import Probe

NUMBER = itertools.count()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def probe(told: list[str]) -> Probe:
    return Probe(f"test_probe {next(NUMBER)}", lambda: told.append("broken"))


def raising(error: BaseException) -> object:
    """Return a function that fails in our package."""
    space: dict[str, Any] = {"__name__": Histogram.__module__, "error": error}
    exec("def record(self, ns): raise error", space)
    return space["record"]


def test_each_thread_begins_by_itself(probe: Probe, told: list[str]) -> None:
    for _ in range(2):
        thread = threading.Thread(target=probe.record, args=(1,))
        thread.start()
        thread.join()
    probe.record(1)
    assert registry.histograms()[probe.name].count == 3
    assert told == []


@pytest.mark.parametrize("error", [TypeError("ours"), MemoryError(), KeyError("x")])
@pytest.mark.parametrize("first", [True, False])
def test_a_failure_of_ours_is_counted_and_told(
    probe: Probe, told: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception, first: bool
) -> None:
    if not first:
        probe.record(1)
    monkeypatch.setattr(Histogram, "record", raising(error))
    probe.record(1)
    assert (probe.broken, told) == (True, ["broken"])
    assert registry.failures()[probe.name].count == 1
    assert type(error).__name__ in registry.failures()[probe.name].message


@pytest.mark.parametrize("error", [TimeoutError("theirs"), KeyboardInterrupt(), SystemExit(3), RecursionError()])
def test_what_is_not_ours_passes(
    probe: Probe, told: list[str], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    probe.record(1)
    monkeypatch.setattr(Histogram, "record", raising(error))
    with pytest.raises(type(error)):
        probe.record(1)
    assert (probe.broken, told) == (False, [])


@pytest.mark.parametrize("first", [True, False])
def test_what_a_signal_handler_raises_while_we_record_passes(
    probe: Probe, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    def handler(*_: object) -> None:
        raise ValueError("from the handler")

    def record(self: Histogram, ns: int) -> None:
        signal.raise_signal(signal.SIGUSR1)

    if not first:
        probe.record(1)
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        monkeypatch.setattr(Histogram, "record", record)
        with pytest.raises(ValueError, match="from the handler"):
            probe.record(1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not probe.broken
