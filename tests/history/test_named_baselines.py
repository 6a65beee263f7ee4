"""Baselines by name: stored ones, and release tags by the project's rule."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench_runner.errors import UsageError
from bench_runner.history.named import BY_RULE, Named
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.commit import Commit
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import TIME
from bench_runner.model.run import Build, Fingerprint, Protocol, Result, Run
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import summarise
from bench_runner.store.baselines import set_
from bench_runner.store.files import Store

OLD, NEW, UNMEASURED = "a" * 40, "b" * 40, "c" * 40


class Git:
    def tags(self) -> Mapping[str, str]:
        return {"v1.0": OLD, "v2.0": NEW, "v3.0": UNMEASURED, "nightly": NEW}

    def known(self, shas: Sequence[str]) -> Sequence[Commit]:
        return [Commit(sha, (), 1000, "a commit") for sha in shas]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "results")
    for sha, value in ((OLD, 1.0), (NEW, 2.0)):
        sample = Sample((Round((value,)),))
        result = Result(Case("time_a"), "v1", "ok", sample, summarise(sample, TIME))
        protocol = Protocol("1", "asv_runner", 1, "fork")
        run = Run(
            sha, 1000, Environment("uv", "3.11"), Machine("lab"), Build(ok=True), protocol, Fingerprint(), (result,)
        )
        made.add(run, benchmarks=[Benchmark("time_a", "v1")])
    return made


def test_measured_tags_of_the_rule_are_baselines(store: Store) -> None:
    named = Named(store, Git(), ("v*",))
    assert [(one.name, one.commit_sha) for one in named.every()] == [("v1.0", OLD), ("v2.0", NEW)]
    one = named.get("v1.0")
    assert one.values == {"lab": {"uv-py3.11": {"time_a": (1.0,)}}}
    assert (one.set_ms, one.reason) == (1000, BY_RULE)
    for name in ("v3.0", "nightly", "v4"):
        with pytest.raises(UsageError, match="no baseline"):
            named.get(name)


def test_without_a_rule_no_tag_is_one(store: Store) -> None:
    named = Named(store, Git())
    assert named.every() == []
    with pytest.raises(UsageError, match=r"no baseline 'v1\.0'"):
        named.get("v1.0")


def test_a_stored_one_goes_before_a_tag(store: Store) -> None:
    kept = set_(store, "v1.0", NEW, reason="the right one")
    named = Named(store, Git(), ("v1.*", "v2.*"))
    assert named.get("v1.0") == kept
    assert [(one.name, one.commit_sha) for one in named.every()] == [("v1.0", NEW), ("v2.0", NEW)]
