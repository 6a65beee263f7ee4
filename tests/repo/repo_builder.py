"""A git repository that a test writes, with dates that are known."""

import os
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path

CLOCK = count(1_600_000_000, 60)


@dataclass(frozen=True)
class Project:
    """A git repository that a test writes."""

    path: Path

    def git(self, *arguments: str, text: bytes = b"", date: int | None = None) -> str:
        seconds = f"{next(CLOCK) if date is None else date} +0000"
        who = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", "A Uthor"), ("EMAIL", "a@example.org"), ("DATE", seconds))
        }
        command = ["git", "-c", "protocol.file.allow=always", *arguments]
        out = subprocess.run(command, cwd=self.path, input=text, env=os.environ | who, capture_output=True, check=True)
        return out.stdout.decode().strip()

    def commit(self, subject: str = "change", *, date: int | None = None, **files: str) -> str:
        """Commit the named files (a "__" in a name is a dot) and return the sha."""
        for name, text in (files or {"counter_txt": subject + str(next(CLOCK))}).items():
            (self.path / name.replace("__", ".")).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--file=-", text=subject.encode(), date=date)
        return self.git("rev-parse", "HEAD")
