"""Says what is to blame, from what was seen of the shop: profiles, histograms of windows, growth of memory."""

from itertools import chain
from pathlib import Path

OURS = ("shop/",)
FEW = 20  # calls of a function that say little
LOOKS = 4


def profiled(control):
    """Return the stacks of all workers that took a profile."""
    from bench_runner.instrument import stacks

    return stacks.add(stacks.parse(one.read_text()) for one in Path(f"{control}.d/profiles").glob("*.collapsed"))


def culprits(before, after):
    """Return (file, function, lines in order) of what took more of the time, the most first."""
    from bench_runner.instrument.differing import changes

    found = changes(before, after, ours=OURS)
    return [(one.file, one.name, [line for line, rise in one.lines if rise > 0]) for one in found if one.own > 0]


def slower(before, after):
    """Return (times as long in the median, name) of the functions in two folders of windows, the most first."""
    then, now = _medians(before), _medians(after)
    return sorted(((now[name] / then[name], name) for name in then.keys() & now.keys()), reverse=True)


def _medians(folder):
    from bench_runner.instrument.histogram import Histogram
    from bench_runner.instrument.windows import read

    merged = {}
    for window in read(folder):
        for name, one in window.histograms.items():
            merged.setdefault(name, Histogram()).merge(one)
    return {name: one.quantile(0.5) for name, one in merged.items() if one.count >= FEW}


def leaking(look):
    """Return (file, line) of the shop's lines that hold more in most of several looks, those that grew most first.

    A single look also sees what is on its way.
    """
    looks = [_grown(look()) for _ in range(LOOKS)]
    grown = [
        (sum(one in sizes for sizes in looks), sum(sizes.get(one, 0) for sizes in looks), one)
        for one in {*chain(*looks)}
    ]
    return [one for _, _, one in sorted(grown, reverse=True)]


def _grown(growth):
    """Return (file, line) -> bytes of the shop's own lines in an answer of `/grown`."""
    found = [(Path(one["file"]), one["line"], one["bytes"]) for one in growth["lines"]]
    return {(f"shop/{path.name}", line): size for path, line, size in found if path.parent.name == "shop" and size > 0}
