"""Two commits, and a commit and a baseline, compared out of a real results directory."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench_runner.errors import InconclusiveError, NothingMeasuredError, UsageError
from bench_runner.history.baselines import compare_baseline
from bench_runner.history.compare import compare, compare_commits
from bench_runner.history.likeness import unlike
from bench_runner.history.rows import Terms
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.change import Comparison
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Rename
from bench_runner.model.run import Build, Fingerprint, Outcome, Protocol, Result, Run
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import summarise
from bench_runner.store import baselines
from bench_runner.store.files import Store

OLD, NEW = "a" * 40, "b" * 40
BENCHMARKS = {
    name: Benchmark(name, "v1", metric=metric, kind=kind)
    for name, kind, metric in [
        ("time_a", "time", Metric("time", "seconds")),
        ("time_b", "time", Metric("time", "seconds")),
        ("time_c", "time", Metric("time", "seconds")),
        ("track_n", "track", Metric("track", "calls", exact=True)),
        ("track_m", "track", Metric("track", "score")),
        ("mem_m", "memory", Metric("memory", "bytes")),
        ("peakmem_m", "peakmemory", Metric("peak memory", "bytes")),
        ("time_a:calls", "calls", Metric("calls", "calls", exact=True)),
    ]
}
SEEN = Fingerprint("Some CPU", "6.1", "CPython 3.11", {"numpy": "2.0", "My_Project": "1.0"})
HOW = Protocol("0.1", "asv_runner", 5, "fork")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


def result(name: str, centre: float, *, outcome: Outcome = "ok", version: str = "v1", seed: int = 0) -> Result:
    if outcome != "ok":
        return Result(Case(name), version, outcome, detail="no answer within 60 s" if outcome == "timeout" else "")
    spread = 0.0 if name.startswith("track") else 0.005
    values = centre * np.exp(np.random.default_rng(seed + round(centre * 1e6)).normal(0, spread, 5))
    sample = Sample(tuple(Round((float(value),)) for value in values))
    return Result(Case(name), version, "ok", sample, summarise(sample, BENCHMARKS[name].metric))


def put(
    store: Store,
    sha: str,
    results: Sequence[Result],
    *,
    seen: Fingerprint = SEEN,
    how: Protocol = HOW,
    environment: str = "3.11",
    machine: str = "lab",
    build: Build = Build(ok=True),  # noqa: B008 - frozen
) -> None:
    run = Run(sha, 1000, Environment("uv", environment), Machine(machine), build, how, seen, tuple(results))
    versions = {one.case.benchmark: one.version for one in results}
    store.add(run, benchmarks=[replace(one, version=versions.get(name, "v1")) for name, one in BENCHMARKS.items()])


def single(name: str, value: float) -> Result:
    """Return what asv_runner measures once."""
    sample = Sample((Round((value,)),))
    return Result(Case(name), "v1", "ok", sample, summarise(sample, BENCHMARKS[name].metric))


def by_name(found: Sequence[Comparison]) -> dict[str, Comparison]:
    return {one.case.benchmark: one for one in found}


def test_a_table(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0), result("time_b", 2.0), result("time_c", 3.0), result("track_n", 10)])
    put(store, NEW, [result("time_a", 1.3), result("time_b", 1.5), result("time_c", 3.005), result("track_n", 11)])
    found = by_name(compare_commits(store, OLD, NEW))
    assert {name: one.verdict for name, one in found.items()} == {
        "time_a": "slower",
        "time_b": "faster",
        "time_c": "unchanged",
        "track_n": "slower",
    }
    slower = found["time_a"]
    assert slower.ratio_low < 1.3 < slower.ratio_high
    assert slower.before is not None
    assert slower.before.centre == pytest.approx(1.0, rel=0.02)
    assert slower.ratio == pytest.approx(1.3, rel=0.02)
    assert (slower.environment, slower.machine) == ("uv-py3.11", "lab")
    assert found["track_n"].p == 0


def test_a_change_of_the_work_and_one_of_the_layout_are_told_apart(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0), single("time_a:calls", 1000)])
    put(store, NEW, [result("time_a", 1.05), single("time_a:calls", 1000)])
    other = "c" * 40
    put(store, other, [result("time_a", 1.05), single("time_a:calls", 1010)])
    layout, work = (by_name(compare_commits(store, OLD, new)) for new in (NEW, other))
    assert (layout["time_a"].verdict, layout["time_a:calls"].verdict) == ("slower", "unchanged")
    assert layout["time_a"].reason.startswith("calls unchanged: not the work")
    assert (work["time_a"].verdict, work["time_a:calls"].verdict) == ("slower", "slower")
    assert work["time_a"].reason == "more work: calls +1.0 %"


def test_a_peak_that_moved_says_whose_memory_it_was(store: Store) -> None:
    def peak(setup: float, value: float) -> Result:
        rounds = tuple(Round((value + k * 4096,), bare_rss=10e6, setup_rss=setup) for k in range(3))
        sample = Sample(rounds)
        return Result(Case("peakmem_m"), "v1", "ok", sample, summarise(sample, BENCHMARKS["peakmem_m"].metric))

    mib = 1024.0**2
    put(store, OLD, [peak(10e6 + mib, 40e6)])
    put(store, NEW, [peak(10e6 + 3 * mib, 40e6 + 12 * mib)])
    other = "c" * 40
    put(store, other, [peak(10e6 + mib, 40e6 + 4096)])
    (one,) = compare_commits(store, OLD, NEW)
    assert (one.verdict, one.reason) == (
        "slower",
        "interpreter +0 B, imports and setup +2.00 MiB, call +10.0 MiB",
    )
    (same,) = compare_commits(store, OLD, other)
    assert (same.verdict, same.reason) == ("unchanged", "")


def test_exact_metrics_of_two_pythons_are_never_compared(store: Store) -> None:
    put(store, OLD, [single("time_a:calls", 1000)])
    put(store, NEW, [single("time_a:calls", 1010)], seen=replace(SEEN, python="CPython 3.11.9"))
    (one,) = compare_commits(store, OLD, NEW)
    assert (one.verdict, one.reason) == ("unlike", "Python: CPython 3.11 / CPython 3.11.9")


def test_p_is_corrected_over_the_table(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0), result("time_b", 1.0), result("time_c", 1.0)])
    alone = compare_after(store, [result("time_a", 1.05)])["time_a"].p
    among = compare_after(store, [result("time_a", 1.05), result("time_b", 1.0, seed=5), result("time_c", 1.0, seed=6)])
    assert 0 < alone < among["time_a"].p <= 3 * alone * 1.0001


def compare_after(store: Store, results: Sequence[Result]) -> dict[str, Comparison]:
    sha = f"{len(results):040x}"
    put(store, sha, results)
    return by_name([one for one in compare_commits(store, OLD, sha) if one.verdict != "missing"])


@pytest.mark.parametrize("held", [False, True])
def test_what_is_measured_once_is_judged_without_a_test(store: Store, held: bool) -> None:
    put(store, OLD, [result("time_a", 1.0), *(single(name, 1000) for name in ("mem_m", "peakmem_m", "track_m"))])
    put(store, NEW, [result("time_a", 1.05), *(single(name, 1200) for name in ("mem_m", "peakmem_m", "track_m"))])
    if held:
        found = by_name(compare_baseline(store, baselines.set_(store, "one", OLD, set_ms=0), NEW))
    else:
        found = by_name(compare_commits(store, OLD, NEW))
    assert {name: (found[name].verdict, found[name].reason) for name in ("mem_m", "peakmem_m", "track_m")} == {
        "mem_m": ("slower", "measured once, taken as exact"),
        "peakmem_m": ("slower", "measured once: judged by a floor of 5 %"),
        "track_m": ("undecided", "measured once: not tested"),
    }
    assert all(math.isnan(found[name].p) for name in ("mem_m", "peakmem_m", "track_m"))
    put(store, "c" * 40, [result("time_a", 1.0)])
    put(store, "d" * 40, [result("time_a", 1.05)])
    (alone,) = compare_commits(store, "c" * 40, "d" * 40)
    assert found["time_a"].p == alone.p, "only what was tested counts in the correction"


def test_few_rounds_explain_no_decision(store: Store) -> None:
    def few(centre: float) -> Result:
        sample = Sample(tuple(Round((centre + k / 1e4,)) for k in range(3)))
        return Result(Case("time_a"), "v1", "ok", sample, summarise(sample, BENCHMARKS["time_a"].metric))

    put(store, OLD, [few(1.0)])
    put(store, NEW, [few(2.0)])
    (one,) = compare_commits(store, OLD, NEW)
    assert (one.verdict, one.reason) == ("slower", "")
    assert 1.9 < one.ratio_low < 2 < one.ratio_high < 2.1


def test_what_has_no_number_on_one_side(store: Store) -> None:
    skipped, timeout = result("time_b", 0, outcome="skipped"), result("time_a", 0, outcome="timeout")
    put(store, OLD, [result("time_a", 1.0), skipped, result("track_n", 10)])
    put(store, NEW, [timeout, result("time_b", 1.0), result("time_c", 1.0)])
    found = by_name(compare_commits(store, OLD, NEW))
    assert {name: (one.verdict, one.reason) for name, one in found.items()} == {
        "time_a": ("failed", "timeout: no answer within 60 s"),
        "track_n": ("missing", "not measured"),
        "time_b": ("new", "before: skipped"),
        "time_c": ("new", "before: not measured"),
    }
    assert found["time_a"].after is None
    assert math.isnan(found["time_a"].ratio)
    back = by_name(compare_commits(store, NEW, OLD))
    assert (back["time_b"].verdict, back["time_b"].reason) == ("missing", "skipped")


def test_skipped_on_both_sides_is_no_row(store: Store) -> None:
    for sha in (OLD, NEW):
        put(store, sha, [result("time_a", 0, outcome="skipped"), result("time_b", 1.0)])
    assert list(by_name(compare_commits(store, OLD, NEW))) == ["time_b"]


def test_a_commit_that_does_not_build(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0)])
    put(store, NEW, [], build=Build(ok=False, detail="build failed: compiler said no"))
    (one,) = compare_commits(store, OLD, NEW)
    assert (one.verdict, one.reason) == ("failed", "does not build: compiler said no")
    (back,) = compare_commits(store, NEW, OLD)
    assert (back.verdict, back.reason) == ("new", "before does not build: compiler said no")
    (held,) = compare_baseline(store, baselines.set_(store, "one", OLD, set_ms=0), NEW)
    assert (held.verdict, held.reason) == (one.verdict, one.reason)


@pytest.mark.parametrize(
    ("seen", "how", "version", "reason"),
    [
        (replace(SEEN, cpu="Other CPU"), HOW, "v1", "CPU: Some CPU / Other CPU"),
        (replace(SEEN, python="CPython 3.12"), HOW, "v1", "Python: CPython 3.11 / CPython 3.12"),
        (replace(SEEN, distributions={"numpy": "2.1", "my-project": "1.0"}), HOW, "v1", "numpy 2.0 / 2.1"),
        (SEEN, replace(HOW, launch="spawn"), "v1", "measured in different ways: asv_runner/fork / asv_runner/spawn"),
        (SEEN, HOW, "v2", "the benchmark itself was changed between the two"),
    ],
)
def test_unlike_results_are_not_judged(
    store: Store, seen: Fingerprint, how: Protocol, version: str, reason: str
) -> None:
    put(store, OLD, [result("time_a", 1.0)])
    put(store, NEW, [result("time_a", 1.5, version=version)], seen=seen, how=how)
    (one,) = compare_commits(store, OLD, NEW, Terms(project="my.project"))
    assert (one.verdict, one.reason, one.p) == ("unlike", reason, 1.0)
    assert one.ratio == pytest.approx(1.5, rel=0.03)

    held = baselines.set_(store, "good", OLD, set_ms=0)
    (one,) = compare_baseline(store, held, NEW, Terms(project="my.project"))
    assert (one.verdict, one.reason) == ("unlike", reason)
    (one,) = compare_baseline(store, held, NEW, Terms(project="my.project", across=True))
    assert (one.verdict, one.reason) == ("slower", f"across {reason}")
    (one,) = compare_commits(store, OLD, NEW, Terms(project="my.project", across=True))
    assert (one.verdict, one.reason) == ("slower", f"across {reason}")


def test_exact_numbers_of_two_pythons_are_unlike_even_across_environments(store: Store) -> None:
    put(store, OLD, [single("time_a:calls", 1000)])
    put(store, NEW, [single("time_a:calls", 1010)], seen=replace(SEEN, python="CPython 3.11.9"))
    (one,) = compare_commits(store, OLD, NEW, Terms(across=True))
    assert one.verdict == "unlike"


def test_the_measured_project_may_differ_and_what_is_unknown_cannot() -> None:
    run = Run(OLD, 0, Environment("uv", "3.11"), Machine("lab"), Build(ok=True), HOW, SEEN)
    one = result("time_a", 1.0)
    newer = replace(run, fingerprint=replace(SEEN, distributions={"numpy": "2.0", "my-project": "1.1"}))
    assert unlike((run, one), (newer, one), "My.Project") == ""
    assert unlike((run, one), (newer, one)) == "my-project 1.0 / 1.1"
    blank = replace(run, fingerprint=Fingerprint())
    assert unlike((run, one), (blank, replace(one, version=""))) == ""
    kept = replace(one, fingerprint=replace(SEEN, cpu="Old CPU"))
    assert unlike((run, kept), (run, one)) == "CPU: Old CPU / Some CPU"
    many = replace(run, fingerprint=replace(SEEN, distributions={f"d{k}": "1" for k in range(9)}))
    assert unlike((run, one), (many, one)).endswith(" and 8 more")


def test_every_environment_on_every_machine(store: Store) -> None:
    for sha, centre in ((OLD, 1.0), (NEW, 1.4)):
        for environment in ("3.11", "3.12"):
            put(store, sha, [result("time_a", centre)], environment=environment)
    put(store, NEW, [result("time_a", 9.0)], machine="other")
    assert [one.environment for one in compare_commits(store, OLD, NEW)] == ["uv-py3.11", "uv-py3.12"]
    assert [one.environment for one in compare_commits(store, OLD, NEW, Terms("uv-py3.12"))] == ["uv-py3.12"]
    with pytest.raises(NothingMeasuredError, match="no results on other"):
        compare_commits(store, OLD, NEW, Terms(machine="other"))


def test_nothing_to_compare(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0)])
    with pytest.raises(NothingMeasuredError, match="bbbbbbbb has no results: `bench-runner run"):
        compare_commits(store, OLD, NEW)
    put(store, NEW, [result("time_a", 1.0)], machine="other")
    with pytest.raises(InconclusiveError, match="never measured in the same environment"):
        compare_commits(store, OLD, NEW)


def test_another_commit_with_the_same_first_digits(store: Store) -> None:
    twin = OLD[:8] + "c" * 32
    put(store, OLD, [result("time_a", 1.0)])
    put(store, twin, [result("time_a", 1.5)])
    (one,) = compare_commits(store, OLD, twin)
    assert one.ratio == pytest.approx(1.5, rel=0.03)


def test_a_baseline_holds_its_values_when_the_files_are_gone(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0), result("time_b", 2.0), result("track_n", 10)])
    baseline = baselines.set_(store, "release", OLD, set_ms=0)
    for path in store.paths():
        path.unlink()
    put(store, NEW, [result("time_a", 1.3), result("time_b", 0, outcome="failed"), result("time_c", 1.0)])
    found = by_name(compare_baseline(store, baseline, NEW))
    assert {name: one.verdict for name, one in found.items()} == {
        "time_a": "slower",
        "time_b": "failed",
        "track_n": "missing",
        "time_c": "new",
    }
    assert found["time_a"].ratio == pytest.approx(1.3, rel=0.03)
    put(store, NEW, [result("time_a", 1.0)], machine="other")
    with pytest.raises(InconclusiveError, match="baseline set release"):
        compare_baseline(store, baseline, NEW, Terms(machine="other"))


class Git:
    """Knows two names and nothing else."""

    def resolve(self, ref: str) -> str:
        known = {"v1": OLD, "HEAD": NEW}
        if ref not in known:
            raise UsageError(f"no commit {ref!r}")
        return known[ref]


def test_names_are_those_of_baselines_first_then_of_git(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0)])
    put(store, NEW, [result("time_a", 1.3)])
    assert compare(store, Git(), "v1", "HEAD") == compare_commits(store, OLD, NEW)
    held = baselines.set_(store, "good", NEW, set_ms=0)
    assert compare(store, Git(), "good", "HEAD") == compare_baseline(store, held, NEW)
    baselines.set_(store, "v1", NEW, set_ms=0)
    (one,) = compare(store, Git(), "v1", "HEAD")
    assert one.verdict == "unchanged"
    with pytest.raises(UsageError, match="no commit 'v2'; baselines are good, v1"):
        compare(store, Git(), "v2", "HEAD")


def test_an_unknown_name_says_that_there_is_no_baseline(store: Store) -> None:
    with pytest.raises(UsageError, match="no commit 'v2'; there are no baselines yet"):
        compare(store, Git(), "v2", "HEAD")


def test_a_renamed_benchmark_is_compared_under_its_newest_name(store: Store) -> None:
    put(store, OLD, [result("time_a", 1.0, version="old"), result("time_b", 1.0)])
    put(store, NEW, [result("time_c", 1.2), result("time_b", 1.0)])
    assert {name: one.verdict for name, one in by_name(compare_commits(store, OLD, NEW)).items()} == {
        "time_a": "missing",
        "time_b": "unchanged",
        "time_c": "new",
    }
    terms = Terms(renames=[Rename("time_a", "time_c")])
    found = by_name(compare_commits(store, OLD, NEW, terms))
    assert {name: one.verdict for name, one in found.items()} == {"time_b": "unchanged", "time_c": "slower"}
    assert found["time_c"].ratio == pytest.approx(1.2, rel=0.02)
    held = by_name(compare_baseline(store, baselines.set_(store, "one", OLD, set_ms=0), NEW, terms))
    assert {name: one.verdict for name, one in held.items()} == {"time_b": "unchanged", "time_c": "slower"}


def test_what_was_measured_under_the_newest_name_goes_before_a_renamed_one(store: Store) -> None:
    put(store, OLD, [result("time_a", 9.0), result("time_c", 1.0)])
    put(store, NEW, [result("time_c", 1.2), result("time_a", 9.0)])
    terms = Terms(renames=[Rename("time_a", "time_c")])
    (one,) = compare_commits(store, OLD, NEW, terms)
    (held,) = compare_baseline(store, baselines.set_(store, "one", OLD, set_ms=0), NEW, terms)
    assert one.ratio == held.ratio == pytest.approx(1.2, rel=0.02)
