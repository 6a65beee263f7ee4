"""A commit of the measured project."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: full sha, parents (first parent first), author date in ms since 1970, subject line, author name."""

    sha: str
    parents: tuple[str, ...]
    time_ms: int
    subject: str
    author: str = ""

    @property
    def short(self) -> str:
        """The first eight digits, as asv names its files."""
        return self.sha[:8]
