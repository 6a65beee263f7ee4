"""How many of the reported groups of changes may be luck: evidence of many series put together, and q-values."""

import math
from collections.abc import Sequence

# Of the groups that are reported as changes, at most this share may be luck.
FALSE_SHARE = 0.05
# Of so many parts the first of many tries has 1, the k-th 1 / k^2.
SHARES = math.pi**2 / 6


def joint(lead: float, tried: int, others: float) -> float:
    """Return p of one case from the clearest of `tried` series and what the others say at the same place.

    The others are independent of how the place was found, so the product of both has the distribution of the product
    of two uniform numbers (Fisher's method for two).
    """
    product = min(1.0, tried * lead) * others
    return product * (1 - math.log(product)) if product > 0 else 0.0


def agreeing(clarities: Sequence[float]) -> float:
    """Return p of independent standard normal values adding up so high (Stouffer's method, one-sided)."""
    return 0.5 * math.erfc(sum(clarities) / math.sqrt(2 * len(clarities))) if clarities else 1.0


def expected(ps: Sequence[float], widths: Sequence[float], cases: int, places: int, likeness: float = 0.0) -> float:
    """Return how many groups as surprising as this one a project without any change has.

    `ps` are those of the cases that moved together, each the chance that noise makes a change so clear anywhere in its
    history; `widths` the commits that it may be; `cases` and `places` all that there are of either. Each number of
    cases that agree is tried, the clearest first (a scan with Poisson's law); the k-th try has a share of 1 / k^2.
    `likeness` is the correlation of the cases' noise: what moves together anyway counts for less than so many.
    """
    order = sorted(range(len(ps)), key=lambda k: ps[k])
    least, width = math.inf, 0.0
    for count, k in enumerate(order, start=1):
        width += (min(widths[k], places) - width) / count
        windows = places / width
        effective = 1 + (count - 1) * (1 - likeness)
        least = min(least, windows * _at_least(effective, cases * ps[k] / windows) * SHARES * count**2)
    return least


def _at_least(count: float, mean: float) -> float:
    """Return the probability that Poisson's law with a mean gives at least so many (also between whole numbers).

    That is the lower incomplete gamma function, by its series; scipy's costs the time of its import.
    """
    if mean <= 0:
        return 0.0
    term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    total, further = term, count
    while further < mean or term > total * 1e-12:
        further += 1
        term *= mean / further
        total += term
    return min(1.0, total)


def shares(expectations: Sequence[float]) -> list[float]:
    """Return for each group the share of luck among all that are at least as surprising (Benjamini and Hochberg's q).

    `expectations` are the numbers of groups that luck makes so surprising in the whole project.
    """
    order = sorted(range(len(expectations)), key=lambda k: expectations[k], reverse=True)
    qs, least = [1.0] * len(order), 1.0
    for above, k in enumerate(order):
        least = min(least, expectations[k] / (len(order) - above))
        qs[k] = least
    return qs
