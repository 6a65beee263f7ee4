"""What a sample amounts to: centre, interval, quartiles, doubts.

The round (one fresh process) is the unit: the centre is the median of the rounds' medians, and its 99 % interval comes
from how rounds differ. Disturbed rounds (`quality`) are left out where enough others remain. From 8 rounds on the
interval is the order statistics' (no assumption); below, where these cannot reach 99 %, Student's t on the logarithms,
widened by what a median is less efficient than a mean.
"""

import math
from collections.abc import Sequence
from statistics import median, quantiles, stdev

from bench_runner.model.metric import Metric
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.stats import quality

# Student's t at 99.5 % for 1, 2 ... 6 degrees of freedom.
STUDENT = (63.657, 9.925, 5.841, 4.604, 4.032, 3.707)
# The standard error of a median is at most sqrt(pi / 2) times that of a mean under normal noise.
MEDIAN_ERROR = math.sqrt(math.pi / 2)
# Fewer rounds (of a time, of any other number) than the default plan's cannot be told from luck; spread beyond 5 % is a
# machine too noisy to judge on.
ENOUGH_ROUNDS, FEW_ROUNDS = 5, 3
NOISY = 0.05
ALPHA = 0.01


def summarise(sample: Sample, metric: Metric) -> Summary:
    """Summarise a sample; without any finite value centre and interval are NaN, an unknown interval is infinite."""
    rounds = [finite(one.values) for one in quality.used(_filled(sample))]
    values = [value for one in rounds for value in one]
    if not values:
        return Summary(math.nan, math.nan, math.nan, 0, warnings=("no values",))
    middles = [median(one) for one in rounds]
    centre = median(middles)
    q25, _, q75 = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    exact = metric.exact and len(set(finite(sample.values))) == 1
    low, high = (centre, centre) if exact else interval(middles if len(rounds) > 1 else values)
    warnings = () if exact else (*_doubts(middles, metric), *disturbance(sample, metric))
    return Summary(centre, low, high, len(rounds), q25, q75, warnings)


def centres(sample: Sample) -> list[float]:
    """Return the median of each round with finite values: the undisturbed ones where they are enough, else all."""
    return [median(finite(one.values)) for one in quality.used(_filled(sample))]


def disturbance(sample: Sample, metric: Metric) -> tuple[str, ...]:
    """Return in words which rounds were disturbed, where that matters."""
    found = quality.doubt(_filled(sample)) if quality.timed(metric) else ""
    return (found,) if found else ()


def _filled(sample: Sample) -> list[Round]:
    """Return the rounds that have finite values."""
    return [one for one in sample.rounds if finite(one.values)]


def finite(values: Sequence[float]) -> list[float]:
    """Return the values that are numbers."""
    return [value for value in values if math.isfinite(value)]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 99 % interval of the median of independent values; infinite for a single one."""
    if len(values) < 2:
        return -math.inf, math.inf
    if len(values) < len(STUDENT) + 2:
        return _student(values)
    ordered = sorted(values)
    cut = _cut(len(values))
    return ordered[cut], ordered[-1 - cut]


def _cut(size: int) -> int:
    """Return how many values may lie outside on each side so that the interval still covers 99 % of the time."""
    ways, below, cut = 1, 1, 0  # of `size` fair coins, exactly and at most `cut` fall on one side
    while True:
        ways = ways * (size - cut) // (cut + 1)
        below += ways
        if below / 2**size > ALPHA / 2:
            return cut
        cut += 1


def _student(values: Sequence[float]) -> tuple[float, float]:
    """Return the interval of 2 to 7 values: the median times or over a factor where all are positive, else -+ a sum."""
    middle = median(values)
    if min(values) > 0:
        factor = math.exp(min(_half([math.log(value) for value in values]), 700.0))  # beyond, floats end
        return middle / factor, middle * factor
    size = max(map(abs, values)) or 1.0
    half = size * _half([value / size for value in values])
    return middle - half, middle + half


def _half(values: Sequence[float]) -> float:
    """Return t standard errors of the median."""
    return STUDENT[len(values) - 2] * MEDIAN_ERROR * stdev(values) / math.sqrt(len(values))


def _doubts(middles: Sequence[float], metric: Metric) -> tuple[str, ...]:
    """Return in words why the rounds deserve less trust."""
    doubts = []
    if metric.exact:
        doubts.append("declared exact but its values differ")
    if len(middles) < (ENOUGH_ROUNDS if quality.timed(metric) else FEW_ROUNDS):
        doubts.append("one round" if len(middles) == 1 else f"only {len(middles)} rounds")
    centre = median(middles)
    spread = 1.4826 * median(abs(value - centre) for value in middles)
    if spread > NOISY * abs(centre):
        doubts.append("rounds differ much" if centre == 0 else f"rounds differ by {100 * spread / abs(centre):.0f} %")
    return tuple(doubts)
