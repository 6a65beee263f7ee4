"""What it takes to measure: steps of the runner and what it counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# None of the steps lies in another one.
PARTS = {
    "environments and builds": ("prepare",),
    "imports of the suite": ("discover", "start worker", "preload"),
    "benchmarks": ("setup_cache", "case"),
    "canaries": ("canary",),
}
STEPS = tuple(step for steps in PARTS.values() for step in steps)
REST = "the rest"


@dataclass(frozen=True, slots=True)
class Spent:
    """How often a step was taken, and its wall and CPU seconds in all."""

    count: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0

    def plus(self, wall_s: float, cpu_s: float) -> "Spent":
        """Return the same with a further one."""
        return Spent(self.count + 1, self.wall_s + wall_s, self.cpu_s + cpu_s)


@dataclass(frozen=True, slots=True)
class Work:
    """Wall seconds until the run was there, its steps by name, and what was counted by name; empty when not known."""

    wall_s: float = 0.0
    steps: Mapping[str, Spent] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, float]:
        """Wall seconds by part of the work, with what none of the steps accounts for."""
        known = {part: sum(self._wall_s(step) for step in steps) for part, steps in PARTS.items()}
        return {**known, REST: max(0.0, self.wall_s - sum(known.values()))}

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all steps."""
        return sum(one.cpu_s for one in self.steps.values())

    def _wall_s(self, step: str) -> float:
        return self.steps[step].wall_s if step in self.steps else 0.0
