"""Windows of production become stored runs, the same whatever the way they come."""

import json
import random
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fabricated_windows import START_S, Releases, window, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench_runner.errors import BenchRunnerError, StoreError, UsageError
from bench_runner.exchange.ingest import ingest
from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.windows import Window
from bench_runner.repo.git import Repository
from bench_runner.store.files import Store
from bench_runner.store.verify import verify

PLAN = {"shop.checkout:charge": 0.02, "shop.cart:add": 0.001}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    found = Releases(tmp_path_factory.mktemp("service") / "shop", count=3, minutes=3)
    found.begin()
    return found


@pytest.fixture(scope="module")
def repository(releases: Releases) -> Repository:
    return Repository.open(str(releases.folder), releases.folder / "cache")


@pytest.fixture
def windows(releases: Releases) -> list[Window]:
    return releases.windows(lambda _: PLAN, calls=40)


def content(results: Path) -> dict[str, bytes]:
    """Every file below the results but the lock."""
    places = (path for path in results.rglob("*") if path.is_file() and ".bench_runner" not in path.parts)
    return {path.relative_to(results).as_posix(): path.read_bytes() for path in places}


def stored(store: Store, sha: str) -> list[dict[str, object]]:
    (path,) = [path for path in store.paths() if path.name.startswith(sha[:8])]
    found: list[dict[str, object]] = json.loads(path.read_text())["bench_runner"]["windows"]
    return found


def test_processes_are_merged_window_by_window(
    tmp_path: Path, releases: Releases, repository: Repository, windows: list[Window]
) -> None:
    store = Store(tmp_path / "results")
    write(tmp_path / "w", windows)
    taken = ingest(store, repository, [tmp_path / "w"])
    assert [(one.release.sha, one.fresh, one.known) for one in taken] == [
        (releases.tagged(number), 6, 0) for number in range(3)
    ]
    for number in range(3):
        mine = [one for one in windows if one.commit == f"v{number}"]
        found = stored(store, releases.tagged(number))
        assert [one["start_ms"] for one in found] == [1000 * (START_S + 60 * (3 * number + k)) for k in range(3)]
        for k, one in enumerate(found):
            pair = [other for other in mine if int(other.start_s) // 60 == START_S // 60 + 3 * number + k]
            assert len(pair) == 2
            wanted = Histogram()
            for other in pair:
                wanted.merge(other.histograms["shop.checkout:charge"])
            assert one["histograms"]["shop.checkout:charge"] == wanted.to_dict()  # type: ignore[index]
            assert one["sums"] == {"cpu_s": sum(round(other.resources["cpu_s"] * 10**9) for other in pair)}
            assert one["levels"] == {"rss_bytes": max(other.resources["rss_bytes"] for other in pair)}
    assert verify(store.results).damages == ()


def test_a_percentile_is_that_of_the_merged_histogram(
    tmp_path: Path, releases: Releases, repository: Repository
) -> None:
    """One process answers in 1 ms, the other in 100 ms, ten times less often: no mean of their p50 is right."""
    quick, slow = Histogram(), Histogram()
    for _ in range(1000):
        quick.record(1_000_000)
    for _ in range(100):
        slow.record(100_000_000)
    write(tmp_path, [window({}, pid=1, histograms={"f": quick}), window({}, pid=2, histograms={"f": slow})])
    store = Store(tmp_path / "results")
    ingest(store, repository, [tmp_path])
    (run,) = store.runs()
    centres = {one.case.id: one.summary.centre for one in run.results if one.summary}
    both = Histogram()
    both.merge(quick)
    both.merge(slow)
    for word, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        assert centres[f"prod_time.f.{word}"] == pytest.approx((both.quantile(q) or 0) / 1e9)
    assert centres["prod_time.f.p50"] == pytest.approx(0.001, rel=0.02)
    assert centres["prod_time.f.p99"] == pytest.approx(0.1, rel=0.02)
    assert centres["prod_time.f.mean"] == pytest.approx((1000 * 0.001 + 100 * 0.1) / 1100)
    assert centres["prod_time.f.rate"] == pytest.approx(1100 / 60)
    assert run.machine.machine == "prod:shop"
    assert run.environment.name == "prod-eu"


def test_the_same_files_in_any_order_in_any_number_of_goes(
    tmp_path: Path, repository: Repository, windows: list[Window]
) -> None:
    paths = write(tmp_path / "w", windows)
    whole = Store(tmp_path / "whole")
    ingest(whole, repository, [tmp_path / "w"])
    wanted = content(whole.results)
    rng = random.Random(7)
    for go in range(4):
        store = Store(tmp_path / f"go{go}")
        order = rng.sample(paths, len(paths))
        for path in order:
            ingest(store, repository, [path])
        ingest(store, repository, order[:2])
        assert content(store.results) == wanted
    again = ingest(whole, repository, [tmp_path / "w", paths[0]])
    assert [one.fresh for one in again] == [0, 0, 0]
    assert content(whole.results) == wanted


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    starts=st.lists(
        st.tuples(st.integers(1, 3), st.floats(0, 600, allow_nan=False), st.floats(0, 80)),
        min_size=1,
        max_size=12,
        unique_by=lambda one: (one[0], START_S + one[1]),
    ),
    seed=st.integers(0, 99),
)
def test_no_call_is_lost_and_none_counted_twice(
    tmp_path: Path, repository: Repository, starts: list[tuple[int, float, float]], seed: int
) -> None:
    """Windows may overlap, stand in any order, and be of any length up to what is allowed."""
    rng = random.Random(seed)
    place = Path(tempfile.mkdtemp(dir=tmp_path))
    made = [
        window({"f": 0.01}, pid=pid, start_s=START_S + offset, end_s=START_S + offset + length, calls=rng.randrange(9))
        for pid, offset, length in starts
    ]
    write(place / "one", made)
    write(place / "two", rng.sample(made, len(made)))
    first, second = Store(place / "first"), Store(place / "second")
    ingest(first, repository, [place / "one"])
    for path in sorted((place / "two").iterdir(), reverse=True):
        ingest(second, repository, [path])
    assert content(first.results) == content(second.results)
    (run,) = first.runs()
    calls = sum(one.histograms["f"].count for one in made)
    assert sum(one.histograms["f"].count for one in run.windows) == calls
    assert sum(one.histograms["f"].sum_ns for one in run.windows) == sum(one.histograms["f"].sum_ns for one in made)
    assert sum(total for one in run.windows for _, total in one.counters.values()) == 10**9 * sum(
        int(str(one.counters["orders"]["value"])) for one in made
    )
    assert sum(len(one.members) for one in run.windows) == len(made)
    for one in run.windows:
        for member in one.members:
            assert one.start_ms <= 1000 * member.start_s < one.start_ms + 60_000


