"""Plan and session together, on the shipped doubles: what is done, kept, skipped, and where it stops."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.errors import NothingMeasuredError, StoreError, UsageError
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.run import Outcome, Run
from bench_runner.runner.events import Event
from bench_runner.runner.plan import Job, Plan, Skip, coarse_to_fine, plan
from bench_runner.runner.sampling import Sampling
from bench_runner.runner.session import Session, Suite, selector
from bench_runner.testing import MemoryStore, ReplayExecutor, ReplayPreparer

PY311, PY312 = Environment("uv", "3.11"), Environment("uv", "3.12")
SORT = Benchmark("suite.time_sort", "v1", params=(("10", "1000"),), param_names=("n",))
JOIN = Benchmark("suite.time_join", "v1")
COMMITS = [Commit(letter * 40, (), 0, f"commit {letter}") for letter in "abcd"]
WANTED = [(case, one.version) for one in (SORT, JOIN) for case in one.cases()]


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.events: list[Event] = []
        self.on_done = lambda: None

    def start(self, job: Job) -> None:
        self.heard.append(f"start {job.commit.short}")

    def tell(self, news: str | Event) -> None:
        if isinstance(news, Event):
            self.events.append(news)
        else:
            self.heard.append(news)

    def done(self, job: Job, run: Run) -> None:
        self.heard.append(f"done {job.commit.short} {len(run.results)}")
        self.on_done()


def values(sha: str, case: Case) -> tuple[float, ...] | Outcome:
    if sha.startswith("c") and case.benchmark == "suite.time_join":
        return "timeout"
    return (1.0, 1.1, 1.05, 0.9, 1.0)


def session(store: MemoryStore | None, *, broken: str = "", select: tuple[str, ...] = ()) -> Session:
    return Session(
        ReplayPreparer(frozenset(commit.sha for commit in COMMITS if commit.sha[0] in broken)),
        ReplayExecutor((SORT, JOIN), values),
        store,
        machine=Machine("here"),
        suite=Suite(Path("benchmarks"), sha="f" * 40),
        sampling=Sampling(rounds=5),
        watcher=Listener(),
        select=select,
    )


def go(one: Session, todo: Plan) -> None:
    one.discover([(PY311, COMMITS[0].sha)])
    one.run(todo.jobs)


def test_every_commit_in_every_environment_becomes_a_job() -> None:
    todo = plan(COMMITS, [PY311, PY312], WANTED, {})
    assert [(job.commit.short[0], job.environment.python) for job in todo.jobs[:3]] == [
        ("a", "3.11"),
        ("a", "3.12"),
        ("b", "3.11"),
    ]
    assert len(todo.jobs) == 8
    assert todo.expected_s > 8 * 3


def test_a_second_session_has_nothing_left() -> None:
    store = MemoryStore()
    go(session(store, broken="b"), plan(COMMITS, [PY311], WANTED, {}))
    again = plan(COMMITS, [PY311], WANTED, store.stored)
    assert again == Plan((), 4)


def test_a_run_knows_its_summaries_and_how_it_was_measured() -> None:
    store = MemoryStore()
    go(session(store), plan(COMMITS[:1], [PY311], WANTED, {}))
    (run,) = store.kept.values()
    assert [result.case.id for result in run.results] == [
        "suite.time_sort(10)",
        "suite.time_sort(1000)",
        "suite.time_join",
    ]
    assert run.results[0].summary is not None
    assert run.results[0].summary.centre == 1.0
    assert run.protocol.launch == "replay"
    assert (run.protocol.suite, run.protocol.suite_sha) == ("worktree", "f" * 40)


def test_what_the_store_may_not_touch_costs_its_own_job() -> None:
    class Refusing(MemoryStore):
        def find(self, sha: str, environment_name: str, machine: str) -> Run | None:
            if sha.startswith("b"):
                raise StoreError("has schema 99: update bench-history")
            return super().find(sha, environment_name, machine)

    store = Refusing()
    one = session(store)
    one.discover([(PY311, COMMITS[0].sha)])
    tally = one.run(plan(COMMITS, [PY311], WANTED, {}).jobs)
    assert (tally.jobs, tally.refused) == (3, 1)
    assert "has schema 99: update bench-history" in one.watcher.heard
    assert {sha[0] for sha, _ in store.stored} == set("acd")


def test_a_broken_commit_is_recorded_and_the_rest_goes_on() -> None:
    store = MemoryStore()
    one = session(store, broken="b")
    tally = (one.discover([(PY311, COMMITS[0].sha)]), one.run(plan(COMMITS, [PY311], WANTED, {}).jobs))[1]
    assert (tally.jobs, tally.broken_builds, tally.stopped) == (4, 1, False)
    assert tally.outcomes == {"ok": 8, "timeout": 1}
    assert not store.by_commit[COMMITS[1].sha, "uv-py3.11"].build.ok


@pytest.mark.parametrize(
    ("skip", "left"),
    [
        (Skip.ALL, {}),
        (Skip.COMMITS, {}),
        (Skip.NONE, {"a": 3, "b": 3, "c": 3, "d": 3}),
        (Skip.SUCCESSFUL, {"b": 3, "c": 1}),
        (Skip.FAILED, {"a": 3, "c": 2, "d": 3}),
    ],
)
def test_what_is_skipped(skip: Skip, left: dict[str, int]) -> None:
    store = MemoryStore()
    go(session(store, broken="b"), plan(COMMITS, [PY311], WANTED, {}))
    todo = plan(COMMITS, [PY311], WANTED, store.stored, skip)
    found = {job.commit.sha[0]: sum(len(job.left(one, one.cases())) for one in (SORT, JOIN)) for job in todo.jobs}
    assert found == left


def test_other_cases_of_a_measured_benchmark_are_still_measured() -> None:
    store = MemoryStore()
    some = [wanted for wanted in WANTED if wanted[0].id == "suite.time_sort(10)"]
    go(session(store, select=(r"sort\(10\)",)), plan(COMMITS[:1], [PY311], some, {}))
    (job,) = plan(COMMITS[:1], [PY311], WANTED, store.stored).jobs
    assert [case.params for case in job.left(SORT, SORT.cases())] == [("1000",)]


def test_a_new_version_of_a_benchmark_is_measured_again() -> None:
    store = MemoryStore()
    go(session(store), plan(COMMITS[:1], [PY311], WANTED, {}))
    edited = [(case, "v2") for case, _ in WANTED]
    assert len(plan(COMMITS[:1], [PY311], edited, store.stored).jobs) == 1


def test_stopping_ends_after_the_job_in_hand() -> None:
    store = MemoryStore()
    one = session(store)
    listener = one.watcher
    assert isinstance(listener, Listener)
    listener.on_done = lambda: setattr(one, "stopping", True)
    one.discover([(PY311, COMMITS[0].sha)])
    tally = one.run(plan(COMMITS, [PY311], WANTED, {}).jobs)
    assert tally.stopped
    assert len(store.kept) == 1
    assert len(plan(COMMITS, [PY311], WANTED, store.stored).jobs) == 3


def test_a_session_without_a_store_keeps_nothing() -> None:
    one = session(None)
    one.discover([(PY311, COMMITS[0].sha)])
    assert one.run(plan(COMMITS[:1], [PY311], WANTED, {}).jobs).outcomes["ok"] == 3


def test_discovery_tries_the_next_commit_that_builds() -> None:
    one = session(None, broken="ab")
    assert one.discover([(PY311, commit.sha) for commit in COMMITS]) == [SORT, JOIN]
    assert isinstance(one.preparer, ReplayPreparer)
    assert [sha[0] for _, sha in one.preparer.prepared] == ["a", "b", "c"]


def test_the_commit_of_the_discovery_is_not_prepared_again() -> None:
    one = session(MemoryStore())
    go(one, plan(COMMITS[:2], [PY311], WANTED, {}))
    assert isinstance(one.preparer, ReplayPreparer)
    assert [sha[0] for _, sha in one.preparer.prepared] == ["a", "b"]
    one.run(plan(COMMITS[:1], [PY311], WANTED, {}).jobs)
    assert [sha[0] for _, sha in one.preparer.prepared] == ["a", "b", "a"], "it was measured in meanwhile"


def test_discovery_finds_nothing_where_nothing_builds_and_the_failures_are_stored() -> None:
    store = MemoryStore()
    one = session(store, broken="ab")
    assert one.discover([(PY311, commit.sha) for commit in COMMITS[:2]]) == []
    tally = one.run(plan(COMMITS[:2], [PY311], [], {}).jobs)
    assert (tally.jobs, tally.broken_builds) == (2, 2)
    assert {run.build.detail for run in store.kept.values()} == {"told not to build"}


def test_discovery_gives_the_reason_why_the_suite_cannot_be_listed() -> None:
    one = session(None)
    one.executor = ReplayExecutor((), values)
    with pytest.raises(NothingMeasuredError, match="no benchmarks in benchmarks"):
        one.discover([(PY311, COMMITS[0].sha)])


def test_what_another_process_stored_meanwhile_is_not_measured_again() -> None:
    store = MemoryStore()
    todo = plan(COMMITS, [PY311], WANTED, {})
    go(session(store), todo)
    late = session(store)
    late.executor = ReplayExecutor((SORT, JOIN), lambda _sha, _case: "crashed")
    go(late, todo)
    assert all(result.outcome != "crashed" for run in store.kept.values() for result in run.results)


def test_a_commit_without_a_suite_of_its_own_builds_all_the_same() -> None:
    store = MemoryStore()
    one = session(store)
    one.suite = Suite(Path("benchmarks"), of_commit=True, inside="benchmarks")
    one.executor = ReplayExecutor((), values)
    one.run(plan(COMMITS[:1], [PY311], [], {}).jobs)
    (run,) = store.kept.values()
    assert run.build.ok
    assert run.build.detail.startswith("no benchmarks in")
    assert plan(COMMITS[:1], [PY311], [], store.stored) == Plan((), 1)
    assert len(plan(COMMITS[:1], [PY311], WANTED, store.stored).jobs) == 1


def test_a_pattern_selects_cases_as_in_asv() -> None:
    chosen = selector([r"sort\(10\)", "join"])
    assert [case.id for one in (SORT, JOIN) for case in one.cases() if chosen(case)] == [
        "suite.time_sort(10)",
        "suite.time_join",
    ]
    assert all(selector([])(case) for case in SORT.cases())
    assert [case.id for case, _ in WANTED if selector(["time_sort(10)"])(case)] == ["suite.time_sort(10)"]
    with pytest.raises(UsageError, match="-b '\\['"):
        selector(["["])


@given(st.integers(0, 200))
def test_commits_are_measured_coarse_to_fine(count: int) -> None:
    commits = [Commit(f"{place:040x}", (), 0, "") for place in range(count)]
    order = [int(one.sha, 16) for one in coarse_to_fine(commits)]
    assert sorted(order) == list(range(count))
    if count > 8:
        assert order[:3] == [0, count - 1, (count - 1) // 2]
        assert all(abs(a - b) > 1 for a, b in pairwise(order[: count // 2]))
