"""Where a suite in a working tree comes from: its commit, when it has no changes, and its place in the repository."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Origin:
    """`sha` is "" for a suite with uncommitted changes or outside git; `inside` its path from the repository's top."""

    sha: str = ""
    inside: str = ""


def origin(folder: Path) -> Origin:
    """Return where the folder of benchmarks comes from."""
    top = _git(folder, "rev-parse", "--show-prefix")
    if top is None:
        return Origin()
    changed = _git(folder, "status", "--porcelain", "--", ".")
    sha = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD") or ""
    return Origin("" if changed else sha.strip(), top.strip().rstrip("/"))


def _git(folder: Path, *words: str) -> str | None:
    """Return what git prints, None when it fails."""
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None
