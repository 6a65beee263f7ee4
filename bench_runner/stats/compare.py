"""Two samples of one case side by side: how much it changed, within what bounds, and whether that is more than luck.

p is the exact Mann-Whitney test on the rounds' centres: it assumes nothing, but 5 against 5 rounds cannot reach less
than .0079. Where the rounds do not overlap at all, ranks have said all they can and Welch's t on the logarithms may
lower p further; so a p below the ranks' smallest is Welch's, one above it is theirs. The interval inverts the ranks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench_runner.model.change import Verdict
from bench_runner.model.metric import Metric
from bench_runner.model.sample import Sample, Summary
from bench_runner.stats import ranks
from bench_runner.stats.noise import Array
from bench_runner.stats.scaling import Scaled, quotient
from bench_runner.stats.summary import centres, summarise

# Smaller differences between two builds of the same code are the rule: published histories differ by 2 % between runs.
FLOOR = 0.02
# Of the changes that a table of comparisons names, at most this share may be luck.
FALSE_SHARE = 0.05
CONFIDENCE = 0.95
# Half the width of a 99 % and of a 95 % interval in standard errors.
WIDTH_99 = 2.576
WIDTH_95 = 1.96


@dataclass(frozen=True, slots=True)
class Contrast:
    """What two samples say of each other; `ratio` = after / before with its 95 % interval, `p` not yet corrected.

    `least_p` is the smallest p that ranks of so few rounds reach. An exact contrast knows no chance: p is 0 or 1.
    """

    before: float
    after: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    least_p: float = 0.0
    exact: bool = False
    warnings: tuple[str, ...] = ()


def compare(before: Sample | Summary, after: Sample | Summary, metric: Metric) -> Contrast:
    """Compare rounds with rounds; summaries without their rounds (asv's files) only by their intervals."""
    if isinstance(before, Sample) and isinstance(after, Sample):
        return compare_rounds(centres(before), centres(after), metric)
    return compare_summaries(_summary(before, metric), _summary(after, metric))


def compare_rounds(before: Sequence[float], after: Sequence[float], metric: Metric) -> Contrast:
    """Compare the finite centres of rounds."""
    if not before or not after:
        return Contrast(math.nan, math.nan, math.nan, 0.0, math.inf, 1.0, warnings=("no values",))
    old, new = float(np.median(before)), float(np.median(after))
    ratio = quotient(old, new)
    if metric.exact and len(set(before)) == len(set(after)) == 1:
        return Contrast(old, new, ratio, ratio, ratio, float(old == new), exact=True)
    scaled = Scaled.of(np.array([*before, *after], dtype=float))
    a, b = scaled.values[: len(before)], scaled.values[len(before) :]
    low, high = _shift(a, b)
    start = float(np.median(a))
    least = ranks.least_p(len(a), len(b))
    return Contrast(
        before=old,
        after=new,
        ratio=ratio,
        ratio_low=min(ratio, scaled.ratio(start, start + low)),
        ratio_high=max(ratio, scaled.ratio(start, start + high)),
        p=_p(a, b, least),
        least_p=least,
        warnings=("too few rounds to decide",) if least > FALSE_SHARE else (),
    )


def adjust(ps: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's q for each p: the share of false ones among all that are at least as clear."""
    order = sorted(range(len(ps)), key=lambda k: ps[k], reverse=True)
    qs, least = [1.0] * len(ps), 1.0
    for above, k in enumerate(order):
        least = min(least, ps[k] * len(ps) / (len(ps) - above))
        qs[k] = least
    return qs


def judge(contrast: Contrast, q: float, metric: Metric) -> Verdict:
    """Say slower or faster (the metric's worse and better), unchanged within the floor, or undecided."""
    size = abs(contrast.after - contrast.before)
    relevant = size > 0 if contrast.exact else size >= FLOOR * max(abs(contrast.before), abs(contrast.after))
    if q < FALSE_SHARE and relevant:
        return "slower" if metric.worse(contrast.before, contrast.after) else "faster"
    inside = contrast.ratio_low >= 1 / (1 + FLOOR) and contrast.ratio_high <= 1 + FLOOR
    return "unchanged" if inside or contrast.exact else "undecided"


def _shift(a: Array, b: Array) -> tuple[float, float]:
    """Return the 95 % interval of how far `b` lies above `a`; unbounded where so few values cannot give one."""
    cut = ranks.confidence_cut(len(a), len(b), 1 - CONFIDENCE)
    if cut < 0:
        return -math.inf, math.inf
    gaps = np.sort(np.subtract.outer(b, a), axis=None)
    return float(gaps[cut]), float(gaps[-1 - cut])


def _p(a: Array, b: Array, least: float) -> float:
    """Return p of the ranks, or Welch's where the samples do not overlap at all."""
    p = ranks.p_value(a.tolist(), b.tolist())
    return min(p, _welch(a, b)) if p <= least * (1 + 1e-9) and min(len(a), len(b)) > 1 else p


def _welch(a: Array, b: Array) -> float:
    """Return the two-sided p of Welch's unequal variances t-test."""
    from scipy.special import stdtr

    errors = [float(one.var(ddof=1)) / len(one) for one in (a, b)]
    total = sum(errors)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(e**2 / (len(one) - 1) for e, one in zip(errors, (a, b), strict=True))
    return float(2 * stdtr(freedom, -abs(float(a.mean() - b.mean())) / math.sqrt(total)))


def _summary(one: Sample | Summary, metric: Metric) -> Summary:
    """Return the summary of either."""
    return one if isinstance(one, Summary) else summarise(one, metric)


def compare_summaries(before: Summary, after: Summary) -> Contrast:
    """Compare two centres by the standard errors that their 99 % intervals imply (asv's files keep no rounds)."""
    old, new = before.centre, after.centre
    doubt = ("no rounds kept: judged by intervals",)
    error = math.hypot(*(one.high - one.low for one in (before, after))) / (2 * WIDTH_99)
    ratio = quotient(old, new)
    if not math.isfinite(error):
        return Contrast(old, new, ratio, 0.0, math.inf, 1.0, warnings=doubt)
    gap, reach = new - old, WIDTH_95 * error
    p = math.erfc(abs(gap) / error / math.sqrt(2)) if error else float(gap == 0)
    return Contrast(
        old, new, ratio, quotient(old, max(new - reach, 0.0)), quotient(old, new + reach), p, warnings=doubt
    )
