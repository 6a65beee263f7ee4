"""What is left of a call: one object of each is found, and clean calls are never blamed."""

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from bench_runner.worker.allocations import left_over

TEXT = json.dumps([{str(number): [number] * 5} for number in range(50)])
LEFT: list[object] = []


def strings() -> int:
    return len({f"word {number}" for number in range(100)})


def raises() -> None:
    with suppress(ValueError):
        int("no number")


@pytest.fixture(autouse=True)
def _small() -> Iterator[None]:
    """Keep garbage collection from looking through what all the tests have loaded."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.slow
@pytest.mark.parametrize("clean", [int, lambda: json.loads(TEXT), strings, raises], ids=["int", "json", "str", "raise"])
def test_a_hundred_clean_runs_are_clean(clean: Callable[[], object]) -> None:
    assert [left_over(clean) for _ in range(100)] == [0] * 100


def test_one_object_of_each_call_is_found_in_thirty_calls() -> None:
    made = len(LEFT)
    assert left_over(lambda: LEFT.append(object())) == 1
    assert len(LEFT) - made <= 30
