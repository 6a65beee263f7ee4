"""A project measured once, whose results each test finds whole and may spoil; and disks to fill."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.conftest import Command, Done, project, tiny

__all__ = ["tiny"]

RUN = ("--machine", "here", "run", "ALL", "--rounds", "1")
SUITE = """\
import os
import tiny


def note(what):
    with open({journal!r}, "a") as file:
        file.write(what + "\\n")


def track_answer():
    note("answer")
    return tiny.ANSWER


def track_other():
    note("other")
    return 1
"""


@dataclass(frozen=True)
class Night:
    """A project with the command, and what its benchmarks have noted of their calls."""

    command: Command
    journal: Path

    @property
    def results(self) -> Path:
        return self.command.folder / "results"

    def files(self) -> list[Path]:
        """The result files of the two commits that build."""
        broken = self.command.git("rev-parse", "HEAD~1")[:8]
        return [path for path in sorted((self.results / "here").glob("*-uv-*.json")) if path.name[:8] != broken]

    def run(self, *more: str) -> Done:
        return self.command(*RUN, *more)

    def calls(self) -> int:
        """How often a benchmark was called since the last question."""
        found = len(self.journal.read_text().splitlines()) if self.journal.exists() else 0
        self.journal.unlink(missing_ok=True)
        return found

    def whole(self) -> bool:
        """Whether everything is stored, and nothing of it is damaged."""
        return len(self.files()) == 2 and self.command("store", "verify").code == 0


@pytest.fixture(scope="module")
def measured_once(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("night")
    night = Night(project(folder / "tiny"), folder / "journal")
    night.command.write("benchmarks/suite.py", SUITE.format(journal=str(night.journal)))
    done = night.run()
    assert done.code == 0, done.err
    assert night.calls() == 4
    shutil.copytree(night.results, folder / "whole")
    return night


@pytest.fixture
def night(measured_once: Night) -> Night:
    """The measured project with its results as they were."""
    shutil.rmtree(measured_once.results, ignore_errors=True)
    shutil.copytree(measured_once.journal.with_name("whole"), measured_once.results)
    measured_once.calls()
    return measured_once


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """A function that calls mount(8); all is unmounted in the end."""
    mounted: list[str] = []

    def mount_(*words: str) -> None:
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this user may not mount: {done.stderr.strip()}")
        mounted.append(words[-1])

    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small or read-only disk")
    yield mount_
    for place in dict.fromkeys(reversed(mounted)):
        subprocess.run(["umount", "--lazy", place], check=False)


def until(found: Callable[[], object], process: "subprocess.Popen[str]", within_s: float = 120.0) -> None:
    """Wait for something while a process runs; fail when it ends or takes too long."""
    end = time.monotonic() + within_s
    while not found():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)
