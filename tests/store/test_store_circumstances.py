"""On what runs were taken reaches the history: from our files, from asv's, and again from the cache."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from stored_runs import BENCHMARKS, PLAIN, ok, run

from bench_runner.model.run import Fingerprint
from bench_runner.model.sample import Round, Sample
from bench_runner.model.vitals import Vitals
from bench_runner.store import columns
from bench_runner.store.circumstances import fingerprint_of, read_fingerprint, write_fingerprint
from bench_runner.store.files import Store

PRINT = Fingerprint("Xeon", "6.1", "3.11.9", {"numpy": "2.0"})
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(st.builds(Fingerprint, TEXT, TEXT, TEXT, st.dictionaries(TEXT, TEXT)))
def test_a_fingerprint_comes_back(one: Fingerprint) -> None:
    assert read_fingerprint(write_fingerprint(one)) == one


def test_nothing_written_tells_nothing() -> None:
    assert read_fingerprint("") == Fingerprint()


def test_a_run_without_a_fingerprint_has_its_machines() -> None:
    one = run(found=[])
    bare = replace(one, fingerprint=Fingerprint(), machine=replace(one.machine, cpu="Xeon", os="Linux 6.1"))
    assert fingerprint_of(bare) == Fingerprint("Xeon", "Linux 6.1")


def test_the_cache_tells_fingerprint_and_canary(store: Store) -> None:
    rounds = tuple(Round((1.0,), vitals=Vitals(usual_s=pace)) for pace in (0.010, 0.011, 0.012))
    measured = replace(ok(PLAIN, 1.0), sample=Sample(rounds))
    store.add(replace(run(found=[measured]), fingerprint=PRINT), benchmarks=BENCHMARKS)
    for _ in range(2):  # read, and taken from the cache
        (entry,) = columns.load(store, store.results.parent / "cache").entries
        assert read_fingerprint(entry.fingerprint) == PRINT
        assert entry.canary_s == 0.011
