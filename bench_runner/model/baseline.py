"""A baseline: a named, stored reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is held fast under a name: the commit, when it was set (ms), why, and the run files it was taken from.

    `values` maps machine -> environment -> case id -> the per-round centres in the metric's unit.
    """

    name: str
    commit_sha: str
    set_ms: int
    reason: str = ""
    values: Mapping[str, Mapping[str, Mapping[str, tuple[float, ...]]]] = field(default_factory=dict)
