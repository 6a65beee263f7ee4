"""Bare mirrors of repositories that are given by a URL, kept in the cache folder."""

import hashlib
import re
import shutil
from pathlib import Path

from filelock import FileLock

from bench_runner.errors import UsageError
from bench_runner.instrument.spans import span
from bench_runner.repo.command import git, without_credentials

# Branches and tags only: forges keep every pull request they ever saw below refs/pull.
BRANCHES = "+refs/heads/*:refs/heads/*"


def mirror(url: str, cache: Path) -> Path:
    """Return the mirror of `url` below `cache`, cloned when it is not there; an interrupted clone leaves none."""
    folder = cache / "mirrors" / _folder_name(url)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            # Commits that a rebase left behind still have results: they are never pruned.
            options = ("--bare", "--quiet", "--config", "gc.pruneExpire=never")
            with span("fetch"):
                answer = git(folder.parent, "clone", *options, "--", url, str(unfinished))
            if not answer.ok:
                raise UsageError(_failure("clone", url, answer.reason))
            unfinished.rename(folder)
    return folder


def update(folder: Path, url: str) -> None:
    """Fetch what is new into a mirror and follow the remote's default branch; nothing is deleted."""
    with FileLock(f"{folder}.lock"):
        answer = git(folder, "fetch", "--quiet", "--force", "--tags", "origin", BRANCHES)
        if not answer.ok:
            raise UsageError(_failure("fetch", url, answer.reason))
        head = re.match(r"ref: (refs/heads/\S+)\tHEAD", git(folder, "ls-remote", "--symref", "origin", "HEAD").text)
        if head:
            git(folder, "symbolic-ref", "HEAD", head[1])


def _folder_name(url: str) -> str:
    """Return a readable name that is one URL's alone."""
    words = re.sub(r"[^\w.-]+", "-", url.rstrip("/").removesuffix(".git").rpartition("/")[2]).strip("-.")
    return f"{words[:40] or 'project'}-{hashlib.sha256(url.encode()).hexdigest()[:12]}.git"


def _failure(verb: str, url: str, reason: str) -> str:
    """Return the sentence for a remote that does not answer."""
    return f"cannot {verb} {without_credentials(url)}: {reason}; check the URL, the network and your access"
