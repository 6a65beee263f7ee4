"""A project made to be killed: it says when it is built and when it is measured, and takes its time for both."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from cli.conftest import CONFIG, Command

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1.0"
"""
BACKEND = """\
import pathlib, time, zipfile

FILES = {{
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n",
    "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: drill\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}}


def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path({out!r}, "building").touch()
    time.sleep(0.6)
    files = {{**FILES, "tiny/__init__.py": pathlib.Path("tiny/__init__.py").read_text()}}
    record = "tiny-1.0.dist-info/RECORD"
    with zipfile.ZipFile(pathlib.Path(folder, "tiny-1.0-py3-none-any.whl"), "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
        wheel.writestr(record, "".join(name + ",,\\n" for name in (*files, record)))
    return "tiny-1.0-py3-none-any.whl"
"""
# Long parameters make for large files, which take their time to be written.
SUITE = """\
import os, pathlib, time
import tiny

OUT = pathlib.Path({out!r})


class Suite:
    params = [[str(number) + "x" * 40_000 for number in range(10)]]
    rounds = 2

    def track_answer(self, number):
        (OUT / "measuring").touch()
        handle = os.open(OUT / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, b"%d\\n" % tiny.ANSWER)
        os.close(handle)
        time.sleep(0.05)
        return tiny.ANSWER
"""
CASES = 10


@dataclass
class Victim:
    """The project, the folder outside of it where its parts leave their marks, and how many commits it has."""

    command: Command
    out: Path
    commits: int = 0

    @classmethod
    def new(cls, folder: Path) -> "Victim":
        """Write the project, without a commit."""
        command, out = Command(folder / "tiny", folder / "home"), folder / "out"
        command.folder.mkdir()
        out.mkdir()
        command.git("init", "--quiet", "--initial-branch=main")
        command.write(".gitignore", ".bench_runner/\nsite/\nresults/\n__pycache__/\n")
        command.write("pyproject.toml", PYPROJECT)
        command.write("backend.py", BACKEND.format(out=str(out)))
        command.write("bench_runner.toml", CONFIG)
        command.write("benchmarks/__init__.py", "")
        command.write("benchmarks/suite.py", SUITE.format(out=str(out)))
        return cls(command, out)

    def grow(self) -> None:
        """Commit a new answer, a second after the last one as far as git can see."""
        self.commits += 1
        self.command.write("tiny/__init__.py", f"ANSWER = {self.commits}\n")
        self.command.commit(f"Answer {self.commits}")

    def files(self) -> dict[int, bytes]:
        """What is stored of each commit, by its answer; raises for a file that cannot be read."""
        found = {}
        for path in (self.command.folder / "results").glob("here/*-uv-*.json"):
            content = path.read_bytes()
            answers = set(json.loads(content)["results"]["suite.Suite.track_answer"][0])
            assert len(answers) == 1
            found[int(answers.pop())] = content
        return found

    def measured(self) -> set[int]:
        """Return the answers of the commits that were measured since the last question."""
        journal = self.out / "journal"
        found = {int(line) for line in journal.read_text().split()} if journal.exists() else set()
        journal.unlink(missing_ok=True)
        return found

    def wait(self, mark: str, within_s: float) -> bool:
        """Wait until a part of the project has left its mark; return whether it has."""
        end = time.monotonic() + within_s
        while not (self.out / mark).exists():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True
