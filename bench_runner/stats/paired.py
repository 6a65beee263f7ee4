"""Two builds measured in the same rounds: which cells differ, by whole rounds, and of which nothing can be said yet.

What is the moment's (drift, the state of the machine) moves both sides of a round and all its cells alike. It is read
off the other cells and taken out; a change of every cell by one side is not, since both sides count alike in it.

p is the exact Mann-Whitney test of what is left, one value a round and side: it takes all `C(2n, n)` ways of giving n
of the 2n processes to one side for equally likely, and can reach 2 / C(2n, n): 1.1e-5 with ten rounds. Where moments
are left in it, it errs to the side of no change, since sides alternate. Where they are more than all the rest of a
cell's noise, it is compared round by round: p is Wilcoxon's signed rank test of the differences, which takes both signs
of each for equally likely, and can reach 2 / 2**n: .002 with ten rounds, 1.9e-6 with twenty.

The cells of a round share its process's layout and its moment, so that they are no independent tests. q is the chance
that any cell of the suite looks as clear when nothing has changed (Westfall and Young, Resampling-Based Multiple
Testing, 1993: single-step maxT), with sides given to whole rounds at random, and for all cells alike. Where something
was taken out, only the two processes of a round change sides: it holds part of what each of them was by itself, and
has made them differ by more than those of two rounds do. The same holds where any cell is compared round by round.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench_runner.stats import ranks
from bench_runner.stats.noise import Array
from bench_runner.stats.scaling import exp

# What the intervals leave out: of the ratio that is shown, and of the one that says that two cells are alike.
WIDE, NARROW = 0.05, 0.1
WIDTH_90 = 1.645
# A cell is clear at about so many standard errors.
CLEAR = 3.0
# How often sides are given to the rounds anew; q is known to .0005 where it matters (.05).
DRAWS = 9999
# What others share is the median over them; over fewer than these it is mostly their own noise.
FEW = 4
# Fewer differences than these cannot be clear by their signs.
PAIRS = 8
# It is read off so many cells at most.
READ = 60


@dataclass(frozen=True, slots=True)
class Paired:
    """What the rounds say of one cell: ratio = after / before with its 95 % interval, p, and q for the whole suite.

    `rounds` is how many of each side there are, `least_p` the smallest p that so many can reach. `narrow` is the 90 %
    interval: each of its ends errs with 5 %, as two one-sided tests of likeness ask (Schuirmann, 1987). `by_round`
    tells which test p comes from.
    """

    rounds: int
    before: float
    after: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    least_p: float
    q: float
    narrow: tuple[float, float]
    by_round: bool = False

    def inside(self, effect: float) -> bool:
        """Whether a change by a share `effect` is excluded, either way."""
        return self.narrow[0] > 1 / (1 + effect) and self.narrow[1] < 1 + effect

    @property
    def error(self) -> float:
        """The standard error of the ratio (log scale), as the narrow interval implies it; NaN where that is open."""
        low, high = self.narrow
        return math.log(high / low) / (2 * WIDTH_90) if 0 < low <= high < math.inf else math.nan

    def worth(self, rounds: int, effect: float) -> bool:
        """Whether so many rounds in all may yet tell more: that the cell is alike, or that it is not."""
        if not math.isfinite(self.error):
            return True
        error, off = self.error * math.sqrt(self.rounds / rounds), abs(math.log(self.ratio))
        return off + error >= CLEAR * error or off - error + WIDTH_90 * error < math.log1p(effect)


def compare(sides: Sequence[Array], blocks: Sequence[int]) -> list[Paired]:
    """Compare the first two sides (rounds x cells, NaN: not measured) of any number.

    More sides, of the same rounds, help to tell what is the moment's. `blocks` are the numbers of rounds within which
    sides were in random order, first to last. A cell with values that are not above zero is compared by differences
    in units of its size, and the ratio is what they would be of a logarithm.
    """
    before, after = (np.where(np.isfinite(side), side, math.nan) for side in sides[:2])
    logs = scaled(sides)
    steady = steadied(logs)
    same = all(np.array_equal(*pair, equal_nan=True) for pair in zip(logs, steady, strict=True))
    by_round = [moments_rule([side[:, k] for side in steady]) for k in range(before.shape[1])]
    free = same and not any(by_round)
    qs = _together(_scores(steady[0], steady[1], by_round), blocks if free else [1] * len(before))
    columns = zip(before.T, after.T, steady[0].T, steady[1].T, qs, by_round, strict=True)
    return [(_round_by_round if rounds else _paired)(*column) for *column, rounds in columns]


def scaled(sides: Sequence[Array]) -> list[Array]:
    """Return values on a scale where a change adds: logarithms, or units of the median size of a cell."""
    found = np.stack([np.where(np.isfinite(side), side, math.nan) for side in sides])
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(found)
    for k in range(found.shape[2]):
        known = found[:, :, k][np.isfinite(found[:, :, k])]
        if len(known) and known.min() <= 0:
            logs[:, :, k] = found[:, :, k] / (float(np.median(np.abs(known))) or float(np.abs(known).max()) or 1.0)
    return list(logs)


def one_sided(old: Array, new: Array, *, slower: bool, by_round: bool = False) -> float:
    """Return the exact p of the second sample lying above the first (below it: `slower` False); ties count half."""
    if by_round:
        gaps = (new - old)[np.isfinite(new - old)]
        p, above = ranks.signed_p(gaps.tolist()), float(_signed(gaps).sum()) > 0
    else:
        old, new = old[np.isfinite(old)], new[np.isfinite(new)]
        p, above = ranks.p_value(old.tolist(), new.tolist()), _clarity(old, new) > 0
    return p / 2 if above == slower else 1 - p / 2


def steadied(logs: Sequence[Array]) -> list[Array]:
    """Return values (log scale, rounds x cells, one array a side) without what the cells of a round share.

    A cell follows the others by least squares, and as far as more than half of its variance goes away with them.
    """
    moment = np.mean(np.stack(logs), axis=0)  # of a round that was not measured on each side nothing is known
    aside = moment - _middle(moment)
    shared = [_shared(aside, k) for k in range(aside.shape[1])]
    return [side - np.stack(shared, axis=1) for side in logs] if shared else list(logs)


def _middle(values: Array) -> Array:
    """Return the median of each column, NaN where it has no values."""
    return np.array([np.median(own) if len(own := column[np.isfinite(column)]) else math.nan for column in values.T])


def _shared(aside: Array, cell: int) -> Array:
    """Return what of a cell's rounds is the moment's, by the median of the other cells; zeros where none can tell."""
    others = np.delete(aside, cell, axis=1)[:, :: math.ceil(aside.shape[1] / READ)]
    shared = np.zeros(len(aside))
    known = np.isfinite(others).sum(axis=1) >= FEW
    mine = known & np.isfinite(aside[:, cell])
    if mine.sum() < FEW:
        return shared
    shared[known] = np.nanmedian(others[known], axis=1)
    own, theirs = (part[mine] - part[mine].mean() for part in (aside[:, cell], shared))
    together, power = float(own @ theirs), float(theirs @ theirs)
    follows = together > 0 and 2 * together**2 > power * float(own @ own)
    return shared * (together / power) if follows else np.zeros(len(aside))


def moments_rule(sides: Sequence[Array]) -> bool:
    """Whether the rounds of a cell differ by more than its sides do within them, whichever side is which."""
    rounds = np.stack(sides, axis=1)
    rounds = rounds[np.isfinite(rounds).all(axis=1)]
    if len(rounds) < PAIRS:
        return False
    within = float(rounds.var(axis=1, ddof=1).mean())
    between = float(rounds.mean(axis=1).var(ddof=1)) - within / rounds.shape[1]
    return bool(between > within)


def _round_by_round(before: Array, after: Array, old: Array, new: Array, q: float) -> Paired:
    """Return what the differences within the rounds say of one cell."""
    gaps = (new - old)[np.isfinite(new - old)]
    count = len(gaps)
    first, second = np.triu_indices(count)
    walsh = np.sort((gaps[first] + gaps[second]) / 2)
    cuts = [ranks.signed_cut(count, alpha) for alpha in (WIDE, NARROW)]
    (low, high), narrow = (_ends(walsh, cut) for cut in cuts)
    p, least = ranks.signed_p(gaps.tolist()), ranks.signed_least_p(count)
    centres = (float(np.nanmedian(before)), float(np.nanmedian(after)))
    ratio = exp(float(np.median(walsh)))
    return Paired(count, *centres, ratio, low, high, p, least, max(p, q), narrow, by_round=True)


def _paired(before: Array, after: Array, old: Array, new: Array, q: float) -> Paired:
    """Return what is known of one cell."""
    old, new = old[np.isfinite(old)], new[np.isfinite(new)]
    count = min(len(old), len(new))
    if not count:
        return Paired(0, math.nan, math.nan, math.nan, 0.0, math.inf, 1.0, 1.0, 1.0, (0.0, math.inf))
    gaps = np.sort(np.subtract.outer(new, old), axis=None)
    (low, high), narrow = (_bounds(gaps, len(old), len(new), alpha) for alpha in (WIDE, NARROW))
    p, least = ranks.p_value(old.tolist(), new.tolist()), ranks.least_p(len(old), len(new))
    centres = (float(np.nanmedian(before)), float(np.nanmedian(after)))
    return Paired(count, *centres, exp(float(np.median(gaps))), low, high, p, least, max(p, q), narrow)


def _bounds(gaps: Array, old: int, new: int, alpha: float) -> tuple[float, float]:
    """Return the interval of the ratio from the ordered differences (Hodges and Lehmann); unbounded for too few."""
    return _ends(gaps, ranks.confidence_cut(old, new, alpha))


def _ends(ordered: Array, cut: int) -> tuple[float, float]:
    """Return the ratios that are left at both ends when so many are cut off on each side; unbounded for -1."""
    return (exp(ordered[cut]), exp(ordered[-1 - cut])) if cut >= 0 else (0.0, math.inf)


def _clarity(old: Array, new: Array) -> float:
    """Return the rank sum of the second sample in its own standard deviations from what chance makes of it."""
    if not (len(old) and len(new)):
        return 0.0
    pooled = ranks.midranks([*old, *new])
    return float(pooled[len(old) :].sum() - len(new) * pooled.mean()) / (_spread(pooled, len(new)) or math.inf)


def _spread(pooled: Array, size: int) -> float:
    """Return the sd of the sum of so many of these ranks."""
    n = len(pooled)
    return math.sqrt(size * (n - size) / (n - 1) * float(pooled.var()))


def _signed(gaps: Array) -> Array:
    """Return what each gap adds to the clarity of them all: its signed rank, in sd of their sum under random signs."""
    sizes = ranks.midranks(np.abs(gaps).tolist()) * (gaps != 0)
    spread = math.sqrt(float((sizes**2).sum())) or math.inf
    signed: Array = np.sign(gaps) * sizes / spread
    return signed


def _scores(old: Array, new: Array, by_round: Sequence[bool]) -> Array:
    """Return what each round (of the one side, then of the other) and cell adds to the clarity of its side.

    Zero where a round was not measured on both sides, and in cells whose values are all equal.
    """
    scores = np.zeros((2, *old.shape))
    for k, mine in enumerate((np.isfinite(old) & np.isfinite(new)).T):
        if mine.any() and by_round[k]:
            signed = _signed(new[mine, k] - old[mine, k])
            scores[:, mine, k] = -signed, signed
        elif mine.any():
            pooled = ranks.midranks([*old[mine, k], *new[mine, k]])
            spread = _spread(pooled, len(pooled) // 2) or math.inf
            scores[:, mine, k] = ((pooled - pooled.mean()) / spread).reshape(2, -1)
    return scores


def _together(scores: Array, blocks: Sequence[int]) -> list[float]:
    """Return for each cell the chance that any cell is as clear as it, sides given to whole rounds at random."""
    _, rounds, cells = scores.shape
    drawn = np.abs(_drawn(blocks, rounds) @ scores.reshape(2 * rounds, cells))
    order = np.sort(drawn.max(axis=1, initial=0.0))
    clear = np.abs(scores[1].sum(axis=0)) - ranks.HAIR
    return [float(one) for one in (1 + len(order) - np.searchsorted(order, clear)) / (1 + len(order))]


def _drawn(blocks: Sequence[int], rounds: int) -> Array:
    """Return DRAWS ways (0 or 1 for each round of the one side, then of the other) of giving a side to processes.

    In each block as many as there are rounds; the same every time.
    """
    random = np.random.default_rng(1)
    ways = np.zeros((DRAWS, 2, rounds), dtype=float)
    start = 0
    for size in blocks:
        places = random.random((DRAWS, 2 * size)).argsort(axis=1) < size
        ways[:, :, start : start + size] = places.reshape(DRAWS, 2, size)
        start += size
    return ways.reshape(DRAWS, -1)
