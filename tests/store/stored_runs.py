"""Makes runs and benchmarks of every kind, for the tests of whatever stores or reads them."""

import math
from collections.abc import Sequence
from dataclasses import replace

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import Metric
from bench_runner.model.run import Build, Fingerprint, Protocol, Result, Run
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.model.vitals import UNKNOWN, Vitals

MACHINE = Machine("lab-1", "Linux 6.1", "x86_64", "Some CPU @ 3 GHz", "8", "16710414336")
ENVIRONMENT = Environment("uv", "3.11", (("numpy", "2.0"), ("six", "")), (("CC", "gcc"),), (("OMP_NUM_THREADS", "1"),))
PROTOCOL = Protocol("0.1.0", "asv_runner 0.3.2", 2, "forkserver", "worktree", "f" * 40)
FINGERPRINT = Fingerprint("Some CPU", "6.1.0", "CPython 3.11.9 (gcc 12)", {"numpy": "2.0.1", "six": "1.16.0"})

PLAIN = Benchmark(
    "bench.time_plain",
    "v1",
    code="def time_plain(): pass",
    timeout=60.0,
    attributes={"number": 0, "repeat": 0, "rounds": 2, "sample_time": 0.01, "warmup_time": -1, "min_run_count": 2},
)
PARAMS = Benchmark(
    "bench.time_params",
    "v1",
    params=(("1", "10"), ("'a'", "'b'", "'c'")),
    param_names=("n", "letter"),
    setup_cache_key="bench:12",
)
PEAK = Benchmark("bench.peakmem_all", "v1", "peakmemory", Metric("peak memory", "bytes"))
TRACK = Benchmark("bench.track_score", "v1", "track", Metric("track", "points", "higher", exact=True))
BENCHMARKS = (PLAIN, PARAMS, PEAK, TRACK)


def short(value: float) -> float:
    """Five significant digits, which is what a file keeps of statistics and costs."""
    return float(f"{value:.4e}")


QUIET = Vitals(0.0, 2.0, 31.0, 0.0, 0.52, 0.0, 0.013, 3200.0, 0.0, 0.001312, 0.001311, 0.001299)
BUSY = Vitals(412.0, 2.0, 33.0, 0.0, 2.17, 0.001, 0.613, math.nan, 0.0, 0.002217, 0.001418, 0.001299)


def sample(*centres: float, number: int = 100) -> Sample:
    """One round of three values around each centre, with costs and vitals: first quiet, then unknown, then busy."""
    vitals = (QUIET, UNKNOWN, BUSY)
    return Sample(
        tuple(
            Round((0.99 * c, c, 1.02 * c), number, c, 0.0, short(1.1 * c), peak_rss=5e7, vitals=vitals[i % len(vitals)])
            for i, c in enumerate(centres)
        )
    )


def ok(benchmark: Benchmark, *centres: float, params: tuple[str, ...] = (), version: str | None = None) -> Result:
    """A result with a time-like sample; started and duration depend on the values only."""
    centre = sorted(centres)[len(centres) // 2]
    summary = Summary(
        centre,
        short(min(centres) * 0.97),
        short(max(centres) * 1.03),
        len(centres),
        short(0.99 * centre),
        short(1.02 * centre),
    )
    return Result(
        Case(benchmark.name, params),
        version or benchmark.version,
        "ok",
        sample(*centres),
        summary,
        started_ms=1_700_000_000_000,
        duration_s=1.5,
    )


def bad(benchmark: Benchmark, outcome: str, *, params: tuple[str, ...] = (), output: str = "") -> Result:
    return Result(
        Case(benchmark.name, params),
        benchmark.version,
        outcome,  # type: ignore[arg-type]
        detail=f"it {outcome}",
        output=output,
        started_ms=1_700_000_000_001,
        duration_s=0.25,
    )


def exact(benchmark: Benchmark, value: float) -> Result:
    return Result(
        Case(benchmark.name),
        benchmark.version,
        "ok",
        Sample((Round((value,)),)),
        Summary(value, value, value, 1, value, value),
        started_ms=1_700_000_000_002,
        duration_s=0.5,
    )


def results() -> tuple[Result, ...]:
    """Every outcome there is."""
    cases = [
        ok(PARAMS, 0.5, 0.51, params=("1", "'a'")),
        bad(PARAMS, "failed", params=("1", "'b'"), output="Traceback ...\nValueError: <b>\u202e\x1b[31m"),
        bad(PARAMS, "timeout", params=("1", "'c'")),
        bad(PARAMS, "skipped", params=("10", "'a'")),
        bad(PARAMS, "crashed", params=("10", "'b'")),
        ok(PARAMS, 5.0, 5.1, params=("10", "'c'")),
    ]
    return (ok(PLAIN, 1e-3, 1.1e-3), *cases, exact(PEAK, 123_456_789.0), exact(TRACK, 7.0))


def run(sha: str = "a" * 40, found: Sequence[Result] | None = None, **changes: object) -> Run:
    whole = Run(
        commit_sha=sha,
        commit_time_ms=1_600_000_000_000,
        environment=ENVIRONMENT,
        machine=MACHINE,
        build=Build(ok=True, duration_s=2.5),
        protocol=PROTOCOL,
        fingerprint=FINGERPRINT,
        results=results() if found is None else tuple(found),
        setup_cache_s={"bench:12": 0.75},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def same(a: Run, b: Run) -> bool:
    """Whether two runs say the same; NaN equals NaN and the order of results does not matter."""

    def key(one: Run) -> str:
        return repr(replace(one, results=tuple(sorted(one.results, key=lambda result: result.case.id))))

    return key(a) == key(b)
