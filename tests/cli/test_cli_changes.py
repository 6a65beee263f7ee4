"""The life of a change on the command line, over stored results of a real git project."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parent.parent / "store"))

from stored_runs import MACHINE, PLAIN, TRACK, ok, run

from bench_runner.cli.main import app
from bench_runner.errors import BenchRunnerError
from bench_runner.model.benchmark import Benchmark
from bench_runner.store.files import Store

SLOW, SPEED = PLAIN, Benchmark("bench.time_other", "v1")
NOISE = (1.001, 0.998, 1.0, 0.999, 1.002, 1.0)  # so that there is some


class Project:
    """Fifty commits, of which each case says what it measured where."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        (folder / "bench_runner.toml").write_text('project = "made"\n')
        dates = "".join(
            f"commit refs/heads/main\ncommitter A <a@example.org> {1_700_000_000 + 86_400 * at} +0000\n"
            f"data <<END\nchange {at} | <b>@all\nEND\n\n"
            for at in range(50)
        )
        self.git("fast-import", "--quiet", text=dates)
        self.shas = self.git("rev-list", "--reverse", "main").split()
        self.store = Store(folder / "results")

    def git(self, *words: str, text: str = "") -> str:
        command = ["git", "-C", str(self.folder), *words]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout

    def measure(self, revisions: Sequence[int], slow: Callable[[int], float], other: float = 1.0) -> None:
        for at in revisions:
            noise = NOISE[at % len(NOISE)]
            found = [ok(SLOW, slow(at) * noise), ok(SPEED, (1.0 if at < 20 else other) * noise), ok(TRACK, 7.0)]
            self.store.add(run(self.shas[at], found=found), benchmarks=[SLOW, SPEED, TRACK])

    def __call__(self, *words: str) -> str:
        done = CliRunner().invoke(app, words)
        if isinstance(done.exception, BenchRunnerError):
            raise done.exception
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        self.code = done.exit_code
        return done.stdout

    def json(self, *words: str) -> list[dict[str, object]]:
        found = json.loads(self(*words, "--format", "json"))["changes"]
        assert isinstance(found, list)
        return found

    def ledger(self) -> dict[str, bytes]:
        return {path.stem: path.read_bytes() for path in sorted((self.folder / "results/changes").glob("*.change"))}


def step(at: int) -> float:
    return 1.0 if at < 20 else 1.3


def mended(at: int) -> float:
    return 1.3 if 20 <= at < 35 else 1.0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    return Project(tmp_path)


def test_detect_writes_nothing_unless_it_is_asked_to(project: Project) -> None:
    project.measure(range(30), step)
    assert "nothing is recorded yet" in project("detect")
    assert project.ledger() == {}
    out = project("detect", "--record")
    assert "1 entry recorded" in out
    ((name, content),) = project.ledger().items()
    assert [one["id"] for one in project.json("changes")] == [name]
    assert "Against the recorded" not in project("detect", "--record")
    assert project.ledger() == {name: content}


def test_a_night_after_night_the_id_stays_and_the_range_narrows(project: Project) -> None:
    project.measure(range(0, 50, 4), step)
    project("detect", "--record")
    ((name, first),) = project.ledger().items()
    project.measure([17, 18], step)
    assert project.json("changes")[0] | {"id": name, "first_new": project.shas[20]} == project.json("changes")[0]
    out = project("detect")
    assert "narrowed" in out
    assert "1 entry to record" in out
    assert project.ledger() == {name: first}
    project("detect", "--record")
    assert json.loads(project.ledger()[name])["last_old"] == project.shas[18]
    project.measure(range(50), step)
    project("detect", "--record")
    assert json.loads(project.ledger()[name])["last_old"] == project.shas[19]
    assert [one["id"] for one in project.json("changes")] == [name]


