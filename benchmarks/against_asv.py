"""Runs asv and bench-runner in turn on the same commits of a generated project, and prints what each spends.

    python benchmarks/against_asv.py [--commits 4] [--folder FOLDER]

The first commit is cold (environment, first build) and told apart; the others are what a night costs per commit.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_runner.demo.project import write

ASV_CONF = {
    "version": 1,
    "project": "quire",
    "repo": ".",
    "branches": ["main"],
    "environment_type": "virtualenv",
    "pythons": [f"{sys.version_info[0]}.{sys.version_info[1]}"],
    "results_dir": "asv-results",
    "env_dir": "asv-env",
}
MACHINE = "here"


def surroundings(folder):
    """Return our variables with a home of its own, where asv keeps its machine file; caches stay the user's."""
    home, real = folder.parent / "home", Path.home()
    home.mkdir(parents=True, exist_ok=True)
    cache = os.environ.get("XDG_CACHE_HOME", str(real / ".cache"))
    pyenv = os.environ.get("PYENV_ROOT", str(real / ".pyenv"))
    return {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": cache, "PYENV_ROOT": pyenv, "COLUMNS": "200"}


def spent(command, folder):
    """Return (CPU seconds of all its processes, wall seconds) of a command, which must succeed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=folder, env=surroundings(folder), capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 2}:  # asv's 2: a benchmark failed, as the one that hangs does
        raise SystemExit(f"{command}\n{done.stdout.decode()}{done.stderr.decode()}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - began


def prepare(folder):
    """Write the project with both configurations, and return its commits, oldest first."""
    truth = write(folder)
    (folder / "asv.conf.json").write_text(json.dumps(ASV_CONF))
    machine = [sys.executable, "-m", "asv", "machine", "--yes", "--machine", MACHINE]
    subprocess.run(machine, cwd=folder, env=surroundings(folder), check=True, capture_output=True)
    return truth.commits


def report(name, rows):
    """Print the cold commit and the median of the warm ones."""
    (cold_cpu, cold_wall), warm = rows[0], rows[1:]
    cpu, wall = (statistics.median(column) for column in zip(*warm, strict=True))
    print(f"{name:14} cold {cold_cpu:6.1f} CPU-s {cold_wall:6.1f} s   warm {cpu:6.1f} CPU-s {wall:6.1f} s per commit")
    return cpu


def main():
    """Measure in turn, commit by commit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=4)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp()) / "quire"
    asv = [sys.executable, "-m", "asv", "run", "--machine", MACHINE, "--bench", "^(?!.*time_fit)"]
    program = str(Path(sys.executable).parent / "bench-runner")
    ours = [program, "--config", "bench_runner.toml", "--machine", MACHINE, "run"]
    theirs, mine = [], []
    for sha in prepare(folder)[-chosen.commits :]:
        theirs.append(spent([*asv, f"{sha}^!"], folder))
        mine.append(spent([*ours, f"{sha}^!", "-b", "^(?!.*time_fit)"], folder))
        print(f"{sha[:8]}: asv {theirs[-1][0]:.1f} CPU-s, bench-runner {mine[-1][0]:.1f} CPU-s", flush=True)
    ratio = report("asv", theirs) / report("bench-runner", mine)
    print(f"ratio per warm commit: {ratio:.1f}")


if __name__ == "__main__":
    main()
