"""asv itself reads runs of production, shows and publishes them."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "exchange"))

from asv.benchmarks import Benchmarks
from asv.results import iter_results
from fabricated_windows import window, write
from test_asv_reads_results import Place

from bench_runner.exchange.ingest import ingest
from bench_runner.repo.git import Repository

NAME = "prod_time.shop.checkout:charge.p50"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    found = Place(tmp_path_factory.mktemp("project"))
    repository = Repository.open(str(found.folder), found.folder / "cache")
    for number, sha in enumerate(reversed(found.shas)):
        plan = {"shop.checkout:charge": 0.02 * (1 + number)}
        windows = [window(plan, pid=10 * number + k, commit=sha, start_s=1_790_000_040 + 60 * k) for k in range(8)]
        write(found.folder / "windows", windows)
    ingest(found.store, repository, [found.folder / "windows"])
    return found


def test_asv_loads_our_numbers(place: Place) -> None:
    loaded = list(iter_results(str(place.store.results)))
    assert {one.commit_hash for one in loaded} == set(place.shas)
    for theirs in loaded:
        ours = place.store.find(theirs.commit_hash, "prod-eu", "prod:shop")
        assert ours is not None
        for result in ours.results:
            assert result.summary is not None
            assert theirs.get_result_value(result.case.benchmark, []) == [result.summary.centre]
            assert result.sample is not None
            assert theirs.get_result_samples(result.case.benchmark, []) == [list(result.sample.values)]

    class Conf:
        benchmark_dir = ""
        results_dir = str(place.store.results)

    assert NAME in Benchmarks.load(Conf())


@pytest.mark.slow
def test_asv_shows_and_compares(place: Place) -> None:
    listed = place.asv("show")
    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert "prod:shop" in listed.stdout
    shown = place.asv("show", place.shas[0])
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"{NAME} [prod:shop/prod-eu]" in shown.stdout
    assert "prod_rss" in shown.stdout
    compared = place.asv("compare", place.shas[1], place.shas[0])
    assert compared.returncode == 0, compared.stdout + compared.stderr
    line = next(line for line in compared.stdout.splitlines() if NAME in line)
    assert line.split()[1] in {"+", "-"}


@pytest.mark.slow
def test_asv_publishes(place: Place) -> None:
    done = place.asv("publish", "--no-pull")
    assert done.returncode == 0, done.stdout + done.stderr
    index = json.loads((place.folder / "html" / "index.json").read_text())
    assert NAME in index["benchmarks"]
    assert "prod:shop" in index["params"]["machine"]
    graph = next((place.folder / "html" / "graphs").rglob(f"{NAME.replace(':', '_')}.json"), None) or next(
        path for path in (place.folder / "html" / "graphs").rglob("*.json") if "p50" in path.name
    )
    assert len(json.loads(graph.read_text())) == 3