@pytest.mark.slow
def test_a_recovered_regression_and_its_improvement_are_listed(project: Project) -> None:
    project.measure(range(30), mended)
    project("detect", "--record")
    (name,) = project.ledger()
    assert [one["id"] for one in project.json("regressions")] == [name]
    assert (project("detect", "--exit-code"), project.code)[1] == 3
    project.measure(range(30, 50), mended)
    assert f"recovered by {project.shas[35][:8]}" in project("detect", "--record")
    found = {one["id"]: (one["state"], one["worse"]) for one in project.json("changes")}
    assert found[name] == ("recovered", True)
    assert sorted(found.values()) == [("confirmed", False), ("recovered", True)]
    assert project.json("regressions") == []
    assert (project("detect", "--exit-code"), project.code)[1] == 0
    assert [one["worse"] for one in project.json("changes", "--better")] == [False]
    assert [one["id"] for one in project.json("changes", "--worse")] == [name]
    assert [one["id"] for one in project.json("changes", "--state", "recovered")] == [name]


def test_what_is_no_longer_seen_stays_with_a_warning_and_stops_no_build(project: Project) -> None:
    project.measure(range(30), step)
    project("detect", "--record")
    before = project.ledger()
    project.measure(range(30), lambda _: 1.0)
    assert "no longer seen, kept" in project("detect", "--record", "--exit-code")
    assert project.code == 0
    assert project.ledger() == before
    (one,) = project.json("changes")
    assert (one["state"], one["warnings"]) == ("confirmed", ["no longer seen"])
    assert "no longer seen" in project("changes")
    assert "no longer seen" in project("changes", "show", str(one["id"]))


def test_what_the_project_does_not_care_about_any_more_is_not_missed(project: Project) -> None:
    project.measure(range(30), step)
    project("detect", "--record")
    (project.folder / "bench_runner.toml").write_text('project = "made"\nregressions_thresholds = {".*" = 0.5}\n')
    assert "no longer seen" not in project("detect")
    assert project.json("changes") == []


@pytest.mark.slow
def test_dismissed_is_silent_from_then_on(project: Project) -> None:
    project.measure(range(30), step, other=0.8)
    project("detect", "--record")
    name = next(str(one["id"]) for one in project.json("changes", "--worse"))
    before = project.ledger()
    assert f"dismissed {name}" in project("changes", "dismiss", name[:6], "--reason", "  the disk was full ")
    after = project.ledger()
    assert {one for one in after if after[one] != before[one]} == {name}
    assert json.loads(after[name])["reason"] == "the disk was full"
    assert name not in project("detect", "--exit-code")
    assert project.code == 0
    assert "1 dismissed change left out" in project("changes")
    (one,) = project.json("changes", "--state", "dismissed")
    assert (one["id"], one["reason"]) == (name, "the disk was full")
    assert project("publish")
    assert name not in (project.folder / "site/index.html").read_text()
    assert "the disk was full" in project("changes", "show", name)
    assert "Against the recorded" not in project("detect", "--record")
    assert project.ledger() == after


def test_a_change_that_was_never_recorded_can_be_dismissed(project: Project) -> None:
    project.measure(range(30), step)
    (one,) = project.json("changes")
    project("changes", "dismiss", str(one["id"]), "-m", "noise")
    assert list(project.ledger()) == [one["id"]]
    assert project.json("changes") == []


def test_an_unknown_id_is_told_the_known_ones(project: Project) -> None:
    project.measure(range(30), step, other=0.8)
    first, second = sorted(str(one["id"]) for one in project.json("changes"))
    with pytest.raises(BenchRunnerError, match=rf"no change 'zz': there are .*{first}.*changes` lists them"):
        project("changes", "show", "zz")
    with pytest.raises(BenchRunnerError, match="no change ''"):
        project("changes", "show", "")
    with pytest.raises(BenchRunnerError, match="changes show ID"):
        project("changes", second)
    with pytest.raises(BenchRunnerError, match="--reason is empty"):
        project("changes", "dismiss", first, "--reason", " ")
    assert project("changes", "show", second[:7].upper())
    assert project.ledger() == {}


