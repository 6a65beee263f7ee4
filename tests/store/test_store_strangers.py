"""Whatever stands in a result file, reading it ends with a run or with a StoreError, and both readers agree."""

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_runs import BENCHMARKS, run

from bench_runner.errors import StoreError
from bench_runner.store.asv_entries import read_entry, write_entry
from bench_runner.store.asv_format import Document
from bench_runner.store.asv_update import update
from bench_runner.store.points import read_points

pytestmark = pytest.mark.slow

WHOLE = json.loads(json.dumps(update(None, run(), {one.name: one for one in BENCHMARKS})))
FOREIGN = {key: value for key, value in WHOLE.items() if key != "bench_runner"}
ENTRIES = [write_entry(one) for one in BENCHMARKS]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\udcff")
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def places(data: Any) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as a path of keys."""
    keys = list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
    return [(), *((key, *rest) for key in keys for rest in places(data[key]))]


def changed(data: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with one value replaced."""
    if not place:
        return value
    found = copy.deepcopy(data)
    inner = found
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return found


def check(data: Any) -> None:
    """Read a document in both ways."""
    try:
        found = Document.of(data)
        points = read_points(found)
    except StoreError:
        points = None
    try:
        results = Document.of(data).run().results
    except StoreError:
        return
    assert points is not None
    assert points.outcome == [one.outcome for one in results]
    assert points.params == [json.dumps(one.case.params) for one in results]
    ours = [one.summary for one in results]
    assert repr(points.centre) == repr([one.centre if one else float("nan") for one in ours])
    for name in ("low", "high"):
        values = getattr(points, name)
        assert repr([value for value, one in zip(values, ours, strict=True) if one]) == repr(
            [getattr(one, name) for one in ours if one]
        )


quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.sampled_from(places(WHOLE)[1:]), anything)
def test_a_file_of_ours_with_one_strange_value(place: tuple[Any, ...], value: Any) -> None:
    check(changed(WHOLE, place, value))


@quick
@given(st.sampled_from(places(FOREIGN)[1:]), anything)
def test_a_file_of_asv_with_one_strange_value(place: tuple[Any, ...], value: Any) -> None:
    check(changed(FOREIGN, place, value))


@quick
@given(st.dictionaries(st.sampled_from([*WHOLE, "x"]), anything))
def test_a_file_of_strange_values(data: dict[str, Any]) -> None:
    check({**data, "version": 2})


@quick
@given(st.sampled_from(ENTRIES), st.data())
def test_a_benchmark_with_one_strange_value(entry: dict[str, Any], data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places(entry)))
    strange = changed(entry, place, data.draw(anything))
    with contextlib.suppress(StoreError):
        assert read_entry("bench.x", strange).name == "bench.x"
