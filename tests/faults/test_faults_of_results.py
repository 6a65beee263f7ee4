"""Results that are damaged, newer, deleted or written by two at once: each costs at most its own file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Night, until

pytestmark = pytest.mark.slow

DAMAGE: dict[str, Callable[[str], str]] = {
    "truncated": lambda text: text[: len(text) // 2],
    "empty": lambda _: "",
    "a key twice": lambda text: text.replace('"commit_hash"', '"date": 1, "commit_hash"', 1),
    "merge marks": lambda text: f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_set_aside_and_measured_again(night: Night, name: str) -> None:
    bad, missing = night.files()
    spoilt = DAMAGE[name](bad.read_text())
    bad.write_text(spoilt)
    missing.unlink()
    done = night.run()
    assert done.code == 0, done.err
    assert f"{bad.name} is not as it should be" in done.err
    assert night.calls() == 4
    assert bad.with_name(f"{bad.name}.damaged").read_text() == spoilt
    assert night.files() == [bad, missing]
    bad.with_name(f"{bad.name}.damaged").unlink()
    assert night.whole()


def newer_schema(text: str) -> str:
    data = json.loads(text)
    data["bench_runner"]["schema"] = 99
    return json.dumps(data)


NEWER = {"schema 99": newer_schema, "asv format 3": lambda text: json.dumps({**json.loads(text), "version": 3})}


@pytest.mark.parametrize("name", NEWER)
def test_a_newer_file_is_left_alone_and_the_others_are_measured(night: Night, name: str) -> None:
    newer, missing = night.files()
    newer.write_text(NEWER[name](newer.read_text()))
    content = newer.read_bytes()
    missing.unlink()
    for more, calls in ((), 2), (("--again",), 2):
        done = night.run(*more)
        assert done.code == 7
        assert f"has {name}, this program reads" in done.err
        assert "1 result file in another format left as it was" in done.err.splitlines()[-1]
        assert night.calls() == calls
        assert newer.read_bytes() == content
        assert missing.exists()


@pytest.mark.parametrize("how", ["truncated", "empty", "a key twice"])
def test_a_damaged_list_and_machine_are_written_again(night: Night, how: str) -> None:
    paths = [night.results / "benchmarks.json", night.results / "here" / "machine.json"]
    before = [json.loads(path.read_text()) for path in paths]
    for path in paths:
        text = path.read_text()
        twice = text.replace('"version":', '"version": 2,\n "version":')
        path.write_text(twice if how == "a key twice" else DAMAGE[how](text))
    night.files()[0].unlink()
    done = night.run()
    assert done.code == 0, done.err
    assert [json.loads(path.read_text()) for path in paths] == before
    assert night.calls() == 2


def test_results_deleted_during_a_run(night: Night) -> None:
    shutil.rmtree(night.results)
    with night.command.start("--machine", "here", "run", "ALL", "--rounds", "1") as process:
        until(lambda: list(night.results.glob("here/*-uv-*.json")), process)
        shutil.rmtree(night.results)
        _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert night.calls() == 4
    assert night.run().code == 0
    assert night.calls() == 2
    assert night.whole()


def test_two_runs_at_once_measure_everything_once(night: Night) -> None:
    shutil.rmtree(night.results)
    both = [night.command.start("--machine", "here", "run", "ALL", "--rounds", "1") for _ in range(2)]
    for one in both:
        _, err = one.communicate(timeout=240)
        assert one.returncode == 0, err
    assert night.calls() == 4
    assert night.whole()


def test_the_environment_is_deleted_during_a_run(night: Night) -> None:
    shutil.rmtree(night.results)
    with night.command.start("--machine", "here", "run", "ALL", "--rounds", "1") as process:
        until(lambda: list(night.results.glob("here/*-uv-*.json")), process)
        shutil.rmtree(night.command.folder / ".bench_runner", ignore_errors=True)
        _, err = process.communicate(timeout=240)
    assert process.returncode in {0, 6}, err
    assert "Traceback" not in err
    assert night.run().code == 0
    assert night.calls() == 4
    assert night.whole()


def test_the_environment_is_deleted_between_runs(night: Night) -> None:
    for part in ("env", "source"):
        night.files()[0].unlink()
        (folder,) = (night.command.folder / ".bench_runner" / "env").glob(f"*/{part}")
        shutil.rmtree(folder)
        assert night.run().code == 0
        assert night.calls() == 2
    assert night.whole()


def test_a_foreign_file_in_the_way(night: Night, tmp_path: Path) -> None:
    """A folder stands where a result file should be written."""
    path = night.files()[0]
    path.unlink()
    path.mkdir()
    done = night.run()
    assert done.code == 7
    assert path.name in done.err
    assert "Traceback" not in done.err
