"""A bisection in words."""

import math
from typing import TYPE_CHECKING

from bench_runner import units
from bench_runner.hostile import plain

if TYPE_CHECKING:
    from bench_runner.bisect.session import Found, Progress

# Below this probability an undecided search names no commit: that nothing changed is then as likely.
LIKELY = 0.5


def step(at: "Progress") -> str:
    """Return where a search stands, with the posterior as a row of blocks."""
    blocks = " ▁▂▃▄▅▆▇█"
    row = "".join(blocks[round(8 * mass)] for mass in at.mass)
    return f"measuring {at.commit.short} in {units.count(at.rounds, 'round')}" + (f"  |{row}|" if row else "")


def told(found: "Found") -> "list[str]":
    """Return the answer in words, with the numbers behind it."""
    unit = found.metric.unit
    spent = f"{units.count(found.rounds, 'round')} on {units.count(found.commits, 'commit')}"
    levels = " -> ".join(units.value(one, unit, exact=found.metric.exact) for one in (found.before, found.after))
    skipped = [f"passed over {one.commit.short}: {plain(one.problem)}" for one in found.skipped]
    match found.outcome:
        case "unchanged":
            return [f"no change reproduced between both ends: {levels} ({spent})", *skipped]
        case "unbuildable":
            return ["nothing can be measured at one of the ends", *skipped]
        case "narrowed":
            names = ", ".join(f"{one.short} {plain(one.subject)!r}" for one in found.among)
            return [f"one of {len(found.among)}, no number of rounds tells which: {names}; {levels}", *skipped]
        case "undecided":
            if found.probability < LIKELY:
                return [f"no change could be shown, nor excluded, after {spent}: {levels}", *skipped]
            likely = f"{culprit(found)} ({100 * found.probability:.0f} %)"
            return [f"not sure after {spent}; most likely {likely}, {levels}", *skipped]
    return [f"{culprit(found)} {effect(found)}: {levels} ({certainty(found)}, {spent})", *skipped]


def effect(found: "Found") -> str:
    """Return what the commit did, in words."""
    if math.isnan(found.after):
        return "made it run out of time"
    if math.isnan(found.before):
        return "mended that it ran out of time"
    return f"changed it by {units.percent(found.ratio)}" if math.isfinite(found.ratio) else "changed it"


def certainty(found: "Found") -> str:
    """Return the probability, which no measurement makes whole."""
    return "more than 99.9 % sure" if found.probability > 0.999 else f"{100 * found.probability:.1f} % sure"


def culprit(found: "Found") -> str:
    """Return the commit that is named, or the range of which the rest cannot be told apart."""
    first, last = found.between[0], found.between[-1]
    if first == last:
        return f"{last.short} {plain(last.subject)!r}"
    return f"one of {len(found.between)} commits from {first.short} to {last.short}"
