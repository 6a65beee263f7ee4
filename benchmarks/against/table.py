"""Lays the figures out for people."""

from .tools import ASV, OURS

ROWS = (
    ("environment, once", "environment", "cold"),
    ("build and install", "build", "warm"),
    ("per benchmark", "per benchmark", "one"),
    ("per commit", "per commit", "one"),
    ("setup, setup_cache (suite's own)", "setup", "warm"),
    ("inside benchmark calls", "calls", "warm"),
    ("warm commit, all but calls", "outside", "warm"),
    ("warm commit, all", "warm", "warm"),
    ("warm commit, wall", "warm wall", "warm"),
)


def text(found):
    """Return the tables."""
    all_of_them = found["figures"]
    lines = [f"{'CPU seconds':34}{ASV:>10}{OURS:>14}{'ratio':>8}{'n':>5}"]
    for label, key, kind in ROWS:
        theirs, mine = (all_of_them["parts"][tool][key] for tool in (ASV, OURS))
        lines.append(f"{label:34}{theirs:10.2f}{mine:14.2f}{_ratio(theirs, mine)}{all_of_them['n'][kind]:5}")
    return "\n".join([*lines, "", *_verdicts(all_of_them), "", *_spreads(all_of_them["spread"])])


def _verdicts(found):
    """Yield what was to be reached, and what came of it."""
    outside, spread = found["outside"], found["spread"]
    phase = {tool: 100 * found["inside"][tool]["phase"] for tool in (ASV, OURS)}
    yield (
        f"all but calls, pairs of warm commits: 1/{outside['ratio']:.1f} of asv's"
        f" (from 1/{outside['low']:.1f} to 1/{outside['high']:.1f}, n={outside['n']});"
        f" to reach 1/5: {_yes(outside['ratio'] >= 5)}"
    )
    yield (
        f"wall time inside calls after install: {phase[OURS]:.0f} % (asv {phase[ASV]:.0f} %), n={found['n']['again']};"
        f" to reach 50 %: {_yes(phase[OURS] >= 50)}"
    )
    yield (
        f"between-run MAD: {spread['ratio']:.2f} of asv's, at equal time inside calls {spread['at equal time']:.2f}"
        f" (geometric mean of {len(spread['cases'])} cases, {found['n']['again']} runs);"
        f" to reach 1: {_yes(spread['at equal time'] <= 1)}"
    )


def _spreads(spread):
    """Yield the spread of each case."""
    yield f"{'between-run MAD, percent':34}{ASV:>10}{OURS:>14}{'asv/ours':>10}"
    for name, one in spread["cases"].items():
        yield f"{name[:33]:34}{one[ASV]:10.2f}{one[OURS]:14.2f}{one[ASV] / one[OURS]:10.2f}"
    if spread["cases"]:
        yield f"{'median':34}{spread['median'][ASV]:10.2f}{spread['median'][OURS]:14.2f}"
    yield f"{'CPU-s inside calls per run':34}{spread['calls_s'][ASV]:10.2f}{spread['calls_s'][OURS]:14.2f}"


def _ratio(theirs, mine):
    """Return how many times asv's is ours."""
    return f"{theirs / mine:8.1f}" if mine > 0 else f"{'-':>8}"


def _yes(reached):
    return "reached" if reached else "NOT REACHED"
