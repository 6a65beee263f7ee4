"""Where a suite in a working tree comes from."""

from dataclasses import dataclass
from pathlib import Path

from bench_runner.repo.command import git


@dataclass(frozen=True, slots=True)
class Origin:
    """`sha` is "" for a suite with uncommitted changes or outside git; `inside` its path from the repository's top."""

    sha: str = ""
    inside: str = ""


def origin(folder: Path) -> Origin:
    """Return the commit that a folder of benchmarks belongs to, and its place in the repository."""
    here = folder.resolve()
    top = next((one for one in (here, *here.parents) if (one / ".git").exists()), None)
    if top is None:
        return Origin()
    inside = here.relative_to(top).as_posix()
    changes = git(top, "status", "--porcelain", "--", inside)
    head = git(top, "rev-parse", "--verify", "--quiet", "HEAD")
    clean = changes.ok and not changes.text and head.ok
    return Origin(head.text if clean else "", "" if inside == "." else inside)
