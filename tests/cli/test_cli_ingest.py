"""Production from end to end: windows of twelve releases, a slow one among them, and a benchmark that moved with it."""

import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from .conftest import Command, Done

sys.path.append(str(Path(__file__).parent.parent / "exchange"))

from fabricated_windows import START_S, Releases, window, write

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.run import Build, Fingerprint, Protocol, Result, Run
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import summarise
from bench_runner.store.files import Store

pytestmark = pytest.mark.slow

SLOW = 7  # the release with the slow-down
CHARGE = "shop.checkout:charge"
BENCHMARKS = (Benchmark("checkout.time_charge", "1"), Benchmark("cart.time_add", "1"))


def plan(number: int) -> dict[str, float]:
    return {CHARGE: 0.02 * (1.3 if number >= SLOW else 1.0), "shop.cart:add": 0.001}


def measured(store: Store, releases: Releases) -> None:
    """Every commit was measured; one benchmark is 25 % slower from the middle commit of the slow release on."""
    rng = random.Random(3)
    slow = SLOW * releases.every + 1
    for revision, sha in enumerate(releases.shas):
        results = []
        for one in BENCHMARKS:
            level = 1.25e-3 if one.name == "checkout.time_charge" and revision >= slow else 1e-3
            sample = Sample(tuple(Round((level * rng.lognormvariate(0, 0.004),)) for _ in range(5)))
            results.append(Result(Case(one.name), "1", "ok", sample, summarise(sample, one.metric), started_ms=1))
        run = Run(
            commit_sha=sha,
            commit_time_ms=1_700_000_000_000,
            environment=Environment("uv", "3.12"),
            machine=Machine("lab"),
            build=Build(ok=True),
            protocol=Protocol("1", "engine", 5, "fork"),
            fingerprint=Fingerprint(),
            results=tuple(results),
        )
        store.add(run, benchmarks=BENCHMARKS)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    found = Releases(tmp_path_factory.mktemp("service") / "shop")
    found.begin()
    write(found.folder.parent / "windows", found.windows(plan))
    return found


@pytest.fixture(scope="module")
def shop(releases: Releases) -> Command:
    """The project with its windows ingested and its benchmarks measured."""
    command = Command(releases.folder, releases.folder.parent / "home")
    command.write("bench_runner.toml", 'project = "shop"\npythons = ["3.12"]\n')
    command.write("benchmarks/__init__.py", "")
    measured(Store(releases.folder / "results"), releases)
    done = command.alone("ingest", str(releases.folder.parent / "windows"))
    assert done.code == 0, done.err
    assert done.out.count("16 windows stored, 0 known before") == 12
    return command


def flat(done: Done) -> str:
    """A table's words, the cells that were wrapped joined column by column no more than a reader does."""
    assert done.code == 0, done.err
    return " ".join(done.out.split())


def test_detect_names_the_releases_and_links_the_benchmark(shop: Command, releases: Releases) -> None:
    done = shop("detect")
    said = flat(done)
    assert "changes in production" in said
    assert f"prod_time.{CHARGE}.p50" in done.out
    assert f"{releases.tagged(SLOW)[:8]}" in done.out
    found = json.loads(shop("changes", "--format", "json").out)["changes"]
    production = [one for one in found if one["source"] == "production"]
    assert {one["benchmark"] for one in production} == {
        f"prod_time.{CHARGE}.{word}" for word in ("p50", "p90", "p99", "mean")
    }
    for one in production:
        assert (one["last_old"], one["first_new"]) == (releases.tagged(SLOW - 1), releases.tagged(SLOW))
        assert one["ratio"] == pytest.approx(1.3, rel=0.05)
        assert one["machine"] == "prod:shop"
        assert one["worse"]
        assert one["windows_ms"] == [1000 * (START_S + 60 * (8 * SLOW - 1)), 1000 * (START_S + 60 * 8 * SLOW)]
    (bench,) = [one for one in found if one["source"] == "benchmark"]
    assert bench["first_new"] == releases.shas[SLOW * releases.every + 1]
    assert "checkout.time_charge" in done.out.split("changes in production")[1]
    assert f"production: prod_time.{CHARGE}.p50" in flat(done).split("changes in production")[0]
    assert "never a gate" in done.out


