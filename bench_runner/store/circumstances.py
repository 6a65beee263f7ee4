"""On what a run was taken, as far as it tells: its fingerprint, and how fast its canary was."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from bench_runner.model.run import Fingerprint, Run
from bench_runner.store.asv_format import Document
from bench_runner.store.fields import Json, numbers, strings, text


def fingerprint_of(run: Run) -> Fingerprint:
    """Return the fingerprint of a run; of files without one what they say of the machine."""
    mine = run.fingerprint
    return replace(mine, cpu=mine.cpu or run.machine.cpu, kernel=mine.kernel or run.machine.os)


def write_fingerprint(one: Fingerprint) -> str:
    """Return a fingerprint as JSON, the same for the same one."""
    parts = {"cpu": one.cpu, "kernel": one.kernel, "python": one.python, "distributions": dict(one.distributions)}
    return json.dumps(parts, sort_keys=True)


def read_fingerprint(written: str) -> Fingerprint:
    """Return a fingerprint from its JSON, one that tells nothing from ""."""
    data = json.loads(written or "{}")
    cpu, kernel, python = (text(data, name) for name in ("cpu", "kernel", "python"))
    return Fingerprint(cpu, kernel, python, strings(data, "distributions"))


def canary_of(found: Document) -> float:
    """Return the usual seconds of the canary while a run was measured; 0 where nothing is known."""
    known = [one for row in found.rows.values() for record in row.records or () if record for one in _usual(record)]
    return median(known) if known else 0.0


def _usual(record: Json) -> Iterator[float]:
    """Yield the usual seconds of the canary in each round."""
    value = record.get("usual_s")
    found = numbers(value if isinstance(value, list) else [value], "usual_s")
    yield from (one for one in found if math.isfinite(one) and one > 0)
