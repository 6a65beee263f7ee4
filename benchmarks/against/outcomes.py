"""Reads a result file of asv, api_version 2; ours are such files too. It shares no code with what it judges."""

import itertools
import math


def values(document):
    """Return "name(param, ...)" -> value of each case that was timed."""
    timed = {name: one for name, one in cases(document).items() if one.get("stats_number")}
    return {name: one["result"] for name, one in timed.items() if number(one["result"])}


def cases(document):
    """Return "name(param, ...)" -> {column: what it holds for that case}."""
    columns = document["result_columns"]
    found = {}
    for name, row in document["results"].items():
        filled = dict(zip(columns, row, strict=False))
        params = filled.get("params") or []
        for place, chosen in enumerate(itertools.product(*params)):
            label = f"{name}({', '.join(chosen)})" if chosen else name
            found[label] = {word: _at(filled.get(word), place) for word in columns if word != "params"}
    return found


def number(value):
    """Return whether a result is one: null means failed, NaN skipped."""
    return isinstance(value, int | float) and math.isfinite(value)


def _at(held, place):
    """Return what a column holds for one case; a value that is the row's own is that of each."""
    if not isinstance(held, list):
        return held
    return held[place] if place < len(held) else None
