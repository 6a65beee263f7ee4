"""Two samples of one case side by side: how much it changed, within what bounds, and whether that is more than luck.

p is the exact Mann-Whitney test on the rounds' centres: it assumes nothing, but 5 against 5 rounds cannot reach less
than .0079. Where at least 3 rounds on each side do not overlap at all, ranks have said all they can and Welch's t on
the logarithms may lower p further. The interval is that of the test which gave p: the inverted ranks', or Welch's,
which also serves where ranks of so few rounds have none.
Fewer rounds than either needs are not tested: p is NaN, and they do not count in the correction for many tests.

What a suite measures once per commit has no spread to test by, so these rows are not tested either (p is NaN, no q):
- memory (the size of an object) does not depend on chance: a difference beyond the floor of 2 % is a change.
- peakmemory varies a little with the interpreter: where one side has a single round, a difference beyond a floor of 5 %
  is a change. That floor is an assumption about the noise, not a measurement of it, and no correction for the length
  of the table is made: rows say so. Several rounds on both sides bring a test.
- instr, machine instructions, varies by up to that with where things lie in memory: a difference beyond a floor of
  0.5 % is a change.
- of any other number (track) nothing is known, it may well be random: the ratio is shown, never judged. Whoever knows
  it to be free of chance declares the benchmark exact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench_runner.model.change import Verdict
from bench_runner.model.metric import Metric
from bench_runner.model.sample import Sample, Summary
from bench_runner.stats import ranks
from bench_runner.stats.noise import Array
from bench_runner.stats.scaling import Scaled, quotient
from bench_runner.stats.summary import centres, disturbance, summarise

# Smaller differences between two builds of the same code are the rule: published histories differ by 2 % between runs.
FLOOR = 0.02
# Of the changes that a table of comparisons names, at most this share may be luck.
FALSE_SHARE = 0.05
CONFIDENCE = 0.95
# Half the width of a 99 % and of a 95 % interval in standard errors.
WIDTH_99 = 2.576
WIDTH_95 = 1.96
# With fewer rounds a side, Welch's t rests on a standard deviation of two values, which says next to nothing.
WELCH_ROUNDS = 3
TOO_FEW = "too few rounds to decide"


@dataclass(frozen=True, slots=True)
class Once:
    """How to judge two single values: up to which share they are alike (None: not at all), and how to say so."""

    floor: float | None
    said: str


ONCE = {
    "memory": Once(FLOOR, "measured once, taken as exact"),
    "peakmemory": Once(0.05, "measured once: judged by a floor of 5 %"),
    "instr": Once(0.005, "measured once: judged by a floor of 0.5 %"),
    "track": Once(None, "measured once: not tested"),
}


@dataclass(frozen=True, slots=True)
class Contrast:
    """What two samples say of each other; `ratio` = after / before with its 95 % interval, `p` not yet corrected.

    `least_p` is the smallest p that ranks of so few rounds reach; p is NaN where nothing was tested. A certain contrast
    is judged without chance: every difference of more than the share `floor` counts.
    """

    before: float
    after: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    least_p: float = 0.0
    certain: bool = False
    floor: float = FLOOR
    warnings: tuple[str, ...] = ()

    @property
    def tested(self) -> bool:
        """Whether p is the outcome of a test."""
        return not self.certain and not math.isnan(self.p)

    def reason(self, verdict: Verdict) -> str:
        """Return what to say beside a verdict; that there were too few rounds explains only an undecided one."""
        few = (TOO_FEW,) if verdict == "undecided" and self.least_p > FALSE_SHARE else ()
        return "; ".join((*self.warnings, *few))


def compare(before: Sample | Summary, after: Sample | Summary, metric: Metric, kind: str = "time") -> Contrast:
    """Compare rounds with rounds; summaries without their rounds (asv's files) only by their intervals.

    `kind` is the benchmark's: it tells what a single value on either side is worth.
    """
    if kind in ONCE and not metric.exact and (_single(before) or _single(after)):
        return compare_once(_summary(before, metric).centre, _summary(after, metric).centre, kind)
    if isinstance(before, Sample) and isinstance(after, Sample):
        contrast = compare_rounds(centres(before), centres(after), metric)
        return replace(contrast, warnings=(*contrast.warnings, *_disturbed(before, after, metric)))
    return compare_summaries(_summary(before, metric), _summary(after, metric))


def _disturbed(before: Sample, after: Sample, metric: Metric) -> list[str]:
    """Return which rounds of either side were disturbed."""
    sides = (("before", before), ("after", after))
    return [f"{word}, {doubt}" for word, sample in sides for doubt in disturbance(sample, metric)]


def compare_once(before: float, after: float, kind: str) -> Contrast:
    """Compare two finite numbers that were measured once each: by the kind's floor, or not at all."""
    once, ratio = ONCE[kind], quotient(before, after)
    low, high = (ratio, ratio) if kind == "memory" else (0.0, math.inf)
    if once.floor is None:
        return Contrast(before, after, ratio, low, high, math.nan, warnings=(once.said,))
    return Contrast(before, after, ratio, low, high, math.nan, certain=True, floor=once.floor, warnings=(once.said,))


def compare_rounds(before: Sequence[float], after: Sequence[float], metric: Metric) -> Contrast:
    """Compare the finite centres of rounds."""
    if not before or not after:
        return Contrast(math.nan, math.nan, math.nan, 0.0, math.inf, math.nan, warnings=("no values",))
    old, new = float(np.median(before)), float(np.median(after))
    ratio = quotient(old, new)
    if metric.exact and len(set(before)) == len(set(after)) == 1:
        return Contrast(old, new, ratio, ratio, ratio, float(old == new), certain=True, floor=0.0)
    scaled = Scaled.of(np.array([*before, *after], dtype=float))
    a, b = scaled.values[: len(before)], scaled.values[len(before) :]
    test = _test(a, b)
    start = float(np.median(a))
    return Contrast(
        before=old,
        after=new,
        ratio=ratio,
        ratio_low=min(ratio, scaled.ratio(start, start + test.low)) if math.isfinite(test.low) else 0.0,
        ratio_high=max(ratio, scaled.ratio(start, start + test.high)) if math.isfinite(test.high) else math.inf,
        p=test.p,
        least_p=ranks.least_p(len(a), len(b)),
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
    """Say slower or faster (the metric's worse and better), unchanged within the floor, or undecided.

    Where neither way is better, what changed stays undecided.
    """
    size = abs(contrast.after - contrast.before)
    relevant = size > contrast.floor * max(abs(contrast.before), abs(contrast.after))
    if relevant and metric.better != "neither" and (contrast.certain or q < FALSE_SHARE):
        return "slower" if metric.worse(contrast.before, contrast.after) else "faster"
    if contrast.certain:
        return "undecided" if relevant else "unchanged"
    inside = contrast.ratio_low >= 1 / (1 + FLOOR) and contrast.ratio_high <= 1 + FLOOR
    return "unchanged" if inside else "undecided"


@dataclass(frozen=True, slots=True)
class _Test:
    """p of two samples being alike (NaN: too few to tell), and how far the second lies above the first at 95 %."""

    p: float
    low: float = -math.inf
    high: float = math.inf


def _test(a: Array, b: Array) -> _Test:
    """Return the test by ranks, or Welch's where samples that do not overlap at all make it the sharper one."""
    least, enough = ranks.least_p(len(a), len(b)), min(len(a), len(b)) >= WELCH_ROUNDS
    if least >= FALSE_SHARE and not enough:
        return _Test(math.nan)
    low, high = _shift(a, b)
    by_ranks = _Test(ranks.p_value(a.tolist(), b.tolist()), low, high)
    if not enough or by_ranks.p > least * (1 + 1e-9):
        return by_ranks if math.isfinite(high - low) or not enough else replace(_welch(a, b), p=by_ranks.p)
    return min(by_ranks, _welch(a, b), key=lambda test: test.p)


def _shift(a: Array, b: Array) -> tuple[float, float]:
    """Return the 95 % interval of how far `b` lies above `a`; unbounded where so few values cannot give one."""
    cut = ranks.confidence_cut(len(a), len(b), 1 - CONFIDENCE)
    if cut < 0:
        return -math.inf, math.inf
    gaps = np.sort(np.subtract.outer(b, a), axis=None)
    return float(gaps[cut]), float(gaps[-1 - cut])


def _welch(a: Array, b: Array) -> _Test:
    """Return Welch's unequal variances t-test of two or more values on each side, two-sided."""
    from scipy.special import stdtr, stdtrit

    gap = float(b.mean() - a.mean())
    errors = [float(one.var(ddof=1)) / len(one) for one in (a, b)]
    total = sum(errors)
    if total == 0:
        return _Test(0.0, gap, gap)
    freedom = 1 / sum((e / total) ** 2 / (len(one) - 1) for e, one in zip(errors, (a, b), strict=True))
    error = math.sqrt(total)
    reach = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return _Test(float(2 * stdtr(freedom, -abs(gap) / error)), gap - reach, gap + reach)


def _single(one: Sample | Summary) -> bool:
    """Whether a side is one number without spread."""
    if isinstance(one, Summary):
        return one.n <= 1 and math.isfinite(one.centre) and not math.isfinite(one.high - one.low)
    return len(centres(one)) == 1


def _summary(one: Sample | Summary, metric: Metric) -> Summary:
    """Return the summary of either."""
    return one if isinstance(one, Summary) else summarise(one, metric)


def compare_summaries(before: Summary, after: Summary) -> Contrast:
    """Compare two centres by the standard errors that their 99 % intervals imply (asv's files keep no rounds)."""
    old, new = before.centre, after.centre
    doubt = ("no rounds kept: judged by intervals",)
    unknown = ("neither rounds nor an interval kept: not tested",)
    error = math.hypot(*(one.high - one.low for one in (before, after))) / (2 * WIDTH_99)
    ratio = quotient(old, new)
    if not math.isfinite(error):
        return Contrast(old, new, ratio, 0.0, math.inf, math.nan, warnings=unknown)
    gap, reach = new - old, WIDTH_95 * error
    p = math.erfc(abs(gap) / error / math.sqrt(2)) if error else float(gap == 0)
    return Contrast(
        old, new, ratio, quotient(old, max(new - reach, 0.0)), quotient(old, new + reach), p, warnings=doubt
    )
