"""Builds run ahead of their turn, but none while anything is measured."""

from itertools import combinations

import pytest

from .conftest import Command

pytestmark = pytest.mark.slow
BACKEND = """\
import os, time
from flit_core import buildapi


def build_wheel(*arguments, **settings):
    began = time.monotonic()
    time.sleep(0.4)
    name = buildapi.build_wheel(*arguments, **settings)
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(f"build {began} {time.monotonic()}\\n")
    return name
"""
SUITE = """\
import os, time


def track_told():
    began = time.monotonic()
    time.sleep(0.1)
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(f"measured {began} {time.monotonic()}\\n")
    return 1
"""
COMMITS = 4


@pytest.fixture
def slow(tiny: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A project whose builds and benchmarks write down when they ran."""
    monkeypatch.setenv("JOURNAL", str(tiny.home / "journal"))
    config = (tiny.folder / "pyproject.toml").read_text().replace("flit_core.buildapi", "slowly")
    tiny.write("slowly.py", BACKEND)
    tiny.write("pyproject.toml", config.replace("[project]", 'backend-path = ["."]\n\n[project]'))
    tiny.write("benchmarks/suite.py", SUITE)
    for number in range(COMMITS):
        tiny.write("number.txt", str(number))
        tiny.commit(f"Number {number}")
    return tiny


def run(command: Command, ahead: int) -> dict[str, list[tuple[float, float]]]:
    """Measure the history; return when builds and benchmarks ran."""
    command.home.mkdir(exist_ok=True)
    words = ("run", f"HEAD~{COMMITS}..HEAD", "--rounds", "2", "--build-ahead", str(ahead))
    done = command("--machine", "here", *words)
    assert done.code == 0, done.err
    assert f"{COMMITS} runs, 0 complete before: {COMMITS} ok" in done.err
    spans: dict[str, list[tuple[float, float]]] = {"build": [], "measured": []}
    for line in (command.home / "journal").read_text().splitlines():
        kind, began, ended = line.split()
        spans[kind].append((float(began), float(ended)))
    assert (len(spans["build"]), len(spans["measured"])) == (COMMITS, COMMITS)
    return spans


def together(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def test_no_build_runs_while_anything_is_measured(slow: Command) -> None:
    spans = run(slow, 2)
    assert any(together(*pair) for pair in combinations(spans["build"], 2)), "some builds ran at once"
    assert not any(together(build, case) for build in spans["build"] for case in spans["measured"])


def test_without_it_builds_run_one_at_a_time(slow: Command) -> None:
    spans = run(slow, 0)
    everything = [*spans["build"], *spans["measured"]]
    assert not any(together(*pair) for pair in combinations(everything, 2))
