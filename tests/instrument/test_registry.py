"""What is measured is found by name, in bounded memory, and a child has its own."""

import os

import pytest

from bench_runner.instrument import registry


@pytest.fixture(autouse=True)
def _of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_histograms", {})
    monkeypatch.setattr(registry, "_failures", {})


def test_a_name_has_one_histogram_and_empty_ones_are_not_told() -> None:
    registry.histogram("a").record(5)
    registry.histogram("a").record(7)
    registry.histogram("b")
    assert {name: one.sum_ns for name, one in registry.histograms().items()} == {"a": 12}
    registry.clear()
    assert registry.histograms() == {}


def test_names_made_from_data_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_NAMES", 3)
    for n in range(10):
        registry.histogram(f"request {n}").record(1)
        registry.failed(f"request {n}", "no")
    registry.histogram("request 1").record(1)
    registry.failed("request 1", "no")
    assert {name: one.count for name, one in registry.histograms().items()} == {
        "request 0": 1,
        "request 1": 2,
        "request 2": 1,
        registry.OVERFLOW: 7,
    }
    assert registry.failures()["request 1"].count == 2
    assert registry.failures()[registry.OVERFLOW].count == 7


def test_failures_keep_the_last_reason_whatever_it_is() -> None:
    class SpeechlessError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    registry.failed("a", ValueError("x" * 10_000))
    registry.failed("a", SpeechlessError())
    assert repr(registry.failures()) == "{'a': <2 failures, the last: SpeechlessError>}"
    registry.failed("a", ValueError("x" * 10_000))
    assert len(registry.failures()["a"].message) <= registry.LONGEST
    registry.failure("never happened")
    assert list(registry.failures()) == ["a"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_has_neither_counts_nor_failures_of_its_parent() -> None:
    registry.histogram("a").record(5)
    registry.failed("b", "no")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        before = registry.histograms(), registry.failures()
        registry.histogram("a").record(1)
        registry.failed("b", "again")
        own = registry.histograms()["a"].sum_ns, registry.failures()["b"].count
        os.write(writing, f"{before} {own}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"({}, {}) (1, 1)"
    assert registry.histograms()["a"].sum_ns == 5
    assert registry.failures()["b"].count == 1
