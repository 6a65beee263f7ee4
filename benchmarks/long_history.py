"""Writes a project of a thousand commits, all measured, and tells what `run` costs when nothing is left to do.

    python benchmarks/long_history.py [--commits 1000] [--times 5] [--folder FOLDER]

One commit is measured for real; its file is copied for the others with their hash and time. CPU seconds are those of
the whole process tree.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BENCHMARKS = 20
MACHINE = "here"
START = 1_700_000_000  # seconds since 1970 of the first commit; one an hour follows
CONFIG = f'project = "long"\npythons = ["{sys.version_info[0]}.{sys.version_info[1]}"]\n'
# Built by commands that do nothing: the project is not what is measured here.
COMMANDS = "build_command = []\ninstall_command = []\nuninstall_command = []\n"
BENCHMARK = """
def time_{number}():
    sum(range({number}))

time_{number}.sample_time = 0.001
"""
PROGRAM = "from bench_runner.cli.main import run; run()"


def surroundings(folder):
    """Return our variables with caches of our own for bench-runner and bytecode, but the user's for uv."""
    home, theirs = folder / "home", Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    mine = {"XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "PYTHONPYCACHEPREFIX": "bytecode"}
    own = {name: str(home / value) for name, value in mine.items()}
    return {**kept, **own, "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(theirs / "uv"))}


def spent(folder, *words):
    """Return the CPU seconds of a bench-runner with all its children; it must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", PROGRAM, "--machine", MACHINE, *words]
    done = subprocess.run(command, cwd=folder / "project", env=surroundings(folder), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{words}\n{done.stdout.decode()}{done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write(folder, commits):
    """Write the project below `folder`, and measure its newest commit."""
    project = folder / "project"
    (project / "benchmarks").mkdir(parents=True)
    (project / ".gitignore").write_text(".bench_runner/\nresults/\n__pycache__/\n")
    (project / "bench_runner.toml").write_text(CONFIG + COMMANDS)
    (project / "benchmarks" / "__init__.py").write_text("")
    suite = "".join(BENCHMARK.format(number=number) for number in range(BENCHMARKS))
    (project / "benchmarks" / "suite.py").write_text(suite)
    git = ["git", "-C", str(project)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "fast-import", "--quiet"], input=history(commits).encode(), check=True)
    spent(folder, "run", "HEAD^!", "--rounds", "2")
    copy(project)


def history(commits):
    """Return a history in which each commit changes one file, as git fast-import reads it."""
    lines = []
    for number in range(commits):
        text = f"Commit {number}"
        lines += ["commit refs/heads/main", f"committer A <a@example.org> {START + 3600 * number} +0000"]
        lines += [f"data {len(text)}", text, "M 644 inline number.txt", f"data {len(str(number))}", str(number), ""]
    return "\n".join(lines)


def copy(project):
    """Give every commit the results of the newest one."""
    command = ["git", "-C", str(project), "log", "--format=%H %at", "main"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    (sha, seconds), *others = [line.split() for line in lines if line]
    (source,) = (project / "results" / MACHINE).glob(f"{sha[:8]}-*.json")
    text = source.read_text()
    for other, time in others:
        changed = text.replace(sha, other).replace(f'"date": {seconds}', f'"date": {time}')
        source.with_name(source.name.replace(sha[:8], other[:8])).write_text(changed)


def main():
    """Write a project, or take the one that is there, and measure `run ALL` and `run NEW` in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp())
    if not (folder / "project").exists():
        write(folder, chosen.commits)
    print(f"{folder}: first run ALL {spent(folder, 'run', 'ALL'):.2f} CPU-s")
    rows = {"ALL": [], "NEW": []}
    for _ in range(chosen.times):
        for word, row in rows.items():
            row.append(spent(folder, "run", word))
    for word, row in rows.items():
        print(f"run {word}: median {statistics.median(row):.2f} CPU-s of {' '.join(f'{one:.2f}' for one in row)}")


if __name__ == "__main__":
    main()
