"""What we record of one case beside asv's columns, as the docstring of `own` describes it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from statistics import median
from typing import Any, cast, get_args

from bench_runner.errors import StoreError
from bench_runner.model.run import Outcome, Result
from bench_runner.model.sample import Round, Sample, Summary
from bench_runner.model.vitals import DIGITS, Vitals
from bench_runner.stats.quality import disturbed
from bench_runner.stats.summary import finite
from bench_runner.store.fields import Json, array, number, numbers, text, whole, wholes, wrong
from bench_runner.store.own import ENDLESS, UNKNOWN, Conditions, shorten, words

_COSTS = dict.fromkeys(("wall_s", "cpu_s", "child_cpu_s", "peak_rss", "bare_rss", "setup_rss"), 5)  # significant digits
# What `stats.quality` looks at.
_SIGNS = frozenset({"others", "steal", "major", "canary_s", "usual_s"})
_OUTCOMES = get_args(Outcome)


def write_case(result: Result, conditions: int) -> dict[str, Any]:
    """Return what asv's columns do not say of a result, usual values left out."""
    record: dict[str, Any] = {
        "conditions": conditions,
        "outcome": "" if result.outcome == "ok" else result.outcome,
        **words(result.detail, result.output),
        "started_ms": result.started_ms,
        "duration_s": shorten(result.duration_s),
    }
    if result.outcome == "ok" and result.summary:
        record |= {"n": result.summary.n, "warnings": list(result.summary.warnings)}
        record["spread"] = _spread(result.summary)
    rounds = result.sample.rounds if result.outcome == "ok" and result.sample else ()
    record |= {"sizes": [len(one.values) for one in rounds], "numbers": _numbers(rounds)}
    kept = {key: value for key, value in record.items() if value}
    return kept | _columns(rounds, _COSTS) | _columns([one.vitals for one in rounds], DIGITS)


def _spread(summary: Summary) -> str:
    """Return what is to be thought of an interval should the statistics be missing."""
    if math.isnan(summary.low):
        return UNKNOWN
    return ENDLESS if math.isinf(summary.low) and math.isinf(summary.high) else ""


def read_spread(record: Json, centre: float) -> tuple[float, float]:
    """Return the interval of a case without statistics."""
    if "spread" not in record:
        return centre, centre
    return (-math.inf, math.inf) if record["spread"] == ENDLESS else (math.nan, math.nan)


def _numbers(rounds: Sequence[Round]) -> Any:
    """Return the calls per value of each round, None where all are 1."""
    found = [one.number for one in rounds]
    return _shortest(found) if set(found) - {1} else None


def _columns(rounds: Sequence[Round | Vitals], digits: Mapping[str, int]) -> dict[str, Any]:
    """Return fields of rounds as columns, as short as they get: what nobody knows is left out."""
    columns = {name: [_brief(getattr(one, name), width) for one in rounds] for name, width in digits.items()}
    return {name: _shortest(column) for name, column in columns.items() if any(one is not None for one in column)}


def _shortest(column: list[Any]) -> Any:
    """Return a column, or the one value that all rounds have."""
    return column if len(set(column)) > 1 else column[0]


def level(record: Json) -> dict[str, Any]:
    """Return a record in which one number, their median, stands for the costs and for the vitals of all rounds.

    Where a round was disturbed the vitals that say so stay as they are, for they decide which rounds count.
    """
    rest = _level(record, {name: width for name, width in {**_COSTS, **DIGITS}.items() if name not in _SIGNS})
    thin = _level(rest, DIGITS)
    return rest if any(map(disturbed, (*_vitals(record), *_vitals(thin)))) else thin


def _level(record: Json, digits: Mapping[str, int]) -> dict[str, Any]:
    """Return a record with the median for each of some columns that has numbers."""
    columns = {name: value for name, value in record.items() if name in digits and isinstance(value, list)}
    known = {name: finite(numbers(column, name)) for name, column in columns.items()}
    return {**record, **{name: _brief(median(column), digits[name]) for name, column in known.items() if column}}


def _vitals(record: Json) -> list[Vitals]:
    """Return the vitals of the rounds of a record."""
    size = len(wholes(record.get("sizes"), "sizes"))
    signs = _known(record, DIGITS, size)
    return [Vitals(**_at(index, signs)) for index in range(size)]


def _brief(value: float, digits: int) -> float | None:
    """Return a number in few characters, None for none."""
    if not math.isfinite(value):
        return None
    short = shorten(value, digits)
    return int(short) if short.is_integer() else short


def read_case(record: Json, result: Result, conditions: Callable[[int], Conditions | None]) -> Result:
    """Return `result`, known from asv's columns, with what a record adds to it; its sample must be one round, or None.

    `conditions` gives None for those of the run itself.
    """
    outcome = read_outcome(record, has_value=result.summary is not None)
    taken = conditions(whole(record, "conditions"))
    summary = result.summary and replace(
        result.summary, n=whole(record, "n", 1), warnings=tuple(map(str, array(record.get("warnings"), "warnings")))
    )
    return replace(
        result,
        outcome=outcome,
        summary=summary,
        sample=_split(result.sample, record) if result.sample else None,
        detail=text(record, "detail"),
        output=text(record, "output"),
        started_ms=whole(record, "started_ms"),
        duration_s=number(record.get("duration_s", 0.0), "duration_s"),
        protocol=taken.protocol if taken else None,
        fingerprint=taken.fingerprint if taken else None,
    )


def read_outcome(record: Json, *, has_value: bool) -> Outcome:
    """Return how a case ended, which must agree with whether there is a number."""
    outcome = text(record, "outcome", "ok")
    if outcome not in _OUTCOMES:
        raise wrong("outcome", f"one of {', '.join(_OUTCOMES)}", outcome)
    if has_value != (outcome == "ok"):
        raise StoreError(f"a case is {outcome} but has {'a' if has_value else 'no'} value")
    return cast("Outcome", outcome)


def _split(sample: Sample, record: Json) -> Sample:
    """Return one long round split into those of the record."""
    values = sample.values
    sizes = wholes(record.get("sizes"), "sizes")
    if sum(sizes) != len(values):
        raise StoreError(f"rounds of {sum(sizes)} samples, but there are {len(values)}")
    told = record.get("numbers") or 1
    counts = wholes(told if isinstance(told, list) else [told] * len(sizes), "numbers")
    costs, signs = (_known(record, names, len(sizes)) for names in (_COSTS, DIGITS))
    if {len(column) for column in (counts, *costs.values(), *signs.values())} - {len(sizes)}:
        raise StoreError(f"columns of different lengths for {len(sizes)} rounds")
    edges = pairwise(accumulate(sizes, initial=0))
    return Sample(
        tuple(
            Round(values[start:end], counts[index], **_at(index, costs), vitals=Vitals(**_at(index, signs)))
            for index, (start, end) in enumerate(edges)
        )
    )


def _known(record: Json, names: Iterable[str], size: int) -> dict[str, Sequence[float]]:
    """Return the columns that a record has, for which one number for all rounds may stand."""
    return {
        name: numbers(value, name) if isinstance(value, list) else (number(value, name),) * size
        for name in names
        if (value := record.get(name)) is not None
    }


def _at(index: int, columns: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return what columns hold at one place."""
    return {name: column[index] for name, column in columns.items()}
