"""The numbers of the windows in a result file, from a cache that may be thrown away at any moment."""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_runner.model.metric import Metric
from bench_runner.stats.production import VERSION, measures
from bench_runner.store.documents import document, run_of
from bench_runner.store.jsonfile import read_bytes
from bench_runner.store.windows import read_windows

FORMAT = f"1.{VERSION}"  # the first number is to be raised whenever a file would be read differently

Point = tuple[int, float, float, float]  # when the window starts (ms), value, both ends of its interval


@dataclass(frozen=True, slots=True)
class Measured:
    """Whose file it is, and by name of a number what it is and its points in the order of time."""

    sha: str
    environment: str
    machine: str
    numbers: Mapping[str, tuple[Metric, list[Point]]]


def measured(path: Path, cache: Path | None = None) -> Measured:
    """Return the numbers of a file; `cache` is a folder, the user's own when None. StoreError as from `Store.load`."""
    content = read_bytes(path)
    digest = hashlib.blake2b(content, digest_size=32).hexdigest()
    place = _place(path, cache)
    known = _read(place, digest)
    if known is None:
        known = _measure(content, path)
        _write(place, digest, known)
    return known


def _measure(content: bytes, path: Path) -> Measured:
    """Return the numbers of a file from its windows."""
    found = document(content, path)
    run = run_of(path, found, results=False)
    numbers: dict[str, tuple[Metric, list[Point]]] = {}
    for window in read_windows(found.own):
        for one in measures(window):
            _, points = numbers.setdefault(one.name, (one.metric, []))
            points.append((window.start_ms, one.value, one.low, one.high))
    return Measured(run.commit_sha, run.environment.name, run.machine.machine, numbers)


def _place(path: Path, cache: Path | None) -> Path:
    """Return the cache file of a result file."""
    if cache is None:
        from platformdirs import user_cache_path

        cache = user_cache_path("bench-history", appauthor=False)
    name = hashlib.sha256(str(path.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]
    return cache / "production" / f"{name}.json"


def _read(place: Path, digest: str) -> Measured | None:
    """Return what the cache holds of a file with this content, None where it is missing, old or damaged."""
    try:
        data = json.loads(place.read_bytes())
        if (data["format"], data["digest"]) != (FORMAT, digest):
            return None
        return Measured(data["sha"], data["environment"], data["machine"], dict(_numbers(data["numbers"])))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _numbers(data: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Metric, list[Point]]]]:
    for name, (metric, points) in data.items():
        yield name, (Metric(*metric), [(start, value, low, high) for start, value, low, high in points])


def _write(place: Path, digest: str, known: Measured) -> None:
    """Keep numbers for the next time, if that is possible."""
    numbers = {name: [[one.name, one.unit, one.better], some] for name, (one, some) in known.numbers.items()}
    told = {"sha": known.sha, "environment": known.environment, "machine": known.machine, "numbers": numbers}
    temporary = place.with_name(f"{place.name}.{secrets.token_hex(4)}.tmp")
    # A cache that cannot be written costs time, nothing else.
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({"format": FORMAT, "digest": digest, **told}))
        temporary.replace(place)
