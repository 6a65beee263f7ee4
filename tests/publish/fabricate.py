"""Material for the tests of the site: a history whose every number is known."""

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench_runner.history.facts import Failure, RunFact
from bench_runner.history.grouping import Group
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.change import Change, State, Step
from bench_runner.model.commit import Commit
from bench_runner.model.machine import Machine
from bench_runner.model.metric import Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.material import Material

DAY = 86_400_000
START = 1_767_225_600_000  # 2026-01-01
SUBJECTS = (
    "Bump minimum compiler to C17",
    "Check bounds in scan loop",
    "Use a hash join when keys are unique",
    "Cache the parsed header",
    "Fix typo in docs",
    "Drop support for old index format",
    "Refactor reader into smaller steps",
    "Add tests for empty input",
    "Avoid a copy in merge",
    "Simplify error handling",
)
AUTHORS = ("A. Meyer", "R. Okafor", "S. Lindqvist")
TIME = Metric("time", "seconds")
MEMORY = Metric("peakmem", "bytes", exact=True)
RATE = Metric("throughput", "rows/s", "higher")


@dataclass(frozen=True)
class Jump:
    """A change to put in: from this revision on, times `ratio`, until `until` if that is not None."""

    revision: int
    ratio: float
    until: int | None = None


@dataclass(frozen=True)
class Plan:
    """A benchmark to make up."""

    name: str
    base: float
    metric: Metric = TIME
    params: tuple[tuple[str, ...], ...] = ()
    param_names: tuple[str, ...] = ()
    jumps: tuple[Jump, ...] = ()
    noise: float = 0.01


def commit(number: int, subject: str | None = None, author: str | None = None) -> Commit:
    sha = hashlib.sha1(str(number).encode()).hexdigest()
    parents = (hashlib.sha1(str(number - 1).encode()).hexdigest(),) if number else ()
    time = START + int(number * 1.5 * DAY)
    return Commit(sha, parents, time, subject or SUBJECTS[number % 10], author or AUTHORS[number % 3])


def values(plan: Plan, revisions: Sequence[int], factor: float, rng: random.Random) -> list[float]:
    found = []
    for revision in revisions:
        value = plan.base * factor
        for jump in plan.jumps:
            if revision >= jump.revision and (jump.until is None or revision < jump.until):
                value *= jump.ratio
        value *= 1 if plan.metric.exact else math.exp(rng.gauss(0, plan.noise))
        found.append(float(round(value)) if plan.metric.exact else value)
    return found


def series_of(plan: Plan, case: Case, place: tuple[str, str], commits: Sequence[Commit], rng: random.Random) -> Series:
    machine, environment = place
    factor = (1.4 if machine.startswith("ci") else 1.0) * (1 + 3 * sum(len(one) for one in case.params) / 10)
    revisions = [at for at in range(len(commits)) if machine != "ci-arm64" or at % 2 == 0]
    points = values(plan, revisions, factor, rng)
    width = 0.0 if plan.metric.exact else plan.noise
    return Series(
        SeriesKey(case, environment, machine),
        plan.metric,
        revisions,
        [commits[at].sha for at in revisions],
        points,
        [value * (1 - width) for value in points],
        [value * (1 + width) for value in points],
    )


def changes_of(plan: Plan, series: Series, commits: Sequence[Commit]) -> list[Change]:
    found = []
    for jump in plan.jumps:
        ends = [(jump.revision, jump.ratio, "recovered" if jump.until else "confirmed")]
        ends += [(jump.until, 1 / jump.ratio, "confirmed")] if jump.until else []
        for revision, ratio, state in ends:
            at = next((i for i, one in enumerate(series.revisions) if one >= revision), None)
            if at:
                found.append(change(series, at, ratio, state, commits, commits[jump.until].sha if jump.until else ""))
    return found


