"""How quiet it was is stored with each round, in few bytes; files from before that are read as ever."""

import json
import math
import shutil
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_runs import BENCHMARKS, BUSY, PLAIN, QUIET, ok, run, same

from bench_runner.model.sample import Round, Sample
from bench_runner.model.vitals import UNKNOWN, Vitals
from bench_runner.store.files import Store
from bench_runner.store.own import SCHEMA, Conditions
from bench_runner.store.records import read_case, write_case
from bench_runner.store.verify import verify

BEFORE = Path(__file__).parent / "schema_1"
NUMBERS = st.floats(0, 1e12, allow_nan=False) | st.just(math.nan) | st.integers(0, 10).map(float)


def record(*vitals: Vitals) -> dict[str, object]:
    """What a file says of one case with rounds of these vitals."""
    rounds = tuple(Round((0.99, 1.0, 1.02), vitals=one) for one in vitals)
    return write_case(replace(ok(PLAIN, 1.0), sample=Sample(rounds)), 0)


def test_each_round_keeps_its_own(store: Store) -> None:
    path = store.add(run(found=[ok(PLAIN, 1.0, 1.1, 1.2)]), benchmarks=BENCHMARKS)
    (result,) = store.load(path).results
    assert result.sample is not None
    assert [repr(one.vitals) for one in result.sample.rounds] == [repr(QUIET), repr(UNKNOWN), repr(BUSY)]
    assert verify(store.results).damages == ()


def test_what_is_alike_or_unknown_takes_no_room() -> None:
    found = record(QUIET, QUIET, BUSY)
    assert found["swapped"] == 0
    assert found["others"] == [0.013, 0.013, 0.613]
    assert found["mhz"] == [3200, 3200, None]
    assert not {"others", "canary_s", "steal"} & record(UNKNOWN, UNKNOWN).keys()
    assert "mhz" not in record(BUSY)


def test_no_more_digits_than_there_is_truth() -> None:
    found = record(Vitals(minor=123456.0, others=1 / 3, canary_s=0.00123456789, load=12.345))
    assert (found["minor"], found["others"], found["canary_s"], found["load"]) == (123460, 0.333, 0.001235, 12.3)


@pytest.mark.slow
@given(st.lists(st.tuples(*[NUMBERS] * len(astuple(UNKNOWN))), min_size=1, max_size=6))
def test_what_is_written_is_read(rows: list[tuple[float, ...]]) -> None:
    written = json.loads(json.dumps(record(*(Vitals(*row) for row in rows))))
    plain = replace(ok(PLAIN, 1.0), sample=Sample((Round((0.99, 1.0, 1.02) * len(rows)),)))
    read = read_case(written, plain, lambda _: Conditions(run().protocol, run().fingerprint)).sample
    assert read is not None
    for row, one in zip(rows, read.rounds, strict=True):
        assert astuple(one.vitals) == pytest.approx(row, rel=5e-3, nan_ok=True)


def test_a_file_from_before_is_read_and_goes_on_in_the_new_way(tmp_path: Path) -> None:
    shutil.copytree(BEFORE, tmp_path / "old")
    old = Store(tmp_path / "old")
    (path,) = old.paths()
    assert json.loads(path.read_text())["bench_runner"]["schema"] == 1
    found = old.load(path)
    assert len(found.results) == 18
    assert {repr(one.vitals) for result in found.results if result.sample for one in result.sample.rounds} == {
        repr(UNKNOWN)
    }
    assert verify(old.results).damages == ()
    rewritten = old.add(found, benchmarks=old.benchmarks().values())
    assert json.loads(rewritten.read_text())["bench_runner"]["schema"] == SCHEMA
    assert same(old.load(rewritten), found)


@pytest.mark.slow
@given(st.lists(st.tuples(*[NUMBERS] * len(astuple(UNKNOWN))), min_size=1, max_size=6))
def test_what_was_rounded_is_stored_as_it_is(rows: list[tuple[float, ...]]) -> None:
    rounded = [Vitals(*row).rounded() for row in rows]
    written = json.loads(json.dumps(record(*rounded)))
    plain = replace(ok(PLAIN, 1.0), sample=Sample((Round((0.99, 1.0, 1.02) * len(rows)),)))
    read = read_case(written, plain, lambda _: None).sample
    assert read is not None
    assert [repr(one.vitals) for one in read.rounds] == [repr(one) for one in rounded]
