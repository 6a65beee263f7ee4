"""Lets so many alike log records pass in a time, and tells on the next one how many did not."""

import logging
import os
import threading
import time

from bench_runner.instrument import registry
from bench_runner.instrument.counting import counter
from bench_runner.instrument.log_lines import DROPPED, FAILURE

MAX_ROWS = 1000  # of what is remembered, so that messages made from data do not fill the memory
_LONGEST = 200  # characters of a message that count
_lock = threading.RLock()  # re-entrant: a signal handler may log, too


class _Row:
    """How many of one kind came since when."""

    __slots__ = ("began_s", "dropped", "passed")

    def __init__(self, began_s: float) -> None:
        self.began_s, self.passed, self.dropped = began_s, 0, 0


class Limit(logging.Filter):
    """For a handler: passes at most `lines` of a logger, level and message (before arguments) in `per_s` seconds."""

    def __init__(self, lines: int = 100, per_s: float = 1.0) -> None:
        if not (lines > 0 and per_s > 0):
            raise ValueError(f"a limit lets some lines pass in some time, not {lines} in {per_s} s")
        super().__init__()
        self._lines, self._per_s = lines, per_s
        self._rows: dict[tuple[str, int, str], _Row] = {}
        self._dropped = counter("log lines dropped")

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether it passes."""
        try:
            with _lock:
                row = self._row(record)
                if row.passed < self._lines:
                    setattr(record, DROPPED, row.dropped)
                    row.passed, row.dropped = row.passed + 1, 0
                    return True
                row.dropped += 1
        except Exception as error:  # noqa: BLE001 - a message that is no text runs foreign code
            registry.failed(FAILURE, error)
            return True
        self._dropped.add()
        return False

    def _row(self, record: logging.LogRecord) -> _Row:
        """Return the row of a record's kind, begun anew if its time is over."""
        message = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
        told = message[:_LONGEST] if isinstance(message, str) else type(message).__name__
        key, now_s = (record.name, record.levelno, told), time.monotonic()
        if key not in self._rows:
            self._make_room()
        row = self._rows.setdefault(key, _Row(now_s))
        if now_s - row.began_s >= self._per_s:
            row.began_s, row.passed = now_s, 0
        return row

    def _make_room(self) -> None:
        """Forget most when there is much; the counter knows what was dropped."""
        if len(self._rows) >= MAX_ROWS:
            self._rows = {key: row for key, row in self._rows.items() if row.dropped}
        if len(self._rows) >= MAX_ROWS:
            self._rows = {}


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
