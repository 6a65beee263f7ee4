"""Writes the project that both tools measure: commits that all have to be built and all run alike."""

import os
import shutil
import subprocess
from pathlib import Path

TREE = Path(__file__).parent / "tree"
COMMITS = 20
BENCHMARKS = 10
ONE = "track_lines"  # a benchmark that takes next to nothing
_START = 1767254400  # 2026-01-01, 08:00 UTC


def write(folder, commits=COMMITS):
    """Make the repository in `folder`, which must not be there; return its shas, oldest first."""
    shutil.copytree(TREE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".gitignore").write_text("__pycache__/\nbuild/\n*.egg-info/\n")
    _git(folder, "init", "--quiet", "--initial-branch=main")
    edition = folder / "inkwell" / "edition.py"
    text = edition.read_text()
    for number in range(commits):
        edition.write_text(text.replace("EDITION = 0", f"EDITION = {number + 1}"))
        _git(folder, "add", "--all")
        _git(folder, "commit", "--quiet", f"--message=Edition {number + 1}", when=_START + 3600 * number)
    return _git(folder, "log", "--reverse", "--format=%H").split()


def clone(source, folder):
    """Clone a repository for one of the tools."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _git(folder.parent, "clone", "--quiet", "--no-hardlinks", str(source), str(folder))


def resolve(folder, ref):
    """Return the sha of a commit."""
    return _git(folder, "rev-parse", "--verify", f"{ref}^{{commit}}").strip()


def _git(folder, *words, when=_START):
    """Run git without the user's configuration; return what it says."""
    who = {f"GIT_{role}_{fact}": "quill" for role in ("AUTHOR", "COMMITTER") for fact in ("NAME", "EMAIL")}
    dates = {f"GIT_{role}_DATE": f"{when} +0000" for role in ("AUTHOR", "COMMITTER")}
    variables = {**os.environ, **who, **dates, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *words], cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {words[0]} failed in {folder}: {done.stderr.strip()}")
    return done.stdout
