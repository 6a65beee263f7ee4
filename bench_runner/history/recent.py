"""Which changes are recent: the clock is the newest result's, so that equal files give equal answers on any day."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from bench_runner.errors import UsageError
from bench_runner.history.series import History
from bench_runner.model.change import Change

_MS = 1000
_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
_AGO = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[hdw])")
WRITTEN = "30d, 4w, 12h or a date as 2026-01-31"


def newest_ms(history: History) -> int:
    """Return when the newest result was measured, in ms; of results that do not say so, when their commit was made."""
    windows = (one.times[-1] for one in history.production if one.times)
    commits = (history.commits[one.revisions[-1]].time_ms for one in history.series if len(one.revisions))
    measured = max([*(one.finished_ms for one in history.runs), *windows], default=0)
    return measured or max(commits, default=0)


def moment_ms(text: str, option: str) -> int:
    """Return a date or moment in ISO 8601, UTC where it does not say, in ms; UsageError for another text."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as cause:
        raise UsageError(f"{option} {text[:40]!r} is no date: write 2026-01-31, or 2026-01-31T12:00") from cause
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * _MS)


def since(changes: Iterable[Change], history: History, text: str, now_ms: int) -> list[Change]:
    """Return the changes since a date, or of so many hours, days or weeks before now; UsageError for another text."""
    ago = _AGO.fullmatch(text.strip())
    if ago is None and not re.match(r"[0-9]{4}-", text):
        raise UsageError(f"--since {text[:40]!r} is not understood: write {WRITTEN}")
    back = int(ago["number"]) * _SECONDS[ago["unit"]] * _MS if ago else 0
    first = now_ms - back if ago else moment_ms(text, "--since")
    return [one for one in changes if made_ms(one, history) >= first]


def made_ms(change: Change, history: History) -> int:
    """Return when a change was made: its commit's date, in production when the first window of the new level starts."""
    return change.between[1] if change.between else history.commits[change.revision].time_ms
