"""Leaves some of many commits: at most one per period of time, at most so many in all."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench_runner.config.written import shown
from bench_runner.errors import UsageError
from bench_runner.model.commit import Commit

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
# asv's: a year of 52 weeks, of which a month is a twelfth.
_UNITS = {
    "h": _HOUR_MS,
    "": _DAY_MS,
    "d": _DAY_MS,
    "w": 7 * _DAY_MS,
    "M": 364 * _DAY_MS // 12,
    "q": 91 * _DAY_MS,
    "y": 364 * _DAY_MS,
}
_PERIOD = re.compile(r"\s*(\d{1,9})\s*([A-Za-z]*)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Thinning:
    """How many commits are wanted: at most one per `period` ("" for all), then at most `steps`, spread evenly."""

    period: str = ""
    steps: int | None = None

    def of(self, commits: Sequence[Commit], beside: Iterable[Commit] = ()) -> list[Commit]:
        """Return what is left of `commits`, in their order; those `beside` take up periods but are not returned."""
        kept = apart(commits, period_ms(self.period), beside) if self.period else list(commits)
        return kept if self.steps is None else spread(kept, self.steps)


ALL_OF_THEM = Thinning()


def period_ms(text: str) -> int:
    """Return a period such as 1d, 2w or 1M in ms; UsageError for anything else."""
    found = _PERIOD.fullmatch(text)
    if not found or found[2] not in _UNITS or not int(found[1]):
        hint = "; months are M" if found and found[2] == "m" else ""
        raise UsageError(
            f"--date-period {shown(text)} is no period: give a whole number of h, d, w, M, q or y, as 1d or 2w{hint}"
        )
    return int(found[1]) * _UNITS[found[2]]


def apart(commits: Sequence[Commit], period: int, beside: Iterable[Commit] = ()) -> list[Commit]:
    """Return, in their order, the commits that asv picks: the oldest, then each first one `period` ms after the last.

    `commits` are newest first; dates are those of the authors. What was picked before a newer commit came stays so.
    """
    kept: set[str] = set()
    last: int | None = None
    taken = {one.sha: one for one in beside}
    in_time = sorted([*taken.values(), *(one for one in commits[::-1] if one.sha not in taken)], key=_time)
    for one in in_time:
        if last is None or one.time_ms >= last + period:
            last = one.time_ms
            kept.add(one.sha)
    return [one for one in commits if one.sha in kept and one.sha not in taken]


def _time(commit: Commit) -> int:
    return commit.time_ms


def spread(commits: Sequence[Commit], steps: int) -> list[Commit]:
    """Return at most `steps` commits in their order at even distances, both ends among them; one is the newest."""
    if steps < 1:
        raise UsageError(f"--steps must be 1 or more, not {steps}")
    last = len(commits) - 1
    if steps > last:
        return list(commits)
    return [commits[round(index * last / max(steps - 1, 1))] for index in range(steps)]
