"""Watches over a measurement: the host around each turn, and canaries between turns."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import fmean, quantiles
from time import monotonic

from bench_runner.model.vitals import Vitals
from bench_runner.runner.launcher import Launcher
from bench_runner.runner.vitals import Host
from bench_runner.worker.messages import Canary, CanaryDone, Ended

# Often enough to see a disturbance of a few turns; at 5 ms each, a quarter of a percent of the time.
_EVERY_S = 2.0
# Not more often, even where rounds begin and end: at 6 ms each they would cost more than 2 % of the time.
_NOT_BEFORE_S = 0.3


@dataclass
class Vigil:
    """The watch over one measurement; turns are told apart by the number of canaries taken before them."""

    launcher: Launcher
    affinity: tuple[int, ...] = ()
    host: Host = field(default_factory=Host)
    canaries: list[CanaryDone] = field(default_factory=list)
    _taken_at: float = -math.inf
    _turned: bool = False
    _alone: bool = False

    def begin(self, *, alone: bool) -> None:
        """Begin a round; `alone` says that no case in it wants the suite loaded, so no canary should load it."""
        self._alone = alone
        self._take_after(_NOT_BEFORE_S)

    def take(self) -> None:
        """Take a canary."""
        request = Canary(list(self.affinity))
        self.canaries.append(self.launcher.canary(request, alone=self._alone))
        self._taken_at, self._turned = monotonic(), False
        self.host.look(self.launcher.pids)

    def before(self) -> int:
        """Return the number of canaries before a turn that now begins, taking one when the last is old."""
        self._take_after(_EVERY_S)
        self._turned = True
        return len(self.canaries)

    def end(self) -> None:
        """End a round."""
        self._take_after(_NOT_BEFORE_S)

    def finish(self) -> None:
        """See to it that there is a canary after the last turn."""
        if self._turned:
            self.take()

    def _take_after(self, seconds: float) -> None:
        """Take a canary unless there was one within so many seconds."""
        if monotonic() - self._taken_at >= seconds:
            self.take()

    def vitals(self, ended: Ended) -> Vitals:
        """Return what is known of a turn that has just ended, before the next canary."""
        return replace(
            self.host.vitals(self.launcher.pids),
            involuntary=ended.involuntary,
            voluntary=ended.voluntary,
            minor=ended.minor,
            major=ended.major,
        )

    def completion(self) -> Callable[[Vitals, int], Vitals]:
        """Return the function that adds to the vitals of a turn, by its number, the canaries around it, and rounds."""
        usual_s = _lower([one.wall_s for one in self.canaries])

        def complete(vitals: Vitals, before: int) -> Vitals:
            around = self.canaries[before - 1 : before + 1]
            canary_s, canary_cpu_s = (_mean([getattr(one, name) for one in around]) for name in ("wall_s", "cpu_s"))
            return replace(vitals, canary_s=canary_s, canary_cpu_s=canary_cpu_s, usual_s=usual_s).rounded()

        return complete


def _mean(values: list[float]) -> float:
    """Return the mean of what could be taken."""
    return fmean(found) if (found := [one for one in values if math.isfinite(one)]) else math.nan


def _lower(values: list[float]) -> float:
    """Return the lower quartile of what could be taken: three quarters of the time may be disturbed."""
    found = [one for one in values if math.isfinite(one)]
    return quantiles(found, n=4, method="inclusive")[0] if len(found) > 1 else math.nan
