"""What is judged of a history is the same to the last bit when its samples are thinned."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

sys.path.append(str(Path(__file__).parent.parent / "store"))

from stored_runs import BENCHMARKS, PARAMS, PLAIN, run

from bench_runner.config.keep import Keep
from bench_runner.history.baselines import compare_baseline
from bench_runner.history.changes import find
from bench_runner.history.compare import compare_commits
from bench_runner.history.series import load
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.run import Result
from bench_runner.model.sample import Round, Sample
from bench_runner.model.vitals import Vitals
from bench_runner.stats.changepoints import Segments
from bench_runner.stats.summary import summarise
from bench_runner.store.baselines import set_, show
from bench_runner.store.files import Store
from bench_runner.store.thin import thin

COMMITS = [Commit(f"{k:040x}", (f"{k - 1:040x}",) if k else (), 86_400_000 * k, f"change {k}") for k in range(40)]


@dataclass(frozen=True)
class Git:
    """A branch."""

    def history(self, branch: str | None = None) -> Sequence[Commit]:
        return COMMITS


def measured(benchmark: Benchmark, params: tuple[str, ...], level: float, random: Random) -> Result:
    """Six rounds of up to five samples each, with noise between rounds and within them; some rounds were disturbed."""
    rounds = []
    for _ in range(6):
        middle = random.gauss(level, level / 100)
        values = tuple(random.gauss(middle, level / 50) for _ in range(random.randrange(1, 6)))
        rounds.append(Round(values, 10, wall_s=middle, vitals=vitals(random)))
    sample = Sample(tuple(rounds))
    return Result(
        Case(benchmark.name, params),
        "v1",
        "ok",
        sample,
        summarise(sample, benchmark.metric),
        started_ms=1,
        duration_s=1,
    )


def vitals(random: Random) -> Vitals:
    """Signs of which one in five is beyond its limit."""
    busy = random.random() < 0.2
    return Vitals(
        involuntary=random.randrange(100),
        others=random.uniform(0.3, 0.9) if busy else random.uniform(0, 0.24),
        load=random.uniform(0, 2),
        canary_s=random.uniform(1, 1.2),
        usual_s=random.uniform(0.97, 1),
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A history in which one benchmark gets slower half-way."""
    store, random = Store(tmp_path / "results"), Random(5)
    for place, commit in enumerate(COMMITS):
        found = [measured(PLAIN, (), 1.0 if place < 20 else 1.2, random)]
        found += [measured(PARAMS, case.params, 3.0, random) for case in PARAMS.cases()]
        store.add(replace(run(commit.sha, found), commit_time_ms=commit.time_ms), benchmarks=BENCHMARKS)
    return store


def judged(store: Store, cache: Path) -> str:
    """All series, changes and comparisons, in full digits."""
    history = load(store, Git(), cache=cache)
    pairs = [compare_commits(store, COMMITS[5].sha, COMMITS[k].sha) for k in (6, 30)]
    held = compare_baseline(store, show(store, "first"), COMMITS[30].sha)
    return repr((history.series, find(history, Segments()), pairs, held))


@pytest.mark.slow
def test_nothing_that_is_judged_changes(store: Store, tmp_path: Path) -> None:
    set_(store, "first", COMMITS[7].sha, set_ms=1)
    before = judged(store, tmp_path / "cache")
    assert "Change(" in before
    assert "slower" in before
    assert "rounds left out" in before
    assert thin(store, Keep(commits=10), tmp_path / "cache").runs == 29
    assert judged(store, tmp_path / "cache") == before
    assert judged(store, tmp_path / "fresh") == before
    first = show(store, "first")
    again = set_(store, "first", COMMITS[7].sha, set_ms=1, force=True)
    assert again.before == (first,)
    assert replace(again, before=()) == first


def test_a_baseline_can_be_set_of_a_thinned_run(store: Store, tmp_path: Path) -> None:
    whole = set_(store, "whole", COMMITS[3].sha, set_ms=1)
    (store.results / "baselines" / "whole.baseline").unlink()
    assert thin(store, Keep(commits=0), tmp_path / "cache").runs == 40
    assert set_(store, "whole", COMMITS[3].sha, set_ms=1) == whole