def change(series: Series, at: int, ratio: float, state: State, commits: Sequence[Commit], back: str) -> Change:
    last = len(series.values) - at < 3
    before = sorted(series.values[max(0, at - 9) : at])[min(at, 9) // 2]
    margin = 0.0 if series.metric.exact else 0.006
    step = Step(at, before, before * ratio, ratio, ratio * (1 - margin), ratio * (1 + margin), 1e-9)
    old, new = series.revisions[at - 1], series.revisions[at]
    return Change(
        series.key,
        series.metric,
        step,
        commits[old].sha,
        commits[new].sha,
        new,
        new - old,
        "pending" if last and state == "confirmed" else state,
        back if state == "recovered" else "",
    )


def groups_of(changes: Sequence[Change], commits: Sequence[Commit], asked: int) -> list[Group]:
    """Changes by commit, newest first; those found up to one commit later join."""
    groups: dict[int, list[Change]] = {}
    for one in sorted(changes, key=lambda one: one.revision):
        home = next((at for at in groups if 0 <= one.revision - at <= 1), one.revision)
        groups.setdefault(home, []).append(one)
    sizes = {at: len({one.key for one in some}) for at, some in groups.items()}
    return [Group(commits[at], tuple(some), sizes[at], asked) for at, some in sorted(groups.items(), reverse=True)]


PLANS = (
    Plan("cache.CacheSuite.time_build_wide", 0.2, jumps=(Jump(80, 0.88), Jump(120, 1.42), Jump(194, 1.156))),
    Plan("cache.CacheSuite.time_iterate", 0.031, jumps=(Jump(120, 1.072),), noise=0.004),
    Plan("cache.CacheSuite.peakmem_build", 52_428_800, MEMORY, jumps=(Jump(60, 1.4),)),
    Plan("index.IndexSuite.time_lookup", 8.6e-6, TIME, (("1000", "100000"),), ("n",), (Jump(120, 1.078),)),
    Plan("index.IndexSuite.time_merge", 4.4, jumps=(Jump(150, 1.25, 170),), noise=0.02),
    Plan("index.IndexSuite.time_sort", 2.6e-4, TIME, (("1000", "100000"), ("'rows'", "'columns'")), ("n", "kind")),
    Plan("join.JoinSuite.time_build_unicode", 1.36e-3, jumps=(Jump(194, 1.192),), noise=0.008),
    Plan("join.JoinSuite.time_probe", 7e-4, jumps=(Jump(100, 0.7),), noise=0.03),
    Plan("parse.time_flush_mixed", 2.9e-3, noise=0.012),
    Plan("parse.time_header", 3.3e-9, noise=0.002, jumps=(Jump(194, 1.02),)),
    Plan("parse.track_rows", 1_234_567, RATE, jumps=(Jump(199, 0.9),), noise=0.005),
    Plan("scan.time_empty", 0.011, noise=0.05),
)


PLACES = (("ci-arm64", "uv-py3.13"), ("ryzen-lab", "uv-py3.13"))


def material(
    plans: Sequence[Plan] = PLANS,
    *,
    commits: int = 200,
    seed: int = 1,
    places: Sequence[tuple[str, str]] = PLACES,
) -> Material:
    """Two machines, one of which measures every other commit."""
    rng = random.Random(seed)
    history = [commit(number) for number in range(commits)]
    series, changes = [], []
    for plan in plans:
        for case in Benchmark(plan.name, "1", params=plan.params).cases():
            for place in places:
                one = series_of(plan, case, place, history, rng)
                series.append(one)
                changes += changes_of(plan, one, history)
    return Material(
        project="frobnicate",
        commits=history,
        series=series,
        benchmarks={plan.name: benchmark(plan) for plan in plans},
        groups=groups_of(changes, history, len(series)),
        tags={"v2.0": history[50 * commits // 200].sha, "v2.1": history[113 * commits // 200].sha},
        machines=[
            Machine("ci-arm64", "Linux 6.8", "aarch64", "Neoverse-N1", "4", "16 GB"),
            Machine("ryzen-lab", "Linux 6.12", "x86_64", "AMD Ryzen 9 7950X", "32", "64 GB"),
        ],
        failures=failures(history, places),
        runs=[run for place in places for run in runs(history, place, len(plans))],
        project_url="https://frobnicate.example/",
        commit_url="https://frobnicate.example/commit/",
    )


def benchmark(plan: Plan) -> Benchmark:
    function = plan.name.rsplit(".", 1)[-1]
    code = f'def {function}(self):\n    """Loads a table with the given number of rows."""\n    build(self.rows)\n'
    return Benchmark(plan.name, "1", metric=plan.metric, params=plan.params, param_names=plan.param_names, code=code)


def failures(history: Sequence[Commit], places: Sequence[tuple[str, str]]) -> list[Failure]:
    environment = places[0][1]
    compiler = "src/scan.c:10:5: error: expected ';' before '}' token\nerror: command 'cc' failed"
    traceback = 'Traceback (most recent call last):\n  File "scan.py", line 8, in time_empty\nIndexError: no such row'
    reason = "building the wheel ended with exit code 1"
    middle, last, earlier = history[len(history) // 2].sha, history[-1].sha, history[-3].sha
    header = Case("parse.time_header")
    return [
        Failure(middle, environment, "ryzen-lab", "failed", None, reason, compiler),
        Failure(middle, environment, "ci-arm64", "failed", None, reason, compiler),
        Failure(last, environment, "ryzen-lab", "failed", Case("scan.time_empty"), "IndexError", traceback),
        Failure(earlier, environment, "ryzen-lab", "timeout", header, "no answer within 60 s"),
    ]


def runs(history: Sequence[Commit], place: tuple[str, str], cases: int) -> list[RunFact]:
    machine, environment = place
    built = len(history) // 2
    return [
        RunFact(one.sha, environment, machine, one.time_ms + 3_600_000, cases, int(at == len(history) - 1), at != built)
        for at, one in enumerate(history)
        if machine != "ci-arm64" or at % 2 == 0
    ]
