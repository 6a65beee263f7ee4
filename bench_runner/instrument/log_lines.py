"""Writes a record of the logging module as one line of JSON, whatever is in it.

    {"time": "2026-03-01T12:00:00.000250Z", "level": "info", "logger": "shop", "event": "paid", "pid": 4711,
     "run": "0b5e...", "trace": "<32 hex>", "span": "<16 hex>", "order": 17, "dropped": 3, "exception": "Traceback ..."}

`run`, `trace`, `span`, `dropped` (lines like this one since the last, see `log_limit`), `exception` and `stack` are
there when there is one. Fields come from `bind`, from `extra=`, and from event dicts of structlog, the later over the
earlier; one called like a key above gets a "_" behind its name. What JSON does not know is written as its text.
"""

import json
import logging
import sys
import time
from functools import lru_cache

from bench_runner.instrument import registry, trace_context
from bench_runner.instrument.log_fields import bound

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FAILURE = "logs"
DROPPED = "_lines_dropped"  # of a record, set by `log_limit`
_STRUCTLOG = {"_logger", "_name", "_record", "_from_structlog"}  # what it hands to formatters of its own
_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", DROPPED, *_STRUCTLOG}


class JsonLines(logging.Formatter):
    """Never raises; a record that cannot be written is told as far as it can, and counted."""

    def __init__(self, run: str = "") -> None:
        super().__init__()
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        """Return a line, ASCII, without its end."""
        try:
            return _dumped(self._told(record))
        except Exception as error:  # noqa: BLE001 - it may come from the values' own code
            registry.failed(FAILURE, error)
            return _dumped({"level": "error", "logger": FAILURE, "event": f"lost a line of {_text(record.name)}"})

    def _told(self, record: logging.LogRecord) -> "dict[str, Any]":
        event, fields = _event(record)
        info = record.exc_info or fields.pop("exc_info", None)
        trace = trace_context.current()
        told: dict[str, Any] = {
            "time": _utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
            "pid": record.process,
            "run": self._run,
            "trace": trace and trace.trace_id,
            "span": trace and trace.span_id,
            "dropped": getattr(record, DROPPED, None),
            "exception": record.exc_text or (info and self._exception(info)),
            "stack": record.stack_info,
        }
        return {**{key: one for key, one in told.items() if one or key == "event"}, **_renamed(fields, told)}

    def _exception(self, info: object) -> str | None:
        """Return what was given as `exc_info` in words; None where it means no exception."""
        if isinstance(info, BaseException):
            info = type(info), info, info.__traceback__
        elif not isinstance(info, tuple):
            info = sys.exc_info()
        return self.formatException(info) if info[0] is not None else None


def _event(record: logging.LogRecord) -> "tuple[str, dict[object, Any]]":
    """Return what happened, and the fields of the record and of who called."""
    fields: dict[object, Any] = dict(bound().items())
    fields.update((key, one) for key, one in vars(record).items() if key not in _OWN)
    if isinstance(record.msg, dict) and not record.args:
        fields.update(record.msg)
        return _text(fields.pop("event", "")), fields
    try:
        return record.getMessage(), fields
    except Exception as error:  # noqa: BLE001 - arguments that do not fit, or whose own code fails
        registry.failed(FAILURE, error)
        return _text(record.msg), {**fields, "args": _text(record.args)}


def _renamed(fields: "Mapping[object, Any]", told: "Mapping[str, Any]") -> "dict[str, Any]":
    """Return the fields by names that are free; what only repeats one of ours, as structlog may, is left out."""
    found: dict[str, Any] = {}
    for given, value in fields.items():
        name = _text(given)
        if name in told and _text(told[name]) == _text(value):
            continue
        while name in told or name in found:
            name += "_"
        found[name] = value
    return found


def _dumped(told: "Mapping[str, Any]") -> str:
    """Return strict JSON."""
    try:
        return _encode(told)
    except Exception:  # noqa: BLE001 - one of the values, in whose place we write its text
        return _encode({key: _plain(one) for key, one in told.items()})


def _plain(value: object) -> object:
    """Return a value that JSON knows as it is, else its text."""
    try:
        _encode(value)
    except Exception:  # noqa: BLE001 - NaN, circles, strange keys, what changes meanwhile ...
        return _text(value)
    return value


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - foreign code
        return f"<{type(value).__name__} without a text>"


_encode = json.JSONEncoder(default=_text, allow_nan=False).encode  # json.dumps would make one for each line


def _utc(at_s: float) -> str:
    """Return a time of the wall clock to the microsecond."""
    whole, micro = divmod(round(at_s * 10**6), 10**6)
    return f"{_second(whole)}.{micro:06}Z"


@lru_cache(maxsize=2)
def _second(at_s: int) -> str:
    """Return it to the second, of which there are fewer than lines."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_s))
