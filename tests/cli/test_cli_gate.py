"""`gate`, `doctor` and `noise` as a user types them."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .conftest import Command

ANY = ("--allow", "100000 %")  # what three rounds of a busy machine say is not the point here


@pytest.mark.slow
def test_a_gate_judges_what_is_stored_in_every_format(measured: Command) -> None:
    done = measured("gate", "HEAD~2", "HEAD", *ANY, "--format", "json")
    found = json.loads(done.out)
    assert (found["schema"], found["gate"], done.code) == ("bench_runner.stored_gate/1", "PASS", 0)
    assert len(
        list(ET.fromstring(measured("gate", "HEAD~2", "HEAD", *ANY, "--format", "junit").out)[0].iter("testcase"))
    ) == (len(found["cells"]))


@pytest.mark.slow
def test_what_was_not_measured_keeps_the_gate_shut(measured: Command, tmp_path: Path) -> None:
    broken = measured("gate", "HEAD~2", "HEAD~1")
    assert (broken.code, "INCOMPLETE" in broken.out) == (5, True)
    expected = tmp_path / "expected.txt"
    expected.write_text("suite.time_spin\nsuite.time_never\n")
    absent = measured("gate", "HEAD~2", "HEAD", *ANY, "--expect", str(expected))
    assert (absent.code, "suite.time_never" in absent.out) == (5, True)
    expected.write_text("suite.time_spin\n")
    assert measured("gate", "HEAD~2", "HEAD", *ANY, "--expect", str(expected)).code == 0


@pytest.mark.slow
def test_a_ref_that_is_none_and_an_expectation_of_nothing_end_with_2(measured: Command) -> None:
    assert measured("gate", "HEAD~2", "nowhere").code == 2
    assert measured("gate", "HEAD~2", "HEAD", *ANY, "--expect", "nowhere.txt").code == 2


@pytest.mark.slow
def test_a_damaged_result_ends_with_7(measured: Command) -> None:
    sha = measured.git("rev-parse", "HEAD").strip()
    [path] = (measured.folder / "results" / "here").glob(f"{sha[:8]}-*.json")
    before = path.read_bytes()
    path.write_bytes(before[: len(before) // 2])
    try:
        done = measured("gate", "HEAD~2", "HEAD", *ANY)
    finally:
        path.write_bytes(before)
    assert (done.code, path.name in done.err) == (7, True)


@pytest.mark.slow
def test_what_github_shows_goes_to_its_summary_too(
    measured: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    done = measured("gate", "HEAD~2", "HEAD~1", "--format", "github")
    assert "::error title=" in done.out
    assert summary.read_text().startswith("before\n### ")


@pytest.mark.slow
def test_doctor_looks_and_runs_a_command_meanwhile(measured: Command) -> None:
    found = json.loads(measured("doctor", "--format", "json").out)
    assert {"governor", "load", "steal", "virtualisation"} <= {one["name"] for one in found["signs"]}
    done = measured("doctor", "--tune", "--", sys.executable, "-c", "print('ran'); raise SystemExit(9)")
    assert (done.code, "ran" in done.out) == (9, True)
    assert measured("doctor", "--tune").code == 2
    assert measured("doctor", "ls").code == 2
    assert measured("doctor", "--tune", "--", "no-such-program").code == 2


@pytest.mark.slow
def test_noise_without_gates_says_how_to_measure_some(measured: Command) -> None:
    done = measured("noise")
    assert (done.code, "noise --aa 5" in done.out) == (0, True)
