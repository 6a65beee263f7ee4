"""Makes the results of a made-up history, as asv writes them, so that every commit can read them."""

import hashlib
import json
import random
from pathlib import Path

RESULTS = Path("results")
MACHINE = {"machine": "lab", "os": "", "arch": "", "cpu": "", "num_cpu": "2", "ram": ""}
COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]
ENVIRONMENT = "virtualenv-py3.11"
DAY_MS = 86_400_000
CONFIG = 'project = "history"\npythons = ["3.11"]\n'


def sha(number):
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def write_results(commits, benchmarks, results=RESULTS):
    """Write a file per commit; a third of the benchmarks gets slower or faster half-way."""
    names = [f"suite.time_{number:03}" for number in range(benchmarks)]
    for number in range(commits):
        _write(results / "lab" / f"{sha(number)[:8]}-{ENVIRONMENT}.json", _run(number, commits, names))
    _write(results / "lab" / "machine.json", {**MACHINE, "version": 1})
    _write(results / "benchmarks.json", {**{name: _entry(name) for name in names}, "version": 2})


def commits_of(commit, count):
    """Return a branch as the model's commits."""
    return [
        commit(sha(number), (sha(number - 1),) if number else (), DAY_MS * number, f"change {number}")
        for number in range(count)
    ]


class Git:
    """A repository of which only the branch is asked."""

    def __init__(self, commits):
        self.commits = commits

    def history(self, branch=None):
        return self.commits


def _run(number, commits, names):
    return {
        "commit_hash": sha(number),
        "env_name": ENVIRONMENT,
        "date": DAY_MS * number,
        "params": {**MACHINE, "python": "3.11"},
        "python": "3.11",
        "requirements": {},
        "env_vars": {},
        "result_columns": COLUMNS,
        "results": {name: _row(number, commits, place) for place, name in enumerate(names)},
        "durations": {},
        "version": 2,
    }


def _row(number, commits, place):
    noise = random.Random(number * 1000 + place)
    level = (1.2, 0.8, 1.0)[place % 3] if number > commits // 2 else 1.0
    value = 0.001 * (1 + place % 7) * level * noise.lognormvariate(0, 0.02)
    return [[value], [], "1", DAY_MS * number, 0.5, [value * 0.98], [value * 1.02]]


def _entry(name):
    return {
        "name": name,
        "code": "",
        "params": [],
        "param_names": [],
        "type": "time",
        "unit": "seconds",
        "version": "1",
    }


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