def test_a_prefix_of_two_ids_is_not_guessed() -> None:
    from types import SimpleNamespace

    from bench_runner.cli.change_one import pick
    from bench_runner.errors import UsageError

    some = [
        SimpleNamespace(id=name, key=SimpleNamespace(case=SimpleNamespace(id=name))) for name in ("ab12", "ab34", "ab")
    ]
    told = SimpleNamespace(changes=some, seen=[], dismissed=[])
    with pytest.raises(UsageError, match=r"'a' begins more than one id: ab12 .* give more digits"):
        pick(told, "a")  # type: ignore[arg-type]
    assert pick(told, "ab") is some[2]  # type: ignore[arg-type]


@pytest.mark.slow
def test_filters_choose_and_add_up(project: Project) -> None:
    project.measure(range(50), step, other=0.8)
    everything = project.json("changes")
    assert len(everything) == 2
    assert [one["benchmark"] for one in project.json("changes", "-b", "other")] == ["bench.time_other"]
    assert project.json("changes", "-E", str(everything[0]["environment"])) == everything
    assert project.json("changes", "-E", "nowhere") == []
    assert project.json("--machine", MACHINE.machine, "changes") == everything
    assert project.json("--machine", "nowhere", "changes") == []
    assert project.json("changes", "--worse", "--better") == everything
    day = "2023-12-04"  # of commit 20
    assert project.json("changes", "--since", day) == everything
    assert project.json("changes", "--since", "2023-12-05") == []
    assert project.json("changes", "--since", "2d", "--now", "2023-12-06") == everything
    assert project.json("changes", "--since", "2d", "--now", "2023-12-08") == []
    assert project.json("regressions", "--since", "2d", "--now", "2023-12-06") == everything[:1]


def test_every_format_keeps_its_shape(project: Project) -> None:
    project.measure(range(30), step)
    for words in (["changes"], ["regressions"], ["changes", "show", str(project.json("changes")[0]["id"])]):
        (record,) = csv.DictReader(io.StringIO(project(*words, "--format", "csv")))
        assert float(record["ratio"]) == pytest.approx(1.3, rel=0.01)
        table = [line for line in project(*words, "--format", "md").splitlines() if line.startswith("|")]
        assert len({line.count(" | ") for line in table}) == 1
        assert not [line for line in table if "<b>" in line or "@all" in line]


def test_a_damaged_ledger_ends_every_verb_with_file_and_line(project: Project) -> None:
    project.measure(range(30), step)
    project("detect", "--record")
    (path,) = (project.folder / "results/changes").iterdir()
    path.write_text(path.read_text().replace('"before": ', '"before": "x'))
    for words in (["detect"], ["changes"], ["publish"], ["detect", "--record"]):
        with pytest.raises(BenchRunnerError, match=rf"{path.name}: .*line 3") as error:
            project(*words)
        assert error.value.exit_code == 7
    with pytest.raises(BenchRunnerError, match="1 damaged in"):
        project("store", "verify")


def test_the_same_files_give_the_same_bytes(project: Project) -> None:
    project.measure(range(30), step, other=0.8)
    project("detect", "--record")
    once = project.ledger(), project("changes", "--format", "json"), project("detect")
    for path in (project.folder / "results/changes").iterdir():
        path.unlink()
    project("detect", "--record")
    assert (project.ledger(), project("changes", "--format", "json"), project("detect")) == once


def test_another_detector_is_not_recorded(project: Project) -> None:
    project.measure(range(30), step)
    with pytest.raises(BenchRunnerError, match="--record writes what 'segments' finds"):
        project("detect", "--record", "--detector", "asv")
    assert project.ledger() == {}


@pytest.mark.slow
def test_a_picture_as_svg(project: Project) -> None:
    project.measure(range(0, 50, 4), step)
    name = str(project.json("changes")[0]["id"])
    assert "wrote change.svg" in project("changes", "show", name, "--svg", "change.svg")
    assert (project.folder / "change.svg").read_text().startswith("<?xml")
    with pytest.raises(BenchRunnerError, match=r"must end in \.svg"):
        project("changes", "show", name, "--svg", "change.png")


@pytest.mark.parametrize(
    "words", [["changes"], ["changes", "show"], ["changes", "dismiss"], ["regressions"], ["detect"]]
)
def test_help_has_an_example(project: Project, words: list[str]) -> None:
    assert "bench-runner " + " ".join(words) in project(*words, "--help")