def test_two_at_once_lose_nothing(tmp_path: Path, repository: Repository, windows: list[Window]) -> None:
    paths = write(tmp_path / "w", windows)
    whole, shared = Store(tmp_path / "whole"), tmp_path / "shared"
    ingest(whole, repository, paths)
    threads = [threading.Thread(target=ingest, args=(Store(shared), repository, [path])) for path in paths]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert content(shared) == content(whole.results)


def test_a_sha_is_a_commit_too_and_a_branch_is_none(tmp_path: Path, releases: Releases, repository: Repository) -> None:
    sha = releases.tagged(0)
    store = Store(tmp_path / "results")
    write(tmp_path / "w", [window(PLAN, commit=sha), window(PLAN, pid=2, commit=sha[:10]), window(PLAN, pid=3)])
    (taken,) = ingest(store, repository, [tmp_path / "w"])
    assert (taken.release.sha, taken.fresh) == (sha, 3)
    for ref in ("main", "HEAD", "v99", "deadbeef", "-x", "--all", "v0^", ""):
        folder = tmp_path / f"bad{len(ref)}{ref.strip('-^')}"
        (path,) = write(folder, [replace(window(PLAN), commit=ref or "\n")])
        with pytest.raises(UsageError, match=f"{path.name}, line 1.*{ref.strip('-^')}"):
            ingest(store, repository, [folder])


def test_windows_of_minutes_can_be_kept_as_hours(tmp_path: Path, repository: Repository, windows: list[Window]) -> None:
    write(tmp_path / "w", [one for one in windows if one.commit == "v0"])
    store = Store(tmp_path / "results")
    ingest(store, repository, [tmp_path / "w"], 3600)
    (run,) = store.runs()
    assert [len(one.members) for one in run.windows] == [6]
    with pytest.raises(UsageError, match="--window 3600"):
        ingest(store, repository, write(tmp_path / "more", [window(PLAN, pid=99)]), 60)
    with pytest.raises(UsageError, match=r"line 1: lasts 3600 s, .* --window"):
        ingest(store, repository, write(tmp_path / "long", [window(PLAN, end_s=START_S + 3600)]))


def test_one_window_that_says_two_things(tmp_path: Path, repository: Repository) -> None:
    store = Store(tmp_path / "results")
    ingest(store, repository, write(tmp_path / "a", [window(PLAN)]))
    before = content(store.results)
    changed = replace(window(PLAN), resources={"cpu_s": 3.0})
    with pytest.raises(StoreError, match=r"process 4711 start at .* say different things"):
        ingest(store, repository, write(tmp_path / "b", [changed]))
    assert content(store.results) == before


def bent(change: Callable[[dict[str, object]], object]) -> str:
    data = window({"f": 0.01}, calls=5).to_dict()
    change(data)
    return json.dumps(data)


