"""Writes a large project with known changes, and tells what is found of them.

    python benchmarks/scale_case.py [FOLDER] [--benchmarks 500] [--commits 1000] [--machines 2] [--shift up|random|none]

A git repository, results in asv's format and truth.json: two of five benchmarks change one to three times, by 3 % to a
factor of 2.7 in both directions, on all machines alike; the noise is of 0.5 to 8 %, plain, remembering, of two states
or with spikes; a tenth of the runs is missing; each machine gets slower or faster once. A change is found when one of
its series is reported within TOLERANCE commits of it; the same arguments give the same bytes. A folder that has a
truth.json is only scored.
"""

import argparse
import json
import math
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from bench_runner.history.findings import findings
from bench_runner.history.grouping import span
from bench_runner.history.series import load
from bench_runner.repo.git import Repository
from bench_runner.stats.changepoints import Segments
from bench_runner.store.files import Store

TOLERANCE = 3
DAY_S = 86_400
START_S = 1_600_000_000
ENVIRONMENT = "virtualenv-py3.11"
COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]
SIZES = (0.03, 0.05, 0.1, 0.2, 0.5, 1.0)  # log ratios
SPREADS = ((0.005, 0.3), (0.01, 0.35), (0.03, 0.25), (0.08, 0.1))
KINDS = (("plain", 0.55), ("remembering", 0.25), ("two states", 0.1), ("spiky", 0.1))
SHIFTS = {"up": (0.06,), "random": (0.06, -0.08), "none": ()}


