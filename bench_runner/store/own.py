"""What asv cannot hold: the content of the one top-level key that is ours in a result file.

    "bench_runner": {
      "schema": 3,
      "build": {"ok", "duration_s", "detail", "output"},
      "environment": {"tool", "backend", "build_variables": [names], "unnamed": {requirement: version}},
      "conditions": [{"protocol": {...}, "fingerprint": {...}}, ...],   how and on what rows were measured
      "latest": index of the newest conditions,
      "benchmarks": {name: {"cases": [one record or null (not measured) per case, in asv's order]}},
      "windows": [...],                                           of production alone, see `windows`
      "work": {...}                                               what the newest measurement took, see `work`
    }

A record: "conditions" (index), "outcome", "detail", "output", "warnings", "n", "spread" (what missing statistics mean:
"unknown" there is no interval, "endless" it is infinite, else none is needed), "started_ms", "duration_s" and per round
"sizes" (how many of asv's samples belong to it), "numbers", "wall_s", "cpu_s", "child_cpu_s", "peak_rss", of peakmem_*
"bare_rss" and "setup_rss", and what `model.vitals` names (null: could not be read). From schema 2 on one number may
stand for all rounds, but for "sizes".
What has its usual value (ok, 0, 1, nothing) is left out, and so are costs and vitals of which nothing is known. A
benchmark with no cases at all was planned for a commit that does not build. In asv's result column a failed case of
ours is null, or what asv itself once put there.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench_runner.errors import StoreError
from bench_runner.model.run import Build, Fingerprint, Protocol
from bench_runner.store.fields import (
    Json,
    flag,
    number,
    strings,
    table,
    text,
    whole,
    wrong,
)

KEY = "bench_runner"
SCHEMA = 3
CHANGES = {
    1: "the first: build, environment, conditions, latest, benchmarks",
    2: "vitals of rounds: what befell their process, how busy the host was, canaries; one number for all rounds",
    3: "windows: what a service measured of itself in production, its rows come from them; work: what a run took",
}

MARK = "<bench_runner schema>"  # a duration asv keeps when it rewrites a file and drops the key
OUTPUT_LIMIT = 8192  # characters kept of what a failing case or build printed; results/ lives in git

UNKNOWN = "unknown"
ENDLESS = "endless"


@dataclass(frozen=True, slots=True)
class Conditions:
    """How and on what a case was measured."""

    protocol: Protocol
    fingerprint: Fingerprint


FOREIGN = Conditions(Protocol(runner="asv", engine="asv", rounds=0, launch=UNKNOWN, suite=UNKNOWN), Fingerprint())


def check_schema(own: Json) -> None:
    """Refuse what a newer program wrote."""
    schema = whole(own, "schema")
    if schema > SCHEMA:
        raise StoreError(f"has schema {schema}, this program reads up to {SCHEMA}: update bench-history")
    if schema < 1:
        raise wrong("schema", "a positive number", own.get("schema"))


def write_build(build: Build) -> dict[str, Any]:
    """Return a build as JSON."""
    return {"ok": build.ok, "duration_s": shorten(build.duration_s), **words(build.detail, build.output)}


def read_build(data: Json) -> Build:
    """Return a build from JSON."""
    seconds = number(data.get("duration_s", 0.0), "duration_s")
    return Build(flag(data, "ok", default=True), seconds, text(data, "detail"), text(data, "output"))


def write_conditions(one: Conditions) -> dict[str, Any]:
    """Return conditions as JSON."""
    protocol, fingerprint = one.protocol, one.fingerprint
    return {
        "protocol": {
            "runner": protocol.runner,
            "engine": protocol.engine,
            "rounds": protocol.rounds,
            "launch": protocol.launch,
            "suite": protocol.suite,
            "suite_sha": protocol.suite_sha,
        },
        "fingerprint": {
            "cpu": fingerprint.cpu,
            "kernel": fingerprint.kernel,
            "python": fingerprint.python,
            "distributions": dict(fingerprint.distributions),
        },
    }


def read_conditions(data: Json) -> Conditions:
    """Return conditions from JSON."""
    said, seen = table(data, "protocol"), table(data, "fingerprint")
    protocol = Protocol(
        runner=text(said, "runner"),
        engine=text(said, "engine"),
        rounds=whole(said, "rounds"),
        launch=text(said, "launch"),
        suite=text(said, "suite", "worktree"),
        suite_sha=text(said, "suite_sha"),
    )
    fingerprint = Fingerprint(
        text(seen, "cpu"), text(seen, "kernel"), text(seen, "python"), strings(seen, "distributions")
    )
    return Conditions(protocol, fingerprint)


def words(detail: str, output: str) -> dict[str, str]:
    """Return a sentence and the end of an output, writable and of bounded length."""
    if len(output) > OUTPUT_LIMIT:
        output = f"[{len(output) - OUTPUT_LIMIT} characters cut]\n{output[-OUTPUT_LIMIT:]}"
    return {"detail": writable(detail)[:OUTPUT_LIMIT], "output": writable(output)}


def writable(words: str) -> str:
    """Return text without lone surrogates, which undecodable output brings and UTF-8 refuses."""
    return words.encode(errors="replace").decode()


def shorten(value: float, digits: int = 5) -> float:
    """Return a number to so many significant digits, as asv writes statistics."""
    return float(f"{value:.{digits - 1}e}") if math.isfinite(value) else value


def used(own: Mapping[str, Any], conditions: Sequence[Any], latest: int) -> dict[str, Any]:
    """Return our key with only the conditions that a case refers to, and the latest, renumbered."""
    records = [record for one in own["benchmarks"].values() for record in one["cases"] if record]
    kept = sorted({record.get("conditions", 0) for record in records} | {latest})
    place = {old: new for new, old in enumerate(kept)}
    benchmarks = {name: {"cases": _renumbered(one["cases"], place)} for name, one in own["benchmarks"].items()}
    return {
        **own,
        "conditions": [conditions[index] for index in kept],
        "latest": place[latest],
        "benchmarks": benchmarks,
    }


def _renumbered(cases: Iterable[dict[str, Any] | None], place: Mapping[int, int]) -> list[dict[str, Any] | None]:
    """Return records that refer to conditions by their new places, the first one being left out."""
    found: list[dict[str, Any] | None] = []
    for record in cases:
        rest = record and {key: value for key, value in record.items() if key != "conditions"}
        index = place[record.get("conditions", 0)] if record else 0
        found.append({**rest, "conditions": index} if rest and index else rest)
    return found
