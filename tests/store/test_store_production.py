"""Runs of production beside those that were measured: everything that is done to results is done to them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "exchange"))

from fabricated_windows import Releases, window, write

from bench_runner.config.keep import Keep
from bench_runner.errors import StoreError, UsageError
from bench_runner.exchange.ingest import ingest
from bench_runner.history.compare import compare
from bench_runner.model.machine import Machine
from bench_runner.repo.git import Repository
from bench_runner.store.baselines import set_
from bench_runner.store.baselines import show as baseline
from bench_runner.store.files import Store
from bench_runner.store.machine import here
from bench_runner.store.rename import plan, rename
from bench_runner.store.thin import thin
from bench_runner.store.verify import verify

PLAN = {"f": 0.02}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    found = Releases(tmp_path_factory.mktemp("service") / "shop", count=2, minutes=8)
    found.begin()
    return found


@pytest.fixture
def repository(releases: Releases) -> Repository:
    return Repository.open(str(releases.folder), releases.folder / "cache")


@pytest.fixture
def store(tmp_path: Path, releases: Releases, repository: Repository) -> Store:
    found = Store(tmp_path / "results")
    write(tmp_path / "w", releases.windows(lambda number: {"f": 0.02 * (1 + 0.5 * number)}))
    ingest(found, repository, [tmp_path / "w"])
    return found


def files(store: Store) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.paths()}


def test_what_is_stored_is_read_again(store: Store) -> None:
    for path in store.paths():
        run = store.load(path)
        data = json.loads(path.read_text())
        assert data["bench_runner"]["schema"] == 3
        assert len(run.windows) == len(data["bench_runner"]["windows"]) == 8
        assert run.protocol.engine == "production"
        (p50,) = [one for one in run.results if one.case.id == "prod_time.f.p50"]
        assert p50.sample is not None
        assert len(p50.sample.rounds) == 8
    kinds = {one.kind for one in store.benchmarks().values()}
    assert kinds == {"production"}
    assert store.benchmarks()["prod_time.f.rate"].metric.better == "neither"
    assert store.benchmarks()["prod_time.f.p99"].metric.better == "lower"
    assert store.benchmarks()["prod_rss"].metric.unit == "bytes"


def test_thinning_leaves_production_as_it_is(store: Store, tmp_path: Path) -> None:
    before = files(store)
    tally = thin(store, Keep(commits=0), tmp_path / "cache")
    assert (tally.runs, tally.thin) == (0, 2)
    assert files(store) == before


def test_a_service_gets_another_name(store: Store) -> None:
    before = {path.name: store.load(path) for path in store.paths()}
    set_(store, "shipped", next(iter(before.values())).commit_sha)
    rename(store, plan(store, "prod:shop", "prod:store"))
    assert [one.name for one in store.folders()] == ["prod:store"]
    after = {path.name: store.load(path) for path in store.paths()}
    assert {name: one.windows for name, one in after.items()} == {name: one.windows for name, one in before.items()}
    assert {one.machine.machine for one in after.values()} == {"prod:store"}
    assert list(baseline(store, "shipped").values) == ["prod:store"]
    assert verify(store.results).damages == ()
    for new in ("lab", "prod:", "prod:../x", "prod:a:b"):
        with pytest.raises(UsageError):
            plan(store, "prod:store", new)


def test_no_host_takes_the_name_of_a_service() -> None:
    with pytest.raises(UsageError, match="services in production"):
        here("prod:shop")


def test_a_baseline_of_a_release(store: Store, releases: Releases, repository: Repository) -> None:
    kept = set_(store, "v0-as-it-ran", releases.tagged(0), set_ms=1)
    assert len(kept.values["prod:shop"]["prod-eu"]["prod_time.f.p50"]) == 8
    found = {one.case.id: one for one in compare(store, repository, "v0-as-it-ran", "v1")}
    assert found["prod_time.f.p50"].verdict == "slower"
    assert found["prod_time.f.p50"].ratio == pytest.approx(1.5, rel=0.1)
    assert found["prod_time.f.rate"].verdict in {"unchanged", "undecided"}
    between = {one.case.id: one for one in compare(store, repository, "v0", "v1")}
    assert between["prod_time.f.p50"].verdict == "slower"


def test_verify_sees_numbers_that_do_not_follow_from_the_windows(store: Store) -> None:
    path = store.paths()[0]
    data = json.loads(path.read_text())
    data["bench_runner"]["windows"][0]["histograms"]["f"]["buckets"][0][1] += 1
    path.write_text(json.dumps(data))
    (damage,) = verify(store.results).damages
    assert "count" in damage.reason
    data["bench_runner"]["windows"].pop(0)
    path.write_text(json.dumps(data))
    (damage,) = verify(store.results).damages
    assert "do not follow from its windows" in damage.reason


def test_a_damaged_file_is_set_aside_and_goes_on(store: Store, tmp_path: Path, repository: Repository) -> None:
    path = next(path for path in store.paths() if store.load(path).commit_sha == repository.resolve("v0"))
    data = json.loads(path.read_text())
    data["bench_runner"]["windows"] = [{"start_ms": "yesterday"}]
    path.write_text(json.dumps(data))
    with pytest.raises(StoreError, match="start_ms"):
        store.load(path)
    ingest(store, repository, write(tmp_path / "more", [window(PLAN, commit="v0")]))
    assert len(store.load(path).windows) == 1
    assert path.with_name(path.name + ".damaged").is_file()


def test_a_benchmark_run_on_the_same_machine_keeps_the_windows(store: Store) -> None:
    path = store.paths()[0]
    run = store.load(path)
    assert run.machine == Machine("prod:shop")
    store.add(replace(run, results=run.results[:1], windows=()), benchmarks=store.benchmarks().values())
    assert store.load(path).windows == run.windows


KILLED = """
import sys
from pathlib import Path
from bench_runner.exchange.ingest import ingest
from bench_runner.repo.git import Repository
from bench_runner.store.files import Store
print("ready", flush=True)
ingest(Store(Path(sys.argv[1])), Repository.open(sys.argv[2], Path(sys.argv[3])), [Path(sys.argv[4])])
"""


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing(
    store: Store, tmp_path: Path, releases: Releases, repository: Repository
) -> None:
    half = sorted((tmp_path / "w").iterdir())[:2]
    place = tmp_path / "killed"
    ingest(Store(place), repository, half)
    for number in range(6):
        command = [sys.executable, "-c", KILLED, str(place), str(releases.folder), str(tmp_path), str(tmp_path / "w")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.02 * number)
            os.kill(process.pid, signal.SIGKILL)
        found = Store(place)
        assert sum(len(one.members) for run in found.runs() for one in run.windows) >= 16
        assert found.damaged == []
    ingest(Store(place), repository, [tmp_path / "w"])
    assert files(Store(place)) == files(store)
