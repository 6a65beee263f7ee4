"""A metric: what a number means and which way is better."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class Metric:
    """Name, unit (base unit: seconds, bytes, or the suite's own word), direction; exact metrics have no noise."""

    name: str
    unit: str
    better: Better = "lower"
    exact: bool = False

    def worse(self, before: float, after: float) -> bool:
        """Return whether going from `before` to `after` is a step in the bad direction."""
        return after > before if self.better == "lower" else after < before


TIME = Metric("time", "seconds")
