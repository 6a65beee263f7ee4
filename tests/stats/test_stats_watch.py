"""A series that grows is examined where its new points ask for it, and is what it would be if examined at once."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.stats import changepoints
from bench_runner.stats.changepoints import Segments, State
from bench_runner.stats.watch import ALWAYS, SHARE, checkpoint

Points = tuple[list[float], list[float], list[float]]


def random_history(rng: np.random.Generator) -> Points:
    """Return values with intervals: levels, slow hours, missing points, quantised ones, zeros, now and then."""
    size = int(rng.integers(3, 260))
    log = rng.normal(0, 0.02, size) if rng.random() < 0.7 else 0.02 * rng.standard_t(2, size)
    for _ in range(rng.integers(0, 4)):
        first = int(rng.integers(0, size))
        log[first : first + int(rng.integers(1, 40)) if rng.random() < 0.4 else None] += rng.normal(0, 0.15)
    values = 100 * np.exp(log)
    if rng.random() < 0.1:
        values = np.round(values / 3)
    if rng.random() < 0.05:
        values[rng.random(size) < 0.1] *= 0
    if rng.random() < 0.05:
        values[:] = 7.0
    values[rng.random(size) < 0.1 * (rng.random() < 0.3)] = np.nan
    half = 0.01 * np.abs(values) * rng.random(size)
    return values.tolist(), (values - half).tolist(), (values + half).tolist()


def pieces(rng: np.random.Generator, size: int) -> Iterator[slice]:
    """Cut a history into nights; most bring one point."""
    start = int(rng.integers(0, size))
    yield slice(0, start)
    while start < size:
        end = start + int(rng.choice([1, 1, 1, 7, 40]))
        yield slice(start, end)
        start = end


def grows_as_it_is(rng: np.random.Generator) -> None:
    values, low, high = random_history(rng)
    own = rng.random() < 0.5
    known, state = Segments(), State()
    for piece in list(pieces(rng, len(values)))[-12:] if own else pieces(rng, len(values)):
        start = len(state.values)
        ends = {"low": low[start : piece.stop], "high": high[start : piece.stop]} if own else {}
        state = known.update(state, values[start : piece.stop], **ends)
    whole = Segments().examine(values, low=low if own else None, high=high if own else None)
    assert repr(state.examined) == repr(whole)  # where NaN is NaN


@pytest.mark.parametrize("seed", range(40))
def test_updates_equal_full_recomputation(seed: int) -> None:
    grows_as_it_is(np.random.default_rng(seed))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_updates_of_a_thousand_histories_equal_full_recomputation(block: int) -> None:
    for seed in range(100):
        grows_as_it_is(np.random.default_rng(1000 + 100 * block + seed))


@given(st.integers(min_value=1, max_value=10**6))
def test_the_first_size_examined_is_near_the_end(size: int) -> None:
    first = checkpoint(size)
    assert checkpoint(first) == first <= size
    assert first == size if size < ALWAYS else size - first <= size / SHARE


def test_few_sizes_are_examined_first() -> None:
    firsts = [checkpoint(size) for size in range(ALWAYS, 4096)]
    assert firsts == sorted(firsts)
    assert len(set(firsts)) < 16 * 7  # at most 16 for each doubling


def test_newer_points_call_where_they_may_be_of_another_level_first() -> None:
    values = 100 + np.random.default_rng(4).normal(0, 2, 330)
    watch = changepoints._check(values[:300], None, None).watch
    assert watch.next(values, 300) is None
    assert watch.next(values[:300], 300) is None
    values[310:] += 12
    first = watch.next(values[:314], 300)
    assert first in {312, 313, 314}
    assert watch.next(values, 300) == 300 + 2 * (first - 300)  # twice as many after it, for four times are not there


def test_a_young_level_is_examined_when_it_has_grown_by_half() -> None:
    values = 100 + np.random.default_rng(5).normal(0, 2, 340)
    values[290:] += 12
    watch = changepoints._check(values[:300], None, None).watch
    assert watch.next(values[:305], 300) is None
    assert watch.next(values[:306], 300) == 306
    assert watch.next(values[:311], 300) == 306
    assert watch.next(values[:312], 300) == 312


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes that were examined."""
    sizes: list[int] = []
    real = changepoints._check

    def counting(points: np.ndarray, *own: np.ndarray | None) -> changepoints.Checked:
        sizes.append(len(points))
        return real(points, *own)

    monkeypatch.setattr(changepoints, "_check", counting)
    return sizes


def nightly(values: np.ndarray, first: int) -> None:
    segments = Segments()
    for size in range(first, len(values) + 1):
        segments.steps(values[:size])


def test_a_quiet_series_is_hardly_ever_examined(examined: list[int]) -> None:
    for seed in range(5):
        nightly(100 + np.random.default_rng(seed).normal(0, 2, 400), 300)
    assert len(examined) < 0.1 * 5 * 100


def test_a_change_is_examined_at_once_and_then_less_and_less(examined: list[int]) -> None:
    values = 100 + np.random.default_rng(1).normal(0, 2, 400)
    values[330:] += 12
    nightly(values, 300)
    assert min(size for size in examined if size > 330) <= 334
    assert sum(size > 330 for size in examined) < 25
    assert [step.index for step in Segments().steps(values)] == [330]


def test_what_is_known_is_not_examined_again(examined: list[int]) -> None:
    values = 100 + np.random.default_rng(2).normal(0, 2, 150)
    segments = Segments()
    first = segments.examine(values)
    size = len(examined)
    assert segments.examine(values.copy()) == first
    assert len(examined) == size


def test_a_constant_series_is_examined_when_it_moves(examined: list[int]) -> None:
    values = np.full(200, 5.0)
    segments = Segments()
    segments.steps(values[:199])
    del examined[:]
    segments.steps(values)
    assert examined == []
    values[195:] = 6.0
    assert [step.index for step in segments.steps(values)] == [195]


def test_a_zero_among_new_points_is_no_error() -> None:
    values = 100 + np.random.default_rng(3).normal(0, 2, 199)
    assert Segments().steps([*values, 0.0]) == []
