"""Shows a change of time that no work has made, beside one that more work has made, and what `compare` says of both.

    python benchmarks/layout.py [FOLDER] [--functions 20000]

A module of many small functions, called one after the other. The second commit defines the same functions in another
order: the same calls run through memory that lies elsewhere. The third, beside it, calls every hundredth twice.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "flit_core.buildapi"

[project]
name = "steps"
version = "1.0"
description = "Many small functions."
"""
SUITE = """\
import steps


def time_walk():
    steps.walk(1)


time_walk.metrics = ["calls", "bytecode", "alloc", "instr"]
"""
WALK = """\
def walk(n):
    for step in STEPS:
        n = step(n) & 1023
    return n
"""
GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


def module(order, called):
    """Return a module that defines functions in one order and calls them in another."""
    functions = [f"def step_{k}(n):\n    return n + {k} if n % 2 else n * 3 - {k}\n" for k in order]
    return "\n".join(['"""Steps."""\n', *functions, f"STEPS = [{', '.join(f'step_{k}' for k in called)}]\n", WALK])


def commit(folder, message, text):
    """Commit a module, and return the commit."""
    (folder / "steps.py").write_text(text)
    subprocess.run([*GIT, "add", "--all"], cwd=folder, check=True)
    subprocess.run([*GIT, "commit", "--quiet", "--message", message], cwd=folder, check=True)
    said = subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return said.stdout.strip()


def written(folder, functions):
    """Write the project; return its three commits."""
    (folder / "benchmarks").mkdir(parents=True)
    (folder / "benchmarks" / "__init__.py").write_text("")
    (folder / "benchmarks" / "walking.py").write_text(SUITE)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    version = "{}.{}".format(*sys.version_info)
    (folder / "bench_runner.toml").write_text(f'project = "steps"\npythons = ["{version}"]\nbranches = ["main"]\n')
    subprocess.run([*GIT, "init", "--quiet", "--initial-branch=main"], cwd=folder, check=True)
    order = list(range(functions))
    shuffled = random.Random(1).sample(order, functions)
    twice = [k for k in order for _ in range(1 + (k % 100 == 0))]
    first = commit(folder, "Define the steps as they are called", module(order, order))
    other = commit(folder, "Define them in another order", module(shuffled, order))
    more = commit(folder, "Call every hundredth step twice", module(order, twice))
    return first, other, more


def main():
    """Measure the three commits, and compare the first with each of the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--functions", type=int, default=20_000)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp()) / "steps"
    first, other, more = written(folder, chosen.functions)
    command = [str(Path(sys.executable).with_name("bench-runner"))]
    subprocess.run([*command, "run", "ALL"], cwd=folder, check=True)
    for new in (other, more):
        subprocess.run([*command, "compare", first[:12], new[:12]], cwd=folder, check=True)


if __name__ == "__main__":
    main()
