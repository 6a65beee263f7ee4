"""Counts where our values agree with asv's, and where asv's agree with themselves."""

import math
from itertools import chain
from statistics import fmean, median, stdev

from asv_runner.statistics import compute_stats
from scipy.stats import t as students_t

from .outcomes import number

CLOSE = 0.01  # what is measured once has no interval
SURE = 0.99


def judge(theirs, mine):
    """Return the figures, from the rounds of asv and of ours: case -> {"result", "samples", "stats_number"}."""
    names = sorted({name for one in theirs for name in valued(one)})
    missing = [name for name in names if not any(name in valued(one) for one in mine)]
    timed = {name: _timed(name, theirs, mine) for name in names if name not in missing}
    timed = {name: one for name, one in timed.items() if one}
    single = {
        name: (_middle(theirs, name), _middle(mine, name))
        for name in names
        if name not in missing and name not in timed
    }
    return {
        "rounds": len(theirs),
        "cases": timed,
        "share": {kind: _share(one[kind]["inside"] for one in timed.values()) for kind in KINDS},
        "control": {
            kind: {who: _share(one[kind][who] for one in timed.values()) for who in ("asv", "ours")} for kind in KINDS
        },
        "ratio": median(one["ours"] / one["asv"] for one in timed.values()) if timed else math.nan,
        "single": single,
        "close": _share(math.isclose(*pair, rel_tol=CLOSE) for pair in single.values()),
        "missing": sorted({name.partition("(")[0] for name in missing}),
        "missing cases": missing,
    }


def valued(cases):
    """Return the names of the cases that have a value."""
    return {name for name, one in cases.items() if number(one["result"])}


def over_rounds(rounds):
    """Return the 99 % interval of the median of runs: Student's t on their logarithms; None for fewer than two."""
    logs = [math.log(one["result"]) for one in rounds]
    if len(logs) < 2:
        return None
    half = students_t.ppf((1 + SURE) / 2, len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
    return math.exp(fmean(logs) - half), math.exp(fmean(logs) + half)


def over_samples(rounds):
    """Return asv's own 99 % interval of the samples of all runs; None where it is unbounded, for want of samples."""
    samples = [*chain.from_iterable(one["samples"] for one in rounds)]
    _, stats = compute_stats(samples, int(rounds[-1]["stats_number"] or 1))
    low, high = (stats[f"ci_99_{end}"] for end in "ab")
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


KINDS = {"over rounds": over_rounds, "over samples": over_samples}


def _timed(name, theirs, mine):
    """Return how a case compares; None without samples, or without an interval."""
    rounds = [one[name] for one in theirs if name in valued(one) and one[name]["samples"]]
    ours = [one[name]["result"] for one in mine if name in valued(one)]
    compared = {kind: _compared(interval, rounds, ours) for kind, interval in KINDS.items() if rounds}
    if not all(compared.values()) or not rounds:
        return None
    return {"asv": median(one["result"] for one in rounds), "ours": median(ours), **compared}


def _compared(interval, rounds, ours):
    """Return one kind of interval over all rounds of asv, whether our median lies in it, and the controls."""
    found = interval(rounds)
    if found is None:
        return None
    asv = [one["result"] for one in rounds]
    control = {"asv": _others(interval, rounds, asv), "ours": _others(interval, rounds, ours)}
    return {"interval": found, "inside": found[0] <= median(ours) <= found[1], **control}


def _others(interval, rounds, values):
    """Return the share of rounds whose value lies inside the interval over all other rounds; NaN where none is."""
    hits = []
    for place, value in enumerate(values[: len(rounds)]):
        rest = [*rounds[:place], *rounds[place + 1 :]]
        found = interval(rest) if rest else None
        if found:
            hits.append(found[0] <= value <= found[1])
    return _share(hits)


def _middle(rounds, name):
    """Return the median of a case over rounds."""
    return median(one[name]["result"] for one in rounds if name in valued(one))


def _share(hits):
    """Return the mean of what is known; NaN of nothing."""
    known = [float(one) for one in hits if not math.isnan(one)]
    return fmean(known) if known else math.nan


def text(found):
    """Return the figures for people, cases that do not agree first."""
    lines = [f"{'':44}{'asv':>11}  {'99 % interval over rounds':<25}{'ours':>11}{'ours/asv':>10}"]
    for name, one in sorted(found["cases"].items(), key=lambda pair: (pair[1]["over rounds"]["inside"], pair[0])):
        low, high = one["over rounds"]["interval"]
        mark = " " if one["over rounds"]["inside"] else "*"
        span = f"{low:.4g} .. {high:.4g}"
        ratio = one["ours"] / one["asv"]
        lines.append(f"{mark} {name[:41]:42}{one['asv']:11.4g}  {span:<25}{one['ours']:11.4g}{ratio:10.3f}")
    lines += [f"  {name[:41]:42}{a:11.6g}  {'measured once':<25}{b:11.6g}" for name, (a, b) in found["single"].items()]
    return "\n".join([*lines, "", *_summary(found)])


def _summary(found):
    """Yield the shares."""
    yield f"{len(found['cases'])} cells, {found['rounds']} rounds; median of ours / asv {found['ratio']:.3f}"
    for kind, goal in (("over rounds", " (to reach 90 %)"), ("over samples", "")):
        control = {who: f"{100 * share:.0f} %" for who, share in found["control"][kind].items()}
        yield (
            f"our median inside asv's interval {kind}: {100 * found['share'][kind]:.0f} %{goal}; control, a round's"
            f" median inside that over all other rounds: asv's {control['asv']}, ours {control['ours']}"
        )
    if found["single"]:
        yield f"cells measured once: {len(found['single'])}, equal within 1 %: {100 * found['close']:.0f} %"
    yield f"benchmarks that asv ran and we did not: {len(found['missing'])} {' '.join(found['missing'])}".rstrip()