BENT: dict[str, tuple[str, str]] = {
    "no JSON": ('{"schema": 1, "servi', "line 2"),
    "no object": ("[1, 2]", "no JSON object"),
    "nothing": ("", "line 2"),
    "NaN": (bent(lambda d: d.update(start_s=float("nan"))), "NaN"),
    "endless": (bent(lambda d: d.update(end_s=1e300)), "line 2"),
    "newer": (bent(lambda d: d.update(schema=99)), "schema 99"),
    "no schema": (bent(lambda d: d.pop("schema")), "schema None"),
    "up and away": (bent(lambda d: d.update(service="../x")), "../x"),
    "a baseline": (bent(lambda d: d.update(service="a/b")), "a/b"),
    "environment": (bent(lambda d: d.update(environment="../../etc")), "etc"),
    "negative": (bent(lambda d: d.update(end_s=START_S - 5)), "line 2"),
    "surrogate": (bent(lambda d: d.update(counters={"\ud800": {"unit": "1", "value": 1}})), "line 2"),
    "huge name": (bent(lambda d: d.update(counters={"x" * 10_000: {"unit": "1", "value": 1}})), "10000"),
    "resource": (bent(lambda d: d.update(resources={"time.f.p50": 1})), "time.f.p50"),
    "deep": ("[" * 100_000, "line 2"),
    "twice": ('{"schema": 1, "schema": 1}', "twice"),
    "histogram": (bent(lambda d: d.update(histograms={"f": {"version": 1, "count": -1}})), "line 2"),
    "digits": (bent(lambda d: d.update(pid=0)).replace('"pid": 0', '"pid": ' + "9" * 5000), "line 2"),
}


@pytest.mark.parametrize("name", BENT)
def test_a_damaged_line_is_named_and_nothing_is_stored(tmp_path: Path, repository: Repository, name: str) -> None:
    line, said = BENT[name]
    good = json.dumps(window(PLAN).to_dict())
    path = tmp_path / "shop-1-2.jsonl"
    path.write_text(f"{good}\n{line}\n{good}\n")
    with pytest.raises(BenchRunnerError) as error:
        ingest(Store(tmp_path / "results"), repository, [path])
    assert error.value.exit_code in {2, 7}
    assert f"{path}, line 2" in str(error.value)
    assert said in str(error.value)
    assert len(str(error.value)) < 700 + len(str(path))
    assert not (tmp_path / "results").exists()


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path, repository: Repository) -> None:
    path = tmp_path / "shop-1-2.jsonl"
    good = json.dumps(window(PLAN).to_dict())
    path.write_text(f"{good}\n{good[:50]}")
    store = Store(tmp_path / "results")
    assert [one.fresh for one in ingest(store, repository, [path])] == [1]
    path.write_text("")
    assert ingest(store, repository, [path]) == []


def test_strange_windows_that_are_whole(tmp_path: Path, repository: Repository) -> None:
    """Nothing was called; no time passed; the clock went back; a name of markup."""
    store = Store(tmp_path / "results")
    hostile = "<script>alert(1)</script>\u202e\x1b[31m|=1+1"
    windows = [
        window({"f": 0.01}, start_s=START_S + 120, calls=0),
        window({"f": 0.01}, start_s=START_S + 60, end_s=START_S + 60),
        window({"f": 0.01, hostile: 0.5}, start_s=START_S - 3600),
        window({"f": 0.01}, start_s=START_S - 3590),
    ]
    write(tmp_path / "w", windows)
    ingest(store, repository, [tmp_path / "w"])
    (run,) = store.runs()
    assert [len(one.members) for one in run.windows] == [2, 1, 1]
    rates = next(one for one in run.results if one.case.id == "prod_time.f.rate")
    assert rates.sample is not None
    assert rates.sample.values[-1] == 0.0
    assert len(rates.sample.rounds) == 2
    assert f"prod_time.{hostile}.p50" in {one.case.id for one in run.results}
    assert verify(store.results).damages == ()


@pytest.mark.slow
def test_ten_thousand_names(tmp_path: Path, repository: Repository) -> None:
    one = Histogram()
    one.record(5)
    many = {f"f{number}": one for number in range(10_000)}
    store = Store(tmp_path / "results")
    ingest(store, repository, write(tmp_path / "w", [window({}, histograms=many)]))
    (run,) = store.runs()
    assert len([one for one in run.results if one.case.id.endswith(".mean")]) == 10_000
    with pytest.raises(UsageError, match="10001 names"):
        ingest(store, repository, write(tmp_path / "more", [window({"g": 0.01}, pid=2)]))


def test_what_is_not_there(tmp_path: Path, repository: Repository) -> None:
    with pytest.raises(UsageError, match="is not there"):
        ingest(Store(tmp_path / "results"), repository, [tmp_path / "nowhere"])
    with pytest.raises(UsageError, match="no file of windows"):
        ingest(Store(tmp_path / "results"), repository, [tmp_path])
