"""Runs real gates on this machine: how often they are red when nothing changed, and whether they see what did.

    python benchmarks/real_gates.py [--aa 40] [--slow 10] [--memory 10] [--asv] [--folder FOLDER]

A small project in pure Python and a suite of 20 cells of 0.1 to 10 ms, and one of peak memory. Head is the base with an
empty commit (a red gate is a false alarm), with one function 30 % slower, or with a doubled memory. All commands are
what a user types: `bench-runner continuous`, and with --asv `asv continuous` of the same commits in turn with it.

found: gates that call the changed cell slower; faster: that call it faster; others: that call another cell slower;
rounds: per cell and side, looks and confirmation counted; the last column is wall seconds a gate.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from against.tools import asv, ours

WORK = """
def spin(rounds):
    total = 0
    for number in range(rounds):
        total = (total * 31 + number) % 65521
    return total


def slow(rounds):
    return spin(rounds)


def hold(size):
    return bytearray(b" ") * size
"""
SUITE = """
from gated import work


class Spin:
    params = [1000, 2000, 3000, 5000, 7000, 10000, 15000, 20000, 30000, 50000]
    param_names = ["rounds"]

    def time_spin(self, rounds):
        work.spin(rounds)

    def time_sort(self, rounds):
        sorted(range(rounds, 0, -1), key=lambda one: one % 977)


del Spin.params[9:]


def time_slow():
    work.slow(20000)


def time_join():
    ",".join(str(one) for one in range(20000))


def peakmem_hold():
    return work.hold(60_000_000)
"""
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "gated"
version = "1"
"""
CHANGES = {
    "aa": ("", ""),
    "slow": ("    return spin(rounds)", "    return spin(rounds * 13 // 10)"),
    "memory": ('bytearray(b" ") * size', 'bytearray(b" ") * (2 * size)'),
}
SEEN = {"slow": "bench.time_slow", "memory": "bench.peakmem_hold"}


def made(folder):
    """Make the project; return the commit of each kind of head by name, all of them children of the base."""
    (folder / "gated").mkdir(parents=True)
    (folder / "benchmarks").mkdir()
    files = {"gated/__init__.py": "", "gated/work.py": WORK, "benchmarks/__init__.py": "", "benchmarks/bench.py": SUITE}
    for name, text in {**files, "pyproject.toml": PROJECT, ".gitignore": "env/\nresults/\nhtml/\n"}.items():
        (folder / name).write_text(text)
    conf = {"version": 1, "project": "gated", "repo": ".", "branches": ["main"], "environment_type": "virtualenv"}
    conf |= {"pythons": [f"{sys.version_info[0]}.{sys.version_info[1]}"], "results_dir": "results", "env_dir": "env"}
    (folder / "asv.conf.json").write_text(json.dumps(conf))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    commit(folder, "base")
    heads = {"base": git(folder, "rev-parse", "HEAD")}
    for name, (old, new) in CHANGES.items():
        git(folder, "checkout", "-q", "-b", name, "main")
        (folder / "gated" / "work.py").write_text(WORK.replace(old, new) if old else WORK)
        commit(folder, f"{name}, as it may be")
        heads[name] = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "-q", "main")
    return heads


def git(folder, *words):
    """Return what git says."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder, subject):
    """Commit what there is, if only a subject."""
    git(folder, "commit", "-qam", subject, "--allow-empty")


def our_gate(tool, base, head):
    """Return the word of a gate and the cells it calls slower and faster, by its JSON."""
    words = [tool.words[0], *tool.words[1:3], "continuous", base, head, "--again", "--format", "json"]
    done = subprocess.run(words, cwd=tool.folder, env=tool.variables, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"bench-runner ended with {done.returncode}: {done.stderr[-2000:]}") from None
    named = {word: [one["id"] for one in found["cells"] if one["verdict"] == word] for word in ("slower", "faster")}
    rounds = [one["rounds"] + one["fresh_rounds"] for one in found["cells"] if one["unit"] == "seconds"]
    return found["verdict"], named["slower"], named["faster"], sum(rounds) / len(rounds)


def asv_gate(tool, base, head):
    """Return the same of asv: it is red where it ends with another status than 0, and prints what is slower with +."""
    words = [*tool.words[:3], "continuous", base, head, *tool.words[4:]]
    done = subprocess.run(words, cwd=tool.folder, env=tool.variables, capture_output=True, text=True, check=False)
    lines = [line.strip(" |") for line in done.stdout.splitlines()]
    slower = [line.rpartition("|")[2].strip() for line in lines if line.startswith("+")]
    if done.returncode not in {0, 1}:
        raise SystemExit(f"asv ended with {done.returncode}: {done.stderr[-2000:]}")
    return ("REGRESSION" if done.returncode else "PASS"), slower, [], math.nan


def told(name, kind, gates, seconds):
    """Return a line of the table."""
    words = Counter(word for word, *_ in gates)
    wanted = SEEN.get(kind)
    right = sum(wanted in slower for _, slower, _, _ in gates) if wanted else ""
    others = sum(bool([one for one in slower if one != wanted]) for _, slower, _, _ in gates)
    wrong = sum(wanted in faster for _, _, faster, _ in gates) if wanted else ""
    rounds = sum(one[3] for one in gates) / len(gates)
    shown = ", ".join(f"{number} {word}" for word, number in sorted(words.items()))
    counted = f"{right!s:>6} {wrong!s:>6} {others:>6} {rounds:>7.1f} {seconds:>6.0f} s"
    return f"{name:<13} {kind:<7} {len(gates):>5}  {shown:<40} {counted}"


def main():
    """Run the gates in turn and print the table after each round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aa", type=int, default=40)
    parser.add_argument("--slow", type=int, default=10)
    parser.add_argument("--memory", type=int, default=10)
    parser.add_argument("--asv", action="store_true")
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    names = f"{'found':>6} {'faster':>6} {'others':>6} {'rounds':>7}"
    head = f"{'tool':<13} {'head':<7} {'gates':>5}  {'verdicts':<40} {names}"
    print(head, flush=True)
    with tempfile.TemporaryDirectory(prefix="gates-", ignore_cleanup_errors=True) as temporary:
        folder = (chosen.folder or Path(temporary)) / "ours"
        heads = made(folder)
        tools = [(our_gate, ours(folder))]
        if chosen.asv:
            git(folder, "clone", "-q", ".", str(folder.with_name("asv")))
            (folder.with_name("asv") / "asv.conf.json").write_text((folder / "asv.conf.json").read_text())
            for name in CHANGES:
                git(folder.with_name("asv"), "branch", "-q", name, f"origin/{name}")
            tools.append((asv_gate, asv(folder.with_name("asv"))))
        run(chosen, heads, tools)


def run(chosen, heads, tools):
    """Run so many gates of each kind, the tools in turn."""
    for kind in CHANGES:
        found = {tool.name: [] for _, tool in tools}
        spent = Counter()
        for number in range(getattr(chosen, kind)):
            for gate, tool in tools:
                began = time.monotonic()
                found[tool.name].append(gate(tool, heads["base"], heads[kind]))
                spent[tool.name] += time.monotonic() - began
                print(f"{kind} {number + 1} {tool.name}: {found[tool.name][-1][:3]}", file=sys.stderr, flush=True)
        for name, gates in found.items():
            if gates:
                print(told(name, kind, gates, spent[name] / len(gates)), flush=True)


if __name__ == "__main__":
    main()
