"""Counts where our values agree with asv's, and where asv's agree with themselves."""

import math
from itertools import chain
from statistics import mean, median

from asv_runner.statistics import compute_stats

from .outcomes import number

CLOSE = 0.01  # what is measured once has no interval


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
        "share": _share(one["inside"] for one in timed.values()),
        "control": {who: _share(one["control"][who] for one in timed.values()) for who in ("asv", "ours")},
        "ratio": median(one["ours"] / one["asv"] for one in timed.values()) if timed else math.nan,
        "single": single,
        "close": _share(math.isclose(*pair, rel_tol=CLOSE) for pair in single.values()),
        "missing": sorted({name.partition("(")[0] for name in missing}),
        "missing cases": missing,
    }


def valued(cases):
    """Return the names of the cases that have a value."""
    return {name for name, one in cases.items() if number(one["result"])}


def interval(samples, calls):
    """Return asv's 99 % interval of some samples; None where it is unbounded, for want of samples."""
    _, stats = compute_stats(samples, calls)
    low, high = (stats[f"ci_99_{end}"] for end in "ab")
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _timed(name, theirs, mine):
    """Return how a case compares; None without samples, or without an interval."""
    rounds = [one[name] for one in theirs if name in valued(one) and one[name]["samples"]]
    ours = [one[name]["result"] for one in mine if name in valued(one)]
    calls = int((rounds[-1]["stats_number"] if rounds else 0) or 1)
    samples = [one["samples"] for one in rounds]
    pooled = interval([*chain(*samples)], calls) if rounds else None
    if pooled is None:
        return None
    inside = pooled[0] <= median(ours) <= pooled[1]
    control = {"asv": _others(samples, [one["result"] for one in rounds], calls), "ours": _others(samples, ours, calls)}
    middle = median([*chain(*samples)])
    return {"asv": middle, "interval": pooled, "ours": median(ours), "inside": inside, "control": control}


def _others(samples, values, calls):
    """Return the share of rounds whose value lies inside asv's interval over all other rounds; NaN where none is."""
    hits = []
    for place, value in enumerate(values[: len(samples)]):
        rest = [*chain(*samples[:place], *samples[place + 1 :])]
        found = interval(rest, calls) if rest else None
        if found:
            hits.append(found[0] <= value <= found[1])
    return _share(hits)


def _middle(rounds, name):
    """Return the median of a case over rounds."""
    return median(one[name]["result"] for one in rounds if name in valued(one))


def _share(hits):
    """Return the mean of what is known; NaN of nothing."""
    known = [one for one in hits if not math.isnan(one)]
    return mean(map(float, known)) if known else math.nan


def text(found):
    """Return the figures for people, cases that do not agree first."""
    lines = [f"{'':44}{'asv':>11}  {'99 % interval':<25}{'ours':>11}{'ours/asv':>10}"]
    for name, one in sorted(found["cases"].items(), key=lambda pair: (pair[1]["inside"], pair[0])):
        low, high = one["interval"]
        mark = " " if one["inside"] else "*"
        span = f"{low:.4g} .. {high:.4g}"
        ratio = one["ours"] / one["asv"]
        lines.append(f"{mark} {name[:41]:42}{one['asv']:11.4g}  {span:<25}{one['ours']:11.4g}{ratio:10.3f}")
    lines += [f"  {name[:41]:42}{a:11.6g}  {'measured once':<25}{b:11.6g}" for name, (a, b) in found["single"].items()]
    return "\n".join([*lines, "", *_summary(found)])


def _summary(found):
    """Yield the shares."""
    inside = sum(one["inside"] for one in found["cases"].values())
    yield (
        f"our median inside asv's interval, {found['rounds']} rounds pooled: {inside} of {len(found['cases'])} cells"
        f" = {100 * found['share']:.0f} % (to reach 90 %); median of ours / asv {found['ratio']:.3f}"
    )
    yield (
        "control, a round's median inside asv's interval over all other rounds:"
        f" asv's {100 * found['control']['asv']:.0f} %, ours {100 * found['control']['ours']:.0f} %"
    )
    if found["single"]:
        yield f"cells measured once: {len(found['single'])}, equal within 1 %: {100 * found['close']:.0f} %"
    yield f"benchmarks that asv ran and we did not: {len(found['missing'])} {' '.join(found['missing'])}".rstrip()
