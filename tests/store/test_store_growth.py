"""How much room results take, and what the growth of them says of a year."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, run
from typer.testing import CliRunner

from bench_runner.cli.main import app
from bench_runner.report.growth import verified
from bench_runner.report.sheet import render
from bench_runner.store.files import Store
from bench_runner.store.growth import Growth, Weight, weigh
from bench_runner.store.verify import verify

DAY_MS = 86_400_000


def grown(*days_and_sizes: tuple[int, int], machine: str = "m") -> list[Weight]:
    return [Weight(machine, day * DAY_MS, size) for day, size in days_and_sizes]


def test_sums_and_medians() -> None:
    found = Growth.of([replace(one, samples=3, saving=2) for one in grown((0, 10), (3, 1000), (1, 20), (2, 30))])
    assert (found.size, found.samples, found.saving) == (1060, 12, 8)
    assert (found.typical, found.newest, found.older) == (25, 1000, 20)
    assert Growth().typical == Growth().newest == 0
    assert Growth.of(grown((0, 10))).older == 10


def test_a_year_is_drawn_out_from_what_there_is() -> None:
    assert Growth.of(grown((0, 10), (73, 10))).per_year == 100
    assert Growth.of(grown((0, 999), (400, 10), (500, 10))).per_year == 20
    assert Growth.of(grown((0, 10), (6, 10))).per_year is None
    assert Growth.of([]).per_year is None


def test_a_machine_that_measures_no_more_brings_nothing() -> None:
    found = Growth.of([*grown((0, 10), (1, 10), machine="old"), *grown((700, 10), (800, 10), machine="new")])
    by_machine = found.by_machine()
    assert list(by_machine) == ["new", "old"]
    assert by_machine["old"].per_year == 0
    assert by_machine["new"].per_year == 73


def test_what_is_weighed_is_what_lies_there(store: Store) -> None:
    path = store.add(run(), benchmarks=BENCHMARKS)
    data = json.loads(path.read_text())
    place = data["result_columns"].index("samples")
    texts = [json.dumps(row[place], separators=(",", ":")) for row in data["results"].values()]
    content = path.read_text()
    assert all(text in content for text in texts)
    found = weigh(path, len(content), store.document(path))
    assert found == Weight("lab-1", run().commit_time_ms, len(content), sum(map(len, texts)) + 3, found.saving)
    assert 0 < found.saving < found.size / 2


@pytest.fixture
def results(store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two machines, of which one has a damaged file."""
    (store.results.parent / "bench_runner.toml").write_text("")
    monkeypatch.chdir(store.results.parent)
    store.add(run(), benchmarks=BENCHMARKS)
    other = replace(run("b" * 40), machine=replace(run().machine, machine="lab-2"))
    store.add(other, benchmarks=BENCHMARKS)
    path = store.add(replace(other, commit_sha="c" * 40), benchmarks=BENCHMARKS)
    path.write_text("{")
    return store.results


def test_the_command_tells_it_in_every_format(results: Path) -> None:
    report = verify(results)
    assert (report.files, len(report.growth.weights)) == (3, 2)
    found = json.loads(CliRunner().invoke(app, ["store", "verify", "--format", "json"]).stdout)
    assert found["schema"] == "bench_runner.store/1"
    assert [one["path"] for one in found["damages"]] == [str(report.damages[0].path)]
    assert found["all"]["bytes"] == sum(one["bytes"] for one in found["machines"].values()) == report.growth.size
    assert found["machines"]["lab-1"]["bytes_thin_saves"] > 0
    assert found["all"]["bytes_per_year"] is None
    text = CliRunner().invoke(app, ["store", "verify"]).stdout
    assert text.startswith(f"{report.damages[0].path}: not valid JSON")
    lines = text.splitlines()
    assert [line.split()[0] for line in lines if line.startswith((" lab", " all"))] == ["lab-1", "lab-2", "all"]
    assert render(verified(report), "csv").splitlines()[0].startswith("machine,runs,bytes,")
