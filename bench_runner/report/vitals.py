"""Says of a result how quiet it was while it was measured."""

import math
from collections.abc import Sequence
from dataclasses import fields
from statistics import median

from bench_runner import units
from bench_runner.model.sample import Sample
from bench_runner.model.vitals import Vitals

COLUMNS = ("canary", "others", "steal", "load", "switches", "faults")


def cells(sample: Sample | None) -> tuple[str, ...]:
    """Return COLUMNS as printed, each the median of the rounds in which it is known, "" for none.

    Context switches are involuntary + voluntary, page faults minor + major.
    """
    found = {name: _median(known) for name, known in columns(sample).items()}
    return (
        units.show(found["canary_s"], "seconds") if "canary_s" in found else "",
        f"{100 * found['others']:.0f} %" if "others" in found else "",
        f"{100 * found['steal']:.0f} %" if "steal" in found else "",
        units.significant(found["load"]) if "load" in found else "",
        _sum(found.get("involuntary"), found.get("voluntary")),
        _sum(found.get("minor"), found.get("major")),
    )


def columns(sample: Sample | None) -> dict[str, list[float]]:
    """Return by name what is known of each round, NaN where it is not; names of which nothing is known are missing."""
    rounds = sample.rounds if sample else ()
    found = {one.name: [float(getattr(each.vitals, one.name)) for each in rounds] for one in fields(Vitals)}
    return {name: column for name, column in found.items() if not all(map(math.isnan, column))}


def _median(values: Sequence[float]) -> float:
    """Return the median of what is known."""
    return median(value for value in values if not math.isnan(value))


def _sum(first: float | None, second: float | None) -> str:
    """Return "12+3"."""
    return "" if first is None or second is None else f"{first:.0f}+{second:.0f}"
