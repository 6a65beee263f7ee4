"""A metric: what a number means and which way is better."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", "neither"]


_WORDS = {"seconds": ("slower", "faster"), "bytes": ("larger", "smaller")}


@dataclass(frozen=True, slots=True)
class Metric:
    """Name, unit (base unit: seconds, bytes, or the suite's own word), direction; exact metrics have no noise.

    Neither way is better where a number tells what was asked of a program and not how well it did.
    """

    name: str
    unit: str
    better: Better = "lower"
    exact: bool = False

    @property
    def words(self) -> tuple[str, str]:
        """How to call what is worse, and what is better."""
        if self.better == "higher":
            return "lower", "higher"
        return _WORDS.get(self.unit, ("more", "fewer"))

    def says(self, verdict: str) -> str:
        """Return a verdict as it is said of such a metric: more calls, a larger object, a slower function."""
        return dict(zip(("slower", "faster"), self.words, strict=True)).get(verdict, verdict)

    def worse(self, before: float, after: float) -> bool:
        """Return whether going from `before` to `after` is a step in the bad direction."""
        return self.better != "neither" and (after > before if self.better == "lower" else after < before)


TIME = Metric("time", "seconds")
