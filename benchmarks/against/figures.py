"""What the commands of both tools amount to: parts of the cost, shares, spreads, and how they compare."""

import math
from statistics import geometric_mean, median

from .tools import ASV, OURS

TOOLS = (ASV, OURS)


def figures(spent, values, benchmarks):
    """Return parts, shares and spreads of both tools, from kind of command -> Spent of each."""
    return {
        "parts": {tool: parts(spent[tool], benchmarks) for tool in TOOLS},
        "outside": outside(spent),
        "inside": {tool: inside(spent[tool]["again"]) for tool in TOOLS},
        "spread": spreads(values, {tool: middle(spent[tool]["again"], "calls_cpu_s") for tool in TOOLS}),
        "n": {kind: len(some) for kind, some in spent[ASV].items()},
    }


def parts(kinds, benchmarks):
    """Return the CPU seconds of one tool by what they were for (`warm` is a warm commit whole), wall time of it too."""
    warm, again, one = (middle(kinds[kind], "outside_s") for kind in ("warm", "again", "one"))
    each = (again - one) / (benchmarks - 1)
    return {
        "environment": middle(kinds["cold"], "outside_s") - one - (warm - again),
        "build": warm - again,
        "per benchmark": each,
        "per commit": one - each,
        "calls": middle(kinds["warm"], "calls_cpu_s"),
        "setup": middle(kinds["warm"], "setup_cpu_s"),
        "outside": warm,
        "warm": middle(kinds["warm"], "cpu_s"),
        "warm wall": middle(kinds["warm"], "wall_s"),
    }


def outside(spent):
    """Return how many times as much asv spends outside of calls per warm commit: median, lowest, highest, n."""
    ratios = [theirs.outside_s / mine.outside_s for theirs, mine in zip(*_both(spent, "warm"), strict=True)]
    return {"ratio": median(ratios), "low": min(ratios), "high": max(ratios), "n": len(ratios)}


def inside(again):
    """Return the share of wall time inside calls, of the measuring phase and of the whole command, medians."""
    return {
        "phase": median(one.calls_wall_s / one.phase_s for one in again),
        "command": median(one.calls_wall_s / one.wall_s for one in again),
    }


def spreads(values, calls_s):
    """Return the spread of each case in percent for both tools, and how ours compares: geometric mean of the ratios.

    Cases that never vary with one of them (counts, sizes) say nothing on noise and are left out.
    """
    cases = {}
    for name in sorted(set(values[ASV]) & set(values[OURS])):
        theirs, mine = (100 * mad(values[tool][name]) / abs(median(values[tool][name]) or math.nan) for tool in TOOLS)
        if theirs > 0 and mine > 0:
            cases[name] = {ASV: theirs, OURS: mine}
    if not cases:
        return {"cases": {}, "ratio": math.nan, "at equal time": math.nan, "calls_s": calls_s}
    ratio = geometric_mean(one[OURS] / one[ASV] for one in cases.values())
    equal = ratio * math.sqrt(calls_s[OURS] / calls_s[ASV])
    medians = {tool: median(one[tool] for one in cases.values()) for tool in TOOLS}
    return {"cases": cases, "median": medians, "ratio": ratio, "at equal time": equal, "calls_s": calls_s}


def mad(numbers):
    """Return the median distance from the median."""
    centre = median(numbers)
    return median(abs(one - centre) for one in numbers)


def middle(some, name):
    """Return the median of one figure over commands."""
    return median(getattr(one, name) for one in some)


def _both(spent, kind):
    """Return what both tools spent on one kind of command."""
    return [spent[tool][kind] for tool in TOOLS]
