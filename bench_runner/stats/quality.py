"""Says which rounds were disturbed, by their vitals alone: not by their values, so leaving some out biases nothing.

The limits were read off 1260 rounds of seven benchmarks on a shared machine of two CPUs, beside neighbours that would
use nothing to three CPUs. Of the 296 rounds within all limits 10 % were slow (by more than a tenth), of those beyond
73 %. Beside three neighbours that came and went, where three or four of five rounds were undisturbed (121 times), these
had a mean error of 1.7 %, a worst of 11 % and a 99 % interval of 6 % to either side; all five 2.6 %, 67 % and 93 %.

Involuntary context switches are no sign, though 75 % of the rounds with 100 or more per CPU second were slow: a process
has them from its own threads too, and all but 54 of those 917 rounds were beyond a limit anyway.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench_runner.model.metric import Metric
from bench_runner.model.sample import Round
from bench_runner.model.vitals import Vitals

# Others used so much of all CPUs' time. From 5 % slow rounds (below .25) it is 26 % up to here, 43 % just above (to .6)
# and 88 % beyond. With a limit of .25 more cases are left with too few rounds (55 instead of 21 of 168).
OTHERS = 0.5
# The hypervisor gave away so much of the CPU time wanted, by which a value is wrong at least. (Never beyond 4 % there.)
STEAL = 0.05
# The canary took so much longer than usual: 91 % of such rounds were slow. Beside quiet neighbours (others below .2) 31
# of 33 pairs of canaries were within 6 % and the worst at 21 %.
SLOWER = 0.25
# Pages read from disk: .1 ms each there, while all timed calls of a round take 20 ms by default.
PAGES = 10
# With three undisturbed rounds of five the mean error fell from 4.6 to 1.9 %; with two it rose from 2.6 to 7.4 %. A
# median of two outvotes nobody, and Welch's test wants three as well.
ENOUGH = 3

# Seconds, and what is per second; sizes and counts do not depend on how busy a machine is.
_TIMED = re.compile(r"(.*(/|\bper\b) *)?([mnu\u00b5\u03bc]?s|sec|seconds?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sign:
    """A number of the vitals, from where on it means disturbance, and how to say so."""

    number: Callable[[Vitals], float]
    limit: float
    words: Callable[[float], str]


def slower(vitals: Vitals) -> float:
    """Return by which share the canary took longer than is usual in its measurement; NaN without one."""
    return vitals.canary_s / vitals.usual_s - 1 if vitals.usual_s > 0 else math.nan


SIGNS = (
    Sign(lambda vitals: vitals.others, OTHERS, lambda share: f"others used {100 * share:.0f} % of the CPU"),
    Sign(lambda vitals: vitals.steal, STEAL, lambda share: f"steal {100 * share:.0f} %"),
    Sign(slower, SLOWER, lambda share: f"canary +{100 * share:.0f} %"),
    Sign(lambda vitals: vitals.major, PAGES, lambda count: f"{count:.0f} pages read from disk"),
)


def disturbed(vitals: Vitals) -> bool:
    """Return whether any sign is beyond its limit; what could not be read is no sign."""
    return any(sign.number(vitals) >= sign.limit for sign in SIGNS)


def used(rounds: Sequence[Round]) -> list[Round]:
    """Return the rounds to rely on: the undisturbed ones where they are ENOUGH, else all."""
    calm = [one for one in rounds if not disturbed(one.vitals)]
    return calm if len(calm) >= ENOUGH else list(rounds)


def doubt(rounds: Sequence[Round]) -> str:
    """Return how many rounds were disturbed by what, the worst of each sign, and whether they count; "" for none."""
    bad = [one.vitals for one in rounds if disturbed(one.vitals)]
    if not bad:
        return ""
    fate = "left out" if len(rounds) - len(bad) >= ENOUGH else "disturbed"
    return f"{len(bad)} of {len(rounds)} rounds {fate}: {', '.join(_reasons(bad))}"


def _reasons(found: Sequence[Vitals]) -> Iterable[str]:
    """Yield the words of each sign that is beyond its limit anywhere."""
    for sign in SIGNS:
        beyond = [number for one in found if (number := sign.number(one)) >= sign.limit]
        if beyond:
            yield sign.words(max(beyond))


def timed(metric: Metric) -> bool:
    """Return whether a metric suffers from disturbance."""
    return not metric.exact and _TIMED.fullmatch(metric.unit) is not None
