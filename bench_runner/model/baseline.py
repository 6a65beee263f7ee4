"""A baseline: a named, stored reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench_runner.model.run import Fingerprint, Protocol

EVERY = "*"  # the allowance of all metrics that have none of their own


@dataclass(frozen=True, slots=True)
class Taken:
    """How and on what the values of one environment on one machine were taken; `versions` are those of benchmarks."""

    protocol: Protocol
    fingerprint: Fingerprint
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is held fast under a name: the commit, when it was set (ms), why, and by whom.

    `values` maps machine -> environment -> case id -> the per-round centres in the metric's unit, `taken` machine ->
    environment -> how; older files do not tell. `allowance` is by how much a metric (by its name) may get worse, as a
    share. `before` are the baselines that had the name earlier, the newest first.
    """

    name: str
    commit_sha: str
    set_ms: int
    reason: str = ""
    values: Mapping[str, Mapping[str, Mapping[str, tuple[float, ...]]]] = field(default_factory=dict)
    taken: Mapping[str, Mapping[str, Taken]] = field(default_factory=dict)
    by: str = ""
    allowance: Mapping[str, float] = field(default_factory=dict)
    before: tuple["Baseline", ...] = ()
