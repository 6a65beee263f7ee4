"""What a search was told: the evidence for its posterior."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench_runner.bisect.posterior import Evidence

# A round of an exact metric, which has no noise, tells as much as so many of one that hardly has any.
EXACT = 3


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before: how likely nothing changed, and a weight for each commit (the first one's is not used)."""

    none: float = 0.2
    weights: Sequence[float] = ()


EVEN = Prior()


@dataclass(slots=True)
class Observations:
    """Values (commit, value, seconds) in the order they came, time-outs by commit; `sigma` is the noise if known."""

    sigma: float | None = None
    values: list[tuple[int, float, float]] = field(default_factory=list)
    slow: Counter[int] = field(default_factory=Counter)

    def evidence(self, first: int, last: int, prior: Prior) -> "Evidence":
        """Return what they say of the commits between two ends."""
        import numpy as np

        from bench_runner.bisect.posterior import Evidence, summed

        index, value, at = np.array(self.values, dtype=float).reshape(-1, 3).T
        slow_is_new = self._level(last) >= self._level(first)
        evidence = Evidence(first, last, index, value, at, self.slow, slow_is_new, self.sigma or self._noise())
        weights = summed(prior.weights) if prior.weights else None
        return replace(evidence, prior_none=prior.none, prior=weights)

    def exactly(self, first: int, last: int, prior: Prior) -> "Evidence":
        """Return the same for values without noise: each is the old one, or another."""
        import numpy as np

        told = self.evidence(first, last, prior)
        old = self._level(first)
        index, value, at = (np.repeat(each, EXACT) for each in (told.index, (told.value != old).astype(float), told.at))
        none = 1e-9 if self._level(last) != old else 1 - 1e-9
        known = replace(told, index=index, value=value, at=at)
        return replace(known, sigma=0.05, layout=0.01, drift=0.0, prior_none=none)

    def _level(self, index: int) -> float:
        """Return the median value of a commit; infinite when it only timed out."""
        values = sorted(value for at, value, _ in self.values if at == index)
        return values[len(values) // 2] if values else math.inf

    def _noise(self) -> float:
        """Return the noise between rounds of one commit: the pooled median deviation, but not below 0.2 %."""
        deviations: list[float] = []
        for commit in {index for index, _, _ in self.values}:
            values = sorted(value for at, value, _ in self.values if at == commit)
            middle = values[len(values) // 2]
            deviations += sorted(abs(value - middle) for value in values)[1:]  # one of them is the middle itself
        deviations.sort()
        return max(1.4826 * deviations[len(deviations) // 2] if deviations else 0.0, 0.002)
