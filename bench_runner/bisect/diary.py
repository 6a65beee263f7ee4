"""What a bisection has seen so far, a line for each look, so that the same one goes on after it was ended."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_runner.bisect.session import Look
from bench_runner.model.commit import Commit

# A machine is not the same for longer: what was seen before tells little of what is measured now.
OLD_S = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Diary:
    """A file of looks; what it cannot read, as a line that was being written when the power went, is not there."""

    path: Path

    @classmethod
    def of(cls, folder: Path, commits: Sequence[Commit], *asked: str) -> "Diary":
        """Return the diary, in a folder, of what was asked of these commits: the case, the environment, the machine."""
        told = repr((*asked, *(one.sha for one in commits)))
        return cls(folder / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.jsonl")

    def looks(self, commits: Sequence[Commit]) -> list[Look]:
        """Return what was seen in the last hours, oldest first; [] where that is nothing."""
        places = {one.sha: one for one in commits}
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        found = [look for line in lines if (look := _read(line, places)) is not None]
        return [one for one in found if 0 <= time.time() - one.at_s < OLD_S]

    def keep(self, look: Look) -> None:
        """Add a look at once and for good."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = {"commit": look.commit.sha, "at_s": look.at_s, "values": look.values}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**told, "problem": look.problem, "slow": look.slow}) + "\n")

    def close(self) -> None:
        """Forget it: the search came to its end."""
        self.path.unlink(missing_ok=True)


def _read(line: str, places: dict[str, Commit]) -> Look | None:
    """Return the look of a line, None for one that is damaged or of another commit."""
    try:
        told = json.loads(line)
        commit, values = places[told["commit"]], tuple(map(float, told["values"]))
        return Look(commit, values, str(told["problem"]), bool(told["slow"]), float(told["at_s"]))
    except (ValueError, TypeError, KeyError):
        return None