def test_production_is_never_a_gate(shop: Command, releases: Releases, tmp_path: Path) -> None:
    assert shop("detect", "--exit-code").code == 3  # for the benchmark
    alone = Command(tmp_path / "alone", tmp_path / "home")
    alone.write("bench_runner.toml", f'project = "shop"\nrepo = "{releases.folder}"\n')
    assert alone("ingest", str(releases.folder.parent / "windows")).code == 0
    done = alone("detect", "--exit-code")
    assert (done.code, done.err) == (0, "")
    assert "4 changes in production" in done.out
    assert "no benchmark moved in this range" in flat(done)


def test_changes_have_a_column_that_says_where_they_were_seen(shop: Command) -> None:
    lines = shop("changes", "--format", "csv").out.splitlines()
    heads = lines[0].split(",")
    sources = [line.split(",")[heads.index("source")] for line in lines[1:]]
    assert sorted(sources) == ["benchmark", *["production"] * 4]
    assert "source" in shop("changes").out.splitlines()[2]


def test_bisect_refuses_production_and_names_what_to_bisect(shop: Command) -> None:
    done = shop("bisect", "v6..v7", "-b", f"prod_time.{CHARGE}.p99")
    assert done.code == 2
    assert "cannot be measured again" in done.err
    assert "checkout.time_charge" in done.err
    still = shop("bisect", "v1..v2", "-b", "prod_time.shop.cart:add.p50")
    assert still.code == 2
    assert "no benchmark moved with it" in still.err


def test_show_compare_and_baselines(shop: Command) -> None:
    done = shop("show", "v7")
    assert done.code == 0, done.err
    assert "on prod:shop in prod-eu, production: a round is one of 8 windows" in done.out
    assert "production, 8 windows" in flat(shop("show"))
    done = shop("compare", "v6", "v7", "--format", "json")
    verdicts = {one["id"]: one["verdict"] for one in json.loads(done.out)["cells"]}
    assert verdicts[f"prod_time.{CHARGE}.p50"] == "slower"
    assert verdicts["prod_time.shop.cart:add.p50"] in {"unchanged", "undecided"}
    assert shop("baseline", "set", "shipped", "v6").code == 0
    done = shop("compare", "shipped", "v7", "-b", CHARGE)
    assert "slower" in done.out
    assert shop("store", "verify").code == 0
    done = shop("store", "thin", "--keep", "0 commits")
    assert done.code == 0, done.err
    assert shop("store", "verify").code == 0


def test_ingesting_again_stores_nothing(shop: Command, releases: Releases) -> None:
    results = releases.folder / "results" / "prod:shop"
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    done = shop("ingest", str(releases.folder.parent / "windows"))
    assert done.out.count("0 windows stored, 16 known before") == 12
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


@pytest.mark.parametrize(
    ("commit", "code", "said"), [("v99", 2, "'v99' is no tag"), ("0badbad0", 2, "unknown ref"), ("main", 2, "'main'")]
)
def test_a_ref_that_is_none(shop: Command, tmp_path: Path, commit: str, code: int, said: str) -> None:
    (path,) = write(tmp_path, [window({}, commit=commit)])
    done = shop("ingest", str(path))
    assert done.code == code
    assert said in done.err
    assert f"{path}, line 1" in done.err


def test_a_line_of_a_newer_program(shop: Command, tmp_path: Path) -> None:
    path = tmp_path / "shop-1-1.jsonl"
    path.write_text(json.dumps({**replace(window({})).to_dict(), "schema": 2}) + "\n")
    done = shop("ingest", str(tmp_path))
    assert done.code == 7
    assert f"{path}, line 1: window of schema 2" in done.err
    assert shop("ingest", str(tmp_path / "no")).code == 2


def test_plot_of_production_is_refused_in_a_sentence(shop: Command) -> None:
    done = shop("plot", f"prod_time.{CHARGE}.p50")
    assert done.code == 2
    assert "is of production" in done.err
