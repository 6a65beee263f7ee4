"""How long single samples are kept beside their summaries: for days, for so many commits, or for good."""

import re
from dataclasses import dataclass

WRITTEN = '"180d", "26w", "500 commits" or "all"'
_WRITTEN = re.compile(r"(?P<number>[0-9]{1,6})\s*(?P<unit>d|days?|w|weeks?|c|commits?)")


@dataclass(frozen=True, slots=True)
class Keep:
    """Samples are kept of what was measured within `days` days of the newest run, or of the `commits` newest commits.

    Both None keeps all of them.
    """

    days: int | None = None
    commits: int | None = None

    @property
    def all(self) -> bool:
        """Whether nothing is ever too old."""
        return self.days is None and self.commits is None


def parse(text: str) -> Keep:
    """Return what is written as `WRITTEN` shows; ValueError for anything else."""
    if text.strip() == "all":
        return Keep()
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    number = int(match["number"])
    match match["unit"][0]:
        case "c":
            return Keep(commits=number)
        case "w":
            return Keep(days=7 * number)
    return Keep(days=number)
