"""Makes foreign text fit to be shown, named as a file, or written into a script."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bench_runner import hostile, units
from bench_runner.model.metric import Metric

_NOT_IN_A_SLUG = re.compile(r"[^A-Za-z0-9_]+")
UNIT = 24  # characters of a unit
LABEL = 160  # characters; longer names are cut where they are only a label


def label(text: str, length: int = LABEL) -> str:
    """Return `text` on one line, cut to `length` characters."""
    return hostile.plain(text, length)


def excerpt(text: str, length: int = 6000) -> str:
    """Return the end of a program's output, whole lines where possible."""
    tail = hostile.lines(text[-2 * length :])[-length:]
    if len(text) <= length:
        return tail.strip("\n")
    return "…\n" + tail.split("\n", 1)[-1].strip("\n")


def digest(value: str, digits: int = 8) -> str:
    """Return the first hex digits of the SHA-256 of `value`; any str goes, lone surrogates included."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def slug(name: str) -> str:
    """Return a file name without ending for `name`: readable, short, safe on any file system, unique by its hash."""
    readable = _NOT_IN_A_SLUG.sub("-", name).strip("-")[:60].strip("-")
    return f"{readable}-{digest(name)}" if readable else digest(name)


def script_json(value: object) -> str:
    """Return strict, compact JSON that is safe inside a script element and in a script file."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def iso(time_ms: int) -> str:
    """Return 2026-11-23T10:00:00Z; "" for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return ""


def places(days: Sequence[str], shas: Sequence[str]) -> list[str]:
    """Return a label for each of some commits on an axis: its day, or its sha where the former one has that day."""
    former = ["", *days]
    return [sha if day in {"", former[at]} else day for at, (day, sha) in enumerate(zip(days, shas, strict=True))]


def amount(value: float, metric: Metric) -> str:
    """Return a value for people; a unit of the suite's own is only a label."""
    return units.value(value, label(metric.unit, UNIT), exact=metric.exact)


def params(names: Iterable[str], values: Iterable[str]) -> str:
    """Return "n=1000, kind='a'" for people."""
    return label(", ".join(f"{label(name, 40)}={label(value, 60)}" for name, value in zip(names, values, strict=False)))
