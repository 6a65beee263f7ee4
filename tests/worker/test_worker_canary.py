"""The canary does always the same, on the right CPUs, and leaves the worker as it was."""

import gc
import os
from collections.abc import Iterator

import pytest

from bench_runner.worker import canary
from bench_runner.worker.messages import Canary, CanaryDone, decode, encode


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Nothing of the process is changed, however a canary ends."""
    cpus = getattr(os, "sched_getaffinity", lambda _: None)
    before = (gc.isenabled(), cpus(0))
    yield
    assert (gc.isenabled(), cpus(0)) == before


def test_the_work_is_always_the_same() -> None:
    assert canary.work() == canary.work() == 46136


def test_it_takes_the_median_of_its_repeats_after_a_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    costs = iter([100.0, 5.0, 1.0, 2.0])

    def work() -> None:
        clock[0] += next(costs)

    monkeypatch.setattr(canary, "work", work)
    monkeypatch.setattr(canary, "_clocks", lambda: (clock[0], clock[0] / 2))
    monkeypatch.setattr(canary, "_WARM_UP", 1)
    assert canary.take(Canary()) == CanaryDone(2.0, 1.0)


def test_it_says_seconds() -> None:
    done = decode(encode(canary.take(decode(encode(Canary())))))
    assert 0 < done.cpu_s <= done.wall_s * 1.5 + 1e-3
    assert done.wall_s < 10


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_it_is_bound_to_the_cpus_of_the_cases_and_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    last = max(os.sched_getaffinity(0))
    seen = []
    monkeypatch.setattr(canary, "work", lambda: seen.append((os.sched_getaffinity(0), gc.isenabled())))
    canary.take(Canary([last]))
    assert {(frozenset(cpus), collecting) for cpus, collecting in seen} == {(frozenset({last}), False)}


def test_it_leaves_the_worker_as_it_was_even_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> None:
        raise MemoryError

    monkeypatch.setattr(canary, "work", work)
    with pytest.raises(MemoryError):
        canary.take(Canary([0]))
