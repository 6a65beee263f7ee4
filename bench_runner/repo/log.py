"""Bulk history: one `git log`, and its output as commits."""

from pathlib import Path

from bench_runner.model.commit import Commit
from bench_runner.repo.command import Answer, git

# NUL cannot stand in a commit, so nothing that people write there can break the records.
_FIELDS = ("%H", "%P", "%at", "%an", "%s")
_OPTIONS = ("-z", f"--format={'%x00'.join(_FIELDS)}", "--encoding=UTF-8", "--no-show-signature", "--no-color")


def log(folder: Path, *arguments: str, stdin: bytes = b"") -> Answer:
    """Run `git log` in a form that `parse` reads, whatever the user's own settings of git are."""
    return git(folder, "log", *_OPTIONS, *arguments, stdin=stdin)


def parse(out: bytes) -> list[Commit]:
    """Return the commits in the order of the log; bytes that are not UTF-8 become the replacement character."""
    parts = out.decode("utf-8", "replace").split("\0")[:-1]
    columns = [parts[start :: len(_FIELDS)] for start in range(len(_FIELDS))]
    return [
        Commit(sha, tuple(parents.split()), _milliseconds(time), subject, author)
        for sha, parents, time, author, subject in zip(*columns, strict=True)
    ]


def _milliseconds(seconds: str) -> int:
    """Return a time in ms; a commit whose author line is damaged has none and counts as 1970."""
    try:
        return int(seconds) * 1000
    except ValueError:
        return 0
