"""Measures what building the next commits ahead saves: wall time of `run` over commits that are slow to build.

    python benchmarks/building_ahead.py [--commits 8] [--times 3] [--cpu 3] [--wait 0] [--ahead 0 1 2]

Each build keeps a processor busy for --cpu seconds and sleeps for --wait seconds, as one that downloads does. The
settings are measured in turn, each time with nothing built and nothing stored, in one kept environment.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = f'project = "slow"\npythons = ["{sys.version_info[0]}.{sys.version_info[1]}"]\n'
PYPROJECT = """\
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "slowly"
backend-path = ["."]

[project]
name = "slow"
version = "1.0"
description = "Slow to build."
"""
BACKEND = """\
import time
from flit_core import buildapi


def build_wheel(*arguments, **settings):
    time.sleep({wait})
    end = time.process_time() + {cpu}
    while time.process_time() < end:
        sum(range(1000))
    return buildapi.build_wheel(*arguments, **settings)
"""
PROGRAM = "from bench_runner.cli.main import run; run()"


def write(project, chosen):
    """Write a project whose commits differ in one file."""
    files = {
        "bench_runner.toml": CONFIG,
        "pyproject.toml": PYPROJECT,
        ".gitignore": ".bench_runner/\nresults/\n",
        "slowly.py": BACKEND.format(cpu=chosen.cpu, wait=chosen.wait),
        "slow.py": '"""Slow."""\n',
        "benchmarks/__init__.py": "",
        "benchmarks/suite.py": "def track_one():\n    return 1\n",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    git = ["git", "-C", str(project), *who]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    for number in range(chosen.commits + 1):
        (project / "number.txt").write_text(str(number))
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", f"Number {number}"], check=True)


def seconds(project, commits, ahead):
    """Return the wall time of a run in which everything has to be built."""
    home = project.parent / "home"
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(project / "results", ignore_errors=True)
    uv = os.environ.get("UV_CACHE_DIR", str(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "uv"))
    variables = {**os.environ, "XDG_CACHE_HOME": str(home), "XDG_CONFIG_HOME": str(home), "UV_CACHE_DIR": uv}
    command = [sys.executable, "-c", PROGRAM, "--machine", "here", "run", f"HEAD~{commits}..HEAD"]
    began = time.monotonic()
    more = ["--build-ahead", str(ahead), "--rounds", "1"]
    done = subprocess.run([*command, *more], cwd=project, env=variables, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return time.monotonic() - began


def main():
    """Measure each setting in turn, and print the medians and their ratios to the first one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=8)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--cpu", type=float, default=3)
    parser.add_argument("--wait", type=float, default=0)
    parser.add_argument("--ahead", type=int, nargs="+", default=[0, 1, 2])
    chosen = parser.parse_args()
    project = Path(tempfile.mkdtemp()) / "slow"
    write(project, chosen)
    seconds(project, 1, 0)
    rows = {ahead: [] for ahead in chosen.ahead}
    for _ in range(chosen.times):
        for ahead, row in rows.items():
            row.append(seconds(project, chosen.commits, ahead))
            print(f"{ahead} ahead: {row[-1]:.1f} s", flush=True)
    first = statistics.median(rows[chosen.ahead[0]])
    for ahead, row in rows.items():
        ratios = [one / other for one, other in zip(row, rows[chosen.ahead[0]], strict=True)]
        middle = statistics.median(row)
        print(f"{ahead} ahead: median {middle:.1f} s, {middle / first:.2f} of the first; in turn {ratios}")
    shutil.rmtree(project.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
