"""The steps that measuring tells of, and whose seconds and bytes they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench_runner.instrument.spans import Span, listening
from bench_runner.runner.sampling import Sampling

pytestmark = pytest.mark.slow

SUITE = """
import os, time

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

class Cached:
    def setup_cache(self):
        burn(0.1)
        return 5

    def track_cached(self, cache):
        return cache

def track_burns():
    burn(0.3)
    return 1

def track_burns_in_a_child():
    child = os.fork()
    if child == 0:
        burn(0.3)
        os._exit(0)
    os.waitpid(child, 0)
    return 1

def track_fills():
    return len(bytearray(300 << 20))

def track_crashes():
    burn(0.3)
    os.abort()

def track_hangs():
    burn(0.3)
    time.sleep(60)
track_hangs.timeout = 1

def time_twice():
    time.sleep(0.001)
time_twice.rounds = 2

def track_params(text):
    return 1
track_params.params = ["a\\n\\x1b[31m'b"]
"""


def steps(bench: Any, write: Callable[..., Path]) -> list[Span]:
    heard: list[Span] = []
    with listening(heard.append):
        bench.measure(write(suite=SUITE), Sampling(rounds=2))
    return heard


def test_cost_of_each_case_is_that_of_its_process_however_it_ends(bench: Any, write: Callable[..., Path]) -> None:
    heard = steps(bench, write)
    cases = {str(one.fields["benchmark"]): one for one in reversed(heard) if one.name == "case"}
    for name in ("burns", "burns_in_a_child", "crashes", "hangs"):
        one = cases[f"suite.track_{name}"]
        assert 0.3 <= one.cpu_s < 1.0, name
        assert 1 << 20 < one.maxrss < 200 << 20, name
    assert cases["suite.track_fills"].maxrss > 300 << 20
    assert cases["suite.track_hangs"].dur_s >= 1.0
    outcomes = {name: one.fields["outcome"] for name, one in cases.items()}
    assert outcomes["suite.track_crashes"] == "crashed"
    assert outcomes["suite.track_hangs"] == "timeout"
    assert outcomes["suite.track_burns"] == "ok"
    assert cases["suite.track_hangs"].fields["error"] == "no answer within 1 s"
    assert 'suite.track_params("a\\n\\x1b[31m\'b")' in cases


def test_steps_of_a_round_lie_in_it(bench: Any, write: Callable[..., Path]) -> None:
    heard = steps(bench, write)
    rounds = {one.id: one for one in heard if one.name == "round"}
    assert [one.fields["round"] for one in rounds.values()] == [1, 2]
    cases = [one for one in heard if one.name == "case"]
    assert {one.parent for one in cases} == set(rounds)
    assert len(cases) == 8 + 1  # what is exact, or fails, is tried once
    (cache,) = [one for one in heard if one.name == "setup_cache"]
    assert cache.cpu_s >= 0.1
    assert cache.tick_s + cache.dur_s <= min(one.tick_s for one in rounds.values())
    preloads = [one for one in heard if one.name == "preload"]
    assert {one.parent for one in preloads} == set(rounds)
    assert all(one.cpu_s > 0.01 for one in preloads)
    for number, around in rounds.items():
        inside = [one for one in heard if one.parent == number]
        assert sum(one.dur_s for one in inside) <= around.dur_s
        assert sum(one.cpu_s for one in inside if one.name == "case") <= around.cpu_s
    (discover,) = [one for one in heard if one.name == "discover"]
    assert discover.fields["commit"] == "a" * 40
