"""The two tools: how each is told to measure a commit, with its own clone, environment, home and caches."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MACHINE = "here"
ASV, OURS = "asv", "bench-runner"
ENVIRONMENTS, RESULTS = "asv-env", "asv-results"


@dataclass(frozen=True)
class Tool:
    """A tool standing in `folder`, a clone with a configuration; what else it keeps is in `home` beside it."""

    name: str
    folder: Path
    words: tuple  # of the command line, before the commit
    again: tuple  # words that have it measure what is stored already

    @property
    def home(self):
        """Where it finds its machine file, and keeps its caches."""
        return self.folder.with_name(f"{self.folder.name}-home")

    @property
    def variables(self):
        """Ours without what changes a Python, with a home of its own; pyenv's Pythons stay where they are."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_", "UV_"))}
        dropped = ("VIRTUAL_ENV", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "PIP_CACHE_DIR")
        kept = {name: value for name, value in kept.items() if name not in dropped}
        pyenv = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
        own = {"HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / "cache"), "PYENV_ROOT": pyenv}
        return {**kept, **own, "COLUMNS": "200"}

    def command(self, sha, *, bench="", again=False):
        """Return the command line that measures a commit, as a user would type it."""
        some = ("--bench", bench) if bench else ()
        return [*self.words, f"{sha}^!", *some, *(self.again if again else ())]

    def forget_environment(self):
        """Remove what has been made to measure in; caches stay."""
        shutil.rmtree(self.folder / ENVIRONMENTS, ignore_errors=True)

    def outcome(self, sha):
        """Return the content of the result file of a commit."""
        found = list((self.folder / RESULTS / MACHINE).glob(f"{sha[:8]}-*.json"))
        if len(found) != 1:
            raise SystemExit(
                f"{self.name} has left {len(found)} results of {sha[:8]}, 1 is wanted: choose one environment"
            )
        return json.loads(found[0].read_text())


def asv(folder, *more):
    """Return asv, having it take note of the machine."""
    run = (sys.executable, "-m", "asv", "run", "--machine", MACHINE, *more)
    tool = Tool(ASV, folder, run, ())
    tool.home.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "asv", "machine", "--yes", "--machine", MACHINE]
    subprocess.run(words, cwd=folder, env=tool.variables, check=True, capture_output=True)
    return tool


def ours(folder, *more):
    """Return ourselves, as installed beside this Python."""
    program = str(Path(sys.executable).parent / "bench-runner")
    tool = Tool(OURS, folder, (program, "--machine", MACHINE, "run", *more), ("--again",))
    tool.home.mkdir(parents=True, exist_ok=True)
    return tool


def configure(folder, environment_type):
    """Write the configuration; both tools get the same but for what makes their environments."""
    conf = {
        "version": 1,
        "project": "inkwell",
        "repo": ".",
        "branches": ["main"],
        "environment_type": environment_type,
        "pythons": [f"{sys.version_info[0]}.{sys.version_info[1]}"],
        "matrix": {"req": {"pympler": [""]}},  # or asv has no mem_* benchmarks
        "results_dir": RESULTS,
        "env_dir": ENVIRONMENTS,
    }
    (folder / "asv.conf.json").write_text(json.dumps(conf, indent=2))
