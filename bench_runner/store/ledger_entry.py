"""One entry of the ledger as a file: JSON with one field a line, so that git shows what became of a change."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Case
from bench_runner.model.ledger import Entry, Held, Size
from bench_runner.model.metric import Better, Metric
from bench_runner.model.series import SeriesKey
from bench_runner.store import jsonfile
from bench_runner.store.fields import Json, array, flag, number, text, unicode, whole, wrong

SCHEMA = 1
CHANGES = {1: "the first: case, environment, machine, metric, both levels, commits, windows, state, reason"}
ID = re.compile(r"[0-9a-f]{8,64}")
MEND = "restore it from git, or remove it and record the change again"

_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


def parse(content: bytes, path: Path) -> Entry:
    """Return the entry in a file; StoreError names the file and the line of what is wrong."""
    written = content.decode(errors="replace")
    if mark := _CONFLICT.search(written):
        raise StoreError(f"{path}, line {_at(written, mark.start())}: holds a merge conflict: keep one of both sides")
    data = jsonfile.parse(content, path)
    schema = whole(data, "schema")
    if schema > SCHEMA:
        raise StoreError(f"{path}: has schema {schema}, this program reads up to {SCHEMA}: update bench-history")
    found: dict[str, Any] = {}
    for key, read in _FIELDS.items():
        try:
            found[key] = read(data, key)
        except StoreError as error:
            raise StoreError(f"{path}, line {_line(written, key)}: {error}: {MEND}") from error
    unknown = {key: value for key, value in data.items() if key not in _FIELDS and key != "schema"}
    return _entry(found, unknown)


def encode(entry: Entry) -> dict[str, object]:
    """Return the content of an entry's file; keys of a newer program stand where they stood."""
    size, metric = entry.size, entry.metric
    return {
        **entry.unknown,
        "schema": SCHEMA,
        "id": entry.id,
        "benchmark": entry.key.case.benchmark,
        "params": list(entry.key.case.params),
        "environment": entry.key.environment,
        "machine": entry.key.machine,
        "metric": metric.name,
        "unit": metric.unit,
        "better": metric.better,
        "exact": metric.exact,
        "before": size.before,
        "after": size.after,
        "ratio": size.ratio,
        "ratio_low": size.ratio_low,
        "ratio_high": size.ratio_high,
        "p": size.p,
        "last_old": entry.last_old,
        "first_new": entry.first_new,
        "span": list(entry.span) if entry.span else None,
        "between": list(entry.between) if entry.between else None,
        "state": entry.state,
        "recovered_by": entry.recovered_by,
        "reason": entry.reason,
    }


def _entry(found: Mapping[str, Any], unknown: Mapping[str, object]) -> Entry:
    """Return an entry of fields that have been read."""
    return Entry(
        id=found["id"],
        key=SeriesKey(Case(found["benchmark"], found["params"]), found["environment"], found["machine"]),
        metric=Metric(found["metric"], found["unit"], found["better"], exact=found["exact"]),
        size=Size(*(found[key] for key in ("before", "after", "ratio", "ratio_low", "ratio_high", "p"))),
        last_old=found["last_old"],
        first_new=found["first_new"],
        span=found["span"],
        between=found["between"],
        state=found["state"],
        recovered_by=found["recovered_by"],
        reason=found["reason"],
        unknown=unknown,
    )


def _line(written: str, key: str) -> int:
    """Return the line that a key stands on; the first where it does not."""
    found = re.search(rf'^\s*"{key}"\s*:', written, re.MULTILINE)
    return _at(written, found.end()) if found else 1


def _at(written: str, place: int) -> int:
    """Return the line of a place in a text."""
    return written.count("\n", 0, place) + 1


def _name(data: Json, key: str) -> str:
    """Return a string that is not empty."""
    return text(data, key) or _refuse(data, key, "a name")


def _sha(data: Json, key: str) -> str:
    """Return a full sha."""
    value = text(data, key)
    return value if ID.fullmatch(value) else _refuse(data, key, "a sha")


def _sha_if_any(data: Json, key: str) -> str:
    """Return a full sha, or "" for none."""
    return _sha(data, key) if data.get(key) else ""


def _real(data: Json, key: str) -> float:
    """Return a number, which may be NaN or infinite."""
    return number(data.get(key), key)


def _params(data: Json, key: str) -> tuple[str, ...]:
    """Return a list of strings."""
    return tuple(unicode(one, key) for one in array(data.get(key), key))


def _exact(data: Json, key: str) -> bool:
    """Return a truth value, false where there is none."""
    return flag(data, key, default=False)


def _span(data: Json, key: str) -> tuple[str, str] | None:
    """Return two full shas, or None."""
    found = array(data.get(key), key)
    if found and (len(found) != 2 or not all(isinstance(one, str) and ID.fullmatch(one) for one in found)):
        raise wrong(key, "two shas", found)
    return (found[0], found[1]) if found else None


def _between(data: Json, key: str) -> tuple[int, int] | None:
    """Return two moments, or None."""
    found = array(data.get(key), key)
    if found and (len(found) != 2 or not all(type(one) is int for one in found)):
        raise wrong(key, "two moments in ms", found)
    return (found[0], found[1]) if found else None


def _one_of(known: tuple[str, ...]) -> Callable[[Json, str], str]:
    """Return what reads a word that must be known."""

    def read(data: Json, key: str) -> str:
        value = text(data, key)
        return value if value in known else _refuse(data, key, f"one of {', '.join(known)}")

    return read


def _refuse(data: Json, key: str, expected: str) -> str:
    """Raise the error of a field."""
    raise wrong(key, expected, data.get(key))


_FIELDS: Mapping[str, Callable[[Json, str], object]] = {
    "id": _sha,
    "benchmark": _name,
    "params": _params,
    "environment": _name,
    "machine": _name,
    "metric": text,
    "unit": text,
    "better": _one_of(get_args(Better)),
    "exact": _exact,
    "before": _real,
    "after": _real,
    "ratio": _real,
    "ratio_low": _real,
    "ratio_high": _real,
    "p": _real,
    "last_old": _sha,
    "first_new": _sha,
    "span": _span,
    "between": _between,
    "state": _one_of(get_args(Held)),
    "recovered_by": _sha_if_any,
    "reason": text,
}