def commit_all(repository, count):
    """Write a branch of so many commits, and return their hashes, oldest first."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(repository)], check=True)
    lines = []
    for number in range(count):
        text = f"change {number}"
        lines += ["commit refs/heads/main", f"committer A <a@example.org> {START_S + DAY_S * number} +0000"]
        lines += [f"data {len(text)}", text, "M 644 inline number.txt", f"data {len(str(number))}", str(number), ""]
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "fast-import", "--quiet"], input="\n".join(lines).encode(), check=True)
    found = subprocess.run([*git, "rev-list", "--reverse", "main"], check=True, capture_output=True, text=True)
    return found.stdout.split()


def drawn(rng, choices):
    """Return one of (value, probability) pairs."""
    return choices[rng.choice(len(choices), p=[share for _, share in choices])][0]


def noise(rng, kind, size):
    """Return noise of about unit size."""
    values = rng.normal(size=size)
    if kind == "remembering":
        for k in range(1, size):
            values[k] = 0.9 * values[k - 1] + math.sqrt(1 - 0.81) * values[k]
    elif kind == "two states":
        values = 0.4 * values + 2.5 * (rng.random(size) < 0.3)
    elif kind == "spiky":
        values = 0.5 * values + 12 * (rng.random(size) < 0.02) * rng.random(size)
    return values


def planned(rng, benchmarks, commits):
    """Return for each benchmark its base, noise, spread and changes [(index, log ratio)]."""
    plans = []
    for _ in range(benchmarks):
        changes = []
        if rng.random() < 0.4:
            for _ in range(rng.integers(1, 4)):
                sign = rng.choice([-1, 1], p=[0.35, 0.65])
                changes.append((int(rng.integers(commits // 50, commits - commits // 50)), sign * rng.choice(SIZES)))
        base = 10 ** rng.uniform(-7, 0)
        plans.append((base, drawn(rng, KINDS), drawn(rng, SPREADS), sorted(changes)))
    return plans


def write(folder, chosen):
    """Write the whole case below a folder."""
    rng = np.random.default_rng(chosen.seed)
    commits = commit_all(folder / "repository", chosen.commits)
    plans = planned(rng, chosen.benchmarks, chosen.commits)
    names = [f"module{number // 25:02}.time_{number:04}" for number in range(chosen.benchmarks)]
    shifts = []
    for machine in (f"machine{number}" for number in range(chosen.machines)):
        shift = rng.choice(SHIFTS[chosen.shift]) if SHIFTS[chosen.shift] else 0.0
        place = int(rng.integers(chosen.commits // 4, 3 * chosen.commits // 4))
        shifts += [{"machine": machine, "index": place, "ratio": math.exp(shift)}] if shift else []
        table = np.array([_values(rng, plan, chosen.commits) for plan in plans])
        table[:, place:] *= math.exp(shift)
        for index in np.flatnonzero(rng.random(chosen.commits) >= 0.1):
            _write_run(folder / "results" / machine, commits[index], int(index), names, table[:, index], plans)
        facts = {"machine": machine, "os": "", "arch": "", "cpu": "", "num_cpu": "8", "ram": "", "version": 1}
        (folder / "results" / machine / "machine.json").write_text(json.dumps(facts))
    entries = {name: {"name": name, "code": "", "type": "time", "unit": "seconds", "version": "1"} for name in names}
    described = {name: {**one, "params": [], "param_names": []} for name, one in entries.items()}
    (folder / "results" / "benchmarks.json").write_text(json.dumps({**described, "version": 2}))
    changes = [
        {"benchmark": name, "index": index, "ratio": math.exp(size)}
        for name, (_, _, _, changes) in zip(names, plans, strict=True)
        for index, size in changes
    ]
    (folder / "truth.json").write_text(json.dumps({"changes": changes, "machine_shifts": shifts}))


def _values(rng, plan, commits):
    base, kind, spread, changes = plan
    logs = math.log(base) + rng.normal(0, 0.3) + spread * noise(rng, kind, commits)
    for index, size in changes:
        logs[index:] += size
    return np.exp(logs)


def _write_run(folder, sha, index, names, values, plans):
    folder.mkdir(parents=True, exist_ok=True)
    when = (START_S + DAY_S * index) * 1000
    rows = {
        name: [[value], [], "1", when, 0.5, [value * (1 - 2 * plan[2])], [value * (1 + 2 * plan[2])]]
        for name, value, plan in zip(names, values.tolist(), plans, strict=True)
    }
    facts = {"machine": folder.name, "os": "", "arch": "", "cpu": "", "num_cpu": "8", "ram": ""}
    run = {"commit_hash": sha, "env_name": ENVIRONMENT, "date": when, "params": {**facts, "python": "3.11"}}
    run |= {"python": "3.11", "requirements": {}, "env_vars": {}, "result_columns": COLUMNS, "results": rows}
    (folder / f"{sha[:8]}-{ENVIRONMENT}.json").write_text(json.dumps({**run, "durations": {}, "version": 2}))


def score(folder, results):
    """Print what was found of the truth."""
    truth = json.loads((folder / "truth.json").read_text())
    repository = next(one for one in (folder / "repository", folder / "repo") if one.is_dir())
    history = load(Store(results, folder), Repository.open(str(repository), folder / "cache"), cache=folder / "cache")
    began = time.process_time()
    told = findings(history, Segments())
    print(f"{len(history.series)} series, {len(history.commits)} commits: {time.process_time() - began:.1f} CPU-s")
    real, reported = true_changes(history, truth), defaultdict(list)
    for change in told.changes:
        reported[change.key].append(change)
    false = [one for one in told.changes if not any(_near(one, place) for place, _ in real[one.key])]
    outside = [one for one in false if not any(_inside(one, place) for place, _ in real[one.key])]
    print(f"{len(told.changes)} changes at {len(told.groups)} commits; false: {len(false)} ({_share(false, told)})")
    print(f"of these with no true change in the range told (95 %): {len(outside)} ({_share(outside, told)})")
    sizes = defaultdict(list)
    for key, changes in real.items():
        for place, ratio in changes:
            sizes[round(100 * (ratio - 1))].append(any(_near(one, place) for one in reported[key]))
    for size in sorted(sizes):
        hits = sizes[size]
        print(f"{size:+5} %  {sum(hits):4} of {len(hits):4}  {100 * sum(hits) / len(hits):5.1f} %")
    for one in truth["machine_shifts"]:
        named = [event for event in told.events if event.machine == one["machine"] and event.kind == "machine"]
        hits = [event for event in named if abs(event.revision - one["index"]) <= TOLERANCE]
        print(f"{one['machine']} {100 * (one['ratio'] - 1):+.1f} %: {hits[0].reason if hits else 'not named'}")
    print(f"{len(told.events)} events")


def true_changes(history, truth):
    """Return place and ratio of the true changes of each series."""
    found = {one.key: [] for one in history.series}
    for change in truth["changes"]:
        known = list(history.benchmarks[change["benchmark"]].cases())
        case = known[change.get("param_idx") or 0]
        for key, changes in found.items():
            if key.case == case:
                changes.append((change["index"], change["ratio"]))
    return found


def _near(change, place):
    return change.revision - change.candidates + 1 - TOLERANCE <= place <= change.revision + TOLERANCE


def _inside(change, place):
    first, last = span(change)
    return first - TOLERANCE <= place <= last + TOLERANCE


def _share(some, told):
    return f"{100 * len(some) / max(1, len(told.changes)):.1f} %"


def main():
    """Write a case where there is none, and score it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--results", type=Path, help="where the results of a case that somebody else wrote lie")
    parser.add_argument("--benchmarks", type=int, default=500)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--machines", type=int, default=2)
    parser.add_argument("--shift", choices=sorted(SHIFTS), default="random")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp())
    if not (folder / "truth.json").exists():
        write(folder, chosen)
    score(folder, chosen.results or folder / "results")


if __name__ == "__main__":
    main()
