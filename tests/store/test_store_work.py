"""What measuring took is kept with a run, the newest measurement's, and never in the way of its results."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_runs import BENCHMARKS, PLAIN, ok, run

from bench_runner.errors import StoreError
from bench_runner.history.facts import RunFact
from bench_runner.model.work import STEPS, Spent, Work
from bench_runner.store import columns
from bench_runner.store.files import Store
from bench_runner.store.work import KEY, read_work, write_work

WORK = Work(12.5, {"prepare": Spent(1, 2.0, 1.5), "case": Spent(53, 9.0, 8.25)}, {"bytes stored": 8123, "cases": 53})
SECONDS = st.floats(0, 1e6, allow_nan=False)
SPENT = st.builds(Spent, st.integers(0, 10**6), SECONDS, SECONDS)
WORKS = st.builds(
    Work, SECONDS, st.dictionaries(st.sampled_from(STEPS), SPENT), st.dictionaries(st.text(), st.integers(0, 10**9))
)


def test_the_newest_measurement_says_what_it_took(store: Store) -> None:
    first = replace(run(found=[ok(PLAIN, 1.0)]), work=WORK)
    assert store.load(store.add(first, benchmarks=BENCHMARKS)).work == WORK
    again = replace(first, work=replace(WORK, wall_s=3.0))
    assert store.load(store.add(again, benchmarks=BENCHMARKS)).work.wall_s == 3.0
    silent = replace(first, work=Work())
    assert store.load(store.add(silent, benchmarks=BENCHMARKS)).work.wall_s == 3.0


def test_the_column_cache_tells_it_too(store: Store) -> None:
    store.add(replace(run(found=[ok(PLAIN, 1.0)]), work=WORK), benchmarks=BENCHMARKS)
    for _ in range(2):  # read, and taken from the cache
        (entry,) = columns.load(store, store.results.parent / "cache").entries
        assert read_work({KEY: entry.work}) == WORK
    assert RunFact("", "", "").work == Work()


@given(WORKS)
def test_what_is_written_is_read(work: Work) -> None:
    read = read_work({KEY: json.loads(json.dumps(write_work(work)))})
    assert (read.counts, read.steps.keys()) == (work.counts, work.steps.keys())
    assert read.wall_s == pytest.approx(work.wall_s, rel=1e-4)
    for name, one in work.steps.items():
        assert read.steps[name].count == one.count
        assert (read.steps[name].wall_s, read.steps[name].cpu_s) == pytest.approx((one.wall_s, one.cpu_s), rel=1e-4)


STRANGE = (
    [],
    {"steps": {"case": 3}},
    {"steps": {"case": [1, 2]}},
    {"steps": {"case": [1.5, 2, 3]}},
    {"counts": {"cases": "x"}},
    {"wall_s": "long"},
)


@pytest.mark.parametrize("bad", STRANGE)
def test_what_cannot_be_is_named(bad: object) -> None:
    with pytest.raises(StoreError, match="must be"):
        read_work({KEY: bad})
