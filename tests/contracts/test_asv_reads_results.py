"""asv itself reads what we store, says the same of it, and may write to it."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "store"))

from asv.benchmarks import Benchmarks
from asv.results import Results, iter_results
from stored_runs import BENCHMARKS, PARAMS, PEAK, PLAIN, TRACK, bad, exact, ok, results, run

from bench_runner.config.keep import Keep
from bench_runner.model.benchmark import Case
from bench_runner.model.machine import Machine
from bench_runner.model.run import Build, Result, Run
from bench_runner.model.sample import Round, Sample
from bench_runner.stats.summary import summarise
from bench_runner.store.files import Store
from bench_runner.store.thin import thin
from bench_runner.store.verify import verify


class Place:
    """A project with a git history, an asv configuration, and a store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "results")
        self.git("init", "-q", "-b", "main")
        for number in range(3):
            self.git("commit", "-q", "--allow-empty", "-m", f"change {number}")
        self.shas = self.git("rev-list", "--reverse", "HEAD").split()
        conf = {"version": 1, "project": "demo", "repo": ".", "branches": ["main"]}
        (folder / "asv.conf.json").write_text(json.dumps({**conf, "environment_type": "virtualenv"}))

    def git(self, *words: str) -> str:
        who = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        names = {
            f"GIT_{role}_{what}": "demo@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        command = ["git", *words]
        done = subprocess.run(command, cwd=self.folder, env=os.environ | who | names, check=True, capture_output=True)
        return done.stdout.decode()

    def asv(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "asv", *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Every outcome at the first commit, a slower one at the second, a broken build at the third."""
    found = Place(tmp_path_factory.mktemp("project"))
    slower = [ok(PLAIN, *(2e-3 * (1 + 0.001 * one) for one in range(5))), *results()[1:]]
    faster = [ok(PLAIN, *(1e-3 * (1 + 0.001 * one) for one in range(5))), *results()[1:]]
    found.store.add(run(found.shas[0], found=faster), benchmarks=BENCHMARKS)
    found.store.add(run(found.shas[1], found=slower), benchmarks=BENCHMARKS)
    found.store.add(run(found.shas[2], found=[], build=Build(ok=False)), benchmarks=BENCHMARKS)
    return found


def test_asv_loads_every_file_and_finds_our_numbers(place: Place) -> None:
    loaded = list(iter_results(str(place.store.results)))
    assert {one.commit_hash for one in loaded} == set(place.shas)
    for theirs in loaded:
        ours = place.store.find(theirs.commit_hash, theirs.env_name, "lab-1")
        assert ours is not None
        mine = {result.case.id: result for result in ours.results}
        for benchmark in BENCHMARKS:
            values = theirs.get_result_value(benchmark.name, [list(one) for one in benchmark.params])
            for case, value in zip(benchmark.cases(), values, strict=True):
                result = mine.get(case.id)
                if result is None or result.outcome in {"failed", "timeout", "crashed"}:
                    assert value is None
                elif result.outcome == "skipped":
                    assert math.isnan(value)
                else:
                    assert result.summary is not None
                    assert value == result.summary.centre


def test_asv_reads_statistics_samples_and_times(place: Place) -> None:
    path = place.store.add(run(place.shas[0], machine=Machine("lab-2")), benchmarks=BENCHMARKS)
    theirs = Results.load(str(path), machine_name="lab-2")
    ours = results()[0]
    assert ours.summary is not None
    assert ours.sample is not None
    assert theirs.get_result_stats(PLAIN.name, []) == [
        {
            "ci_99_a": ours.summary.low,
            "ci_99_b": ours.summary.high,
            "q_25": ours.summary.q25,
            "q_75": ours.summary.q75,
            "number": 100,
            "repeat": 6,
        }
    ]
    assert theirs.get_result_samples(PLAIN.name, []) == [list(ours.sample.values)]
    assert theirs.started_at[PLAIN.name] == ours.started_ms
    assert theirs.duration[PLAIN.name] == ours.duration_s
    assert theirs.duration["<build>"] == 2.5
    assert theirs.duration["<setup_cache bench:12>"] == 0.75
    assert theirs.params["python"] == "3.11"
    assert theirs.params["numpy"] == "2.0"
    assert theirs.env_vars == {"CC": "gcc", "OMP_NUM_THREADS": "1"}
    path.unlink()
    (path.parent / "machine.json").unlink()


def test_asv_reads_our_list_of_benchmarks(place: Place) -> None:
    class Conf:
        benchmark_dir = ""
        results_dir = str(place.store.results)

    assert set(Benchmarks.load(Conf())) == {one.name for one in BENCHMARKS}


@pytest.mark.slow
def test_asv_show(place: Place) -> None:
    shown = place.asv("show", place.shas[0])
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "bench.time_plain [lab-1/uv-py3.11-numpy2.0-six-CCgcc-OMP_NUM_THREADS1]" in shown.stdout
    assert "1.00±0.02ms" in shown.stdout
    assert "3/6 failed" in shown.stdout
    assert "n/a" in shown.stdout
    broken = place.asv("show", place.shas[2])
    assert broken.stdout.splitlines().count("  failed") == len(BENCHMARKS)
    assert "WARN" not in shown.stdout + shown.stderr


@pytest.mark.slow
def test_asv_compare(place: Place) -> None:
    shown = place.asv("compare", place.shas[0], place.shas[1])
    assert shown.returncode == 0, shown.stdout + shown.stderr
    line = next(line for line in shown.stdout.splitlines() if "time_plain" in line)
    assert line.split()[1] == "+"
    assert "2.00" in line
    broken = place.asv("compare", place.shas[0], place.shas[2])
    assert broken.returncode == 0, broken.stdout + broken.stderr
    assert next(line for line in broken.stdout.splitlines() if "time_plain" in line).split()[1] == "!"


@pytest.mark.slow
def test_asv_says_the_same_of_thinned_runs(place: Place) -> None:
    shown = [place.asv("show", sha).stdout for sha in place.shas[:2]]
    compared = place.asv("compare", *place.shas[:2]).stdout
    files = {path: path.read_bytes() for path in place.store.paths()}
    tally = thin(place.store, Keep(commits=0), place.folder / "cache")
    try:
        assert tally.runs == 2
        assert [place.asv("show", sha).stdout for sha in place.shas[:2]] == shown
        assert place.asv("compare", *place.shas[:2]).stdout == compared
        assert "+" in compared
    finally:
        for path, content in files.items():
            path.write_bytes(content)


@pytest.mark.slow
def test_asv_publish(place: Place) -> None:
    done = place.asv("publish", "--no-pull")
    assert done.returncode == 0, done.stdout + done.stderr
    index = json.loads((place.folder / "html" / "index.json").read_text())
    assert set(index["benchmarks"]) == {one.name for one in BENCHMARKS}
    graph = next((place.folder / "html" / "graphs").rglob("bench.time_plain.json"))
    assert [value for _, value in json.loads(graph.read_text())][:2] == [0.001002, 0.002004]
    assert "Skipping" not in done.stdout + done.stderr


def rewritten(store: Store, one: Run) -> Path:
    """Store a run and let asv load and save its file, as `asv run` does."""
    path = store.add(one, benchmarks=BENCHMARKS)
    Results.load(str(path)).save(str(store.results))
    return path


def test_a_file_that_asv_rewrote_is_noticed_and_still_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    path = rewritten(store, run())
    assert "bench_runner" not in json.loads(path.read_text())
    found = {one.case.id: one for one in store.load(path).results}
    assert len(found) == len(results())
    plain = found["bench.time_plain"]
    assert plain.protocol is not None
    assert plain.protocol.engine == "asv"
    assert plain.summary is not None
    assert plain.summary.centre == 0.0011
    assert found["bench.time_params(10, 'a')"].outcome == "skipped"
    assert found["bench.time_params(1, 'b')"].outcome == "failed"
    (damage,) = verify(store.results).damages
    assert damage.path == path
    assert "asv" in damage.reason


def test_we_go_on_in_a_file_that_asv_rewrote(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    path = rewritten(store, run())
    store.add(run(found=[ok(PLAIN, 8.0, 8.1)]), benchmarks=BENCHMARKS)
    found = {one.case.id: one for one in store.load(path).results}
    assert found["bench.time_plain"].protocol is None
    assert found["bench.time_params(1, 'a')"].summary.centre == 0.51  # type: ignore[union-attr]
    assert {one.commit_hash for one in iter_results(str(store.results))} == {run().commit_sha}


def test_our_reading_of_asv_own_files(tmp_path: Path) -> None:
    """asv writes a file with its own code; we read its numbers."""
    from asv.runner import BenchmarkResult

    fields = {"machine": "lab-1", "os": "", "arch": "", "cpu": "", "num_cpu": "", "ram": "", "python": "3.7"}
    theirs = Results(fields, {"numpy": ""}, "d" * 40, 5, "3.7", "virtualenv-py3.7-numpy", {})
    entry = {"name": "bench.time_params", "version": "v1", "params": [["1", "10"], ["'a'", "'b'", "'c'"]]}
    values = [1.0, math.nan, None, 4.0, 5.0, 6.0]
    samples = [[1.0, 1.1, 0.9], None, None, [4.0] * 3, [5.0] * 3, [6.0] * 3]
    numbers = [10, None, None, 10, 10, 10]
    measured = BenchmarkResult(values, samples, numbers, 0, "", None)
    theirs.add_result(entry, measured, duration=6.0, record_samples=True)
    theirs.save(str(tmp_path))
    Store(tmp_path).save_machine(Machine("lab-1"))
    (path,) = Store(tmp_path).paths()
    assert b"NaN" in path.read_bytes()
    found = Store(tmp_path).load(path)
    assert found.environment.name == "virtualenv-py3.7-numpy"
    assert (found.environment.tool, found.environment.requirements) == ("virtualenv", (("numpy", ""),))
    assert found.protocol.engine == "asv"
    outcomes = [one.outcome for one in found.results]
    assert outcomes == ["ok", "skipped", "failed", "ok", "ok", "ok"]
    first = found.results[0]
    assert first.sample is not None
    assert first.sample.values == (1.0, 1.1, 0.9)
    assert first.sample.number == 10
    assert first.summary is not None
    assert first.summary.centre == 1.0
    assert first.summary.low < 0.9
    assert first.summary.high > 1.1


def test_a_foreign_row_is_kept_word_for_word(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    path = rewritten(store, run(found=[ok(PLAIN, 1.0, 1.1), bad(PARAMS, "failed", params=("1", "'a'"))]))
    data = json.loads(path.read_text())
    data["result_columns"].append("something new")
    data["results"]["bench.time_plain"] += [None] * (
        len(data["result_columns"]) - len(data["results"]["bench.time_plain"])
    )
    data["results"]["bench.time_plain"][-1] = "kept"
    path.write_text(json.dumps(data))
    store.add(run(found=[exact(BENCHMARKS[2], 5.0)]), benchmarks=BENCHMARKS)
    after = json.loads(path.read_text())
    assert after["results"]["bench.time_plain"] == data["results"]["bench.time_plain"]


def test_what_asv_stored_of_a_track_that_returns_a_word(tmp_path: Path) -> None:
    """asv keeps whatever a track_* returns; it costs that case its number, and the file nothing."""
    from asv.runner import BenchmarkResult

    fields = {"machine": "lab-1", "os": "", "arch": "", "cpu": "", "num_cpu": "", "ram": "", "python": "3.7"}
    theirs = Results(fields, {}, "d" * 40, 5, "3.7", "virtualenv-py3.7", {})
    for name, value in (("bench.track_word", "abc"), ("bench.track_list", [1, 2]), ("bench.track_whole", 3)):
        entry = {"name": name, "version": "v1", "params": []}
        theirs.add_result(entry, BenchmarkResult([value], [None], [None], 0, "", None), record_samples=True)
    theirs.save(str(tmp_path))
    store = Store(tmp_path)
    store.save_machine(Machine("lab-1"))
    (path,) = store.paths()
    found = {one.case.benchmark: one for one in store.load(path).results}
    assert {name: one.outcome for name, one in found.items()} == {
        "bench.track_word": "failed",
        "bench.track_list": "failed",
        "bench.track_whole": "ok",
    }
    assert found["bench.track_word"].detail == "the benchmark returned 'abc', which is no number"
    before = Results.load(str(path))
    environment = store.load(path).environment
    store.add(run("d" * 40, found=[ok(PLAIN, 1.0, 1.1)], environment=environment), benchmarks=BENCHMARKS)
    after = Results.load(str(path))
    for name in found:
        assert after.get_result_value(name, []) == before.get_result_value(name, [])


@pytest.mark.slow
def test_asv_shows_single_values_as_its_own(tmp_path: Path) -> None:
    place = Place(tmp_path)
    once = [
        Result(Case(one.name), one.version, "ok", sample, summarise(sample, replace(one.metric, exact=False)))
        for one, value in ((PEAK, 123_456_789.0), (TRACK, 12345.0))
        for sample in (Sample((Round((value,)),)),)
    ]
    path = place.store.add(run(place.shas[0], found=once), benchmarks=BENCHMARKS)
    theirs = Results.load(str(path))
    assert repr(theirs.get_result_value(TRACK.name, [])) == "[12345]"
    assert theirs.get_result_stats(TRACK.name, []) == [None]
    shown = place.asv("show", place.shas[0])
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "12345" in shown.stdout
    assert "123M" in shown.stdout
    assert "±" not in shown.stdout
    details = place.asv("show", "--details", place.shas[0])
    assert details.returncode == 0, details.stdout + details.stderr
