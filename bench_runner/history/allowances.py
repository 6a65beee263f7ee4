"""Holds a commit to what a baseline allows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench_runner import units
from bench_runner.errors import UsageError
from bench_runner.model.baseline import EVERY
from bench_runner.model.change import Comparison
from bench_runner.model.judged import GateWord

NAMED = 3
DECIDED = frozenset({"slower", "faster", "unchanged"})
EXIT_CODES: Mapping[GateWord, int] = {"PASS": 0, "REGRESSION": 3, "INCONCLUSIVE": 4, "INCOMPLETE": 5}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a commit is beside a baseline: one word, and why."""

    word: GateWord
    why: str

    @property
    def told(self) -> str:
        """The word and the sentence."""
        return f"{self.word}: {self.why}"

    @property
    def exit_code(self) -> int:
        """As listed in the README."""
        return EXIT_CODES[self.word]


def read(texts: Iterable[str]) -> dict[str, float]:
    """Return the allowances that "time=5%" and "2%" (of all others) write; UsageError for anything else."""
    found = {}
    for text in texts:
        name, equals, share = text.rpartition("=")
        try:
            found[name.strip() or EVERY] = allowed = units.share(share)
        except ValueError as error:
            raise UsageError(f"--allow {text}: {error}; write time=5%, or 5% for all metrics") from error
        if allowed < 0 or (equals and not name.strip()):
            raise UsageError(f"--allow {text}: write time=5%, or 5% for all metrics")
    return found


def checked(rows: Sequence[Comparison], allowance: Mapping[str, float]) -> Checked:
    """Return whether nothing is worse than allowed, all that was held is there, and all could be compared."""
    worse = [one for one in rows if one.verdict == "slower" and _excess(one) > _allowed(one, allowance)]
    if worse:
        named = (f"{one.case.id} {units.percent(one.ratio)}, allowed {_share(one, allowance)}" for one in worse)
        return Checked("REGRESSION", _told(worse, rows, "worse than allowed", named))
    absent = [one for one in rows if one.verdict in {"missing", "failed"}]
    if absent:
        named = (f"{one.case.id}, {one.reason or one.verdict}" for one in absent)
        return Checked("INCOMPLETE", _told(absent, rows, "missing or failed", named))
    unlike = [one for one in rows if one.verdict == "unlike"]
    if unlike:
        named = (f"{one.case.id}, {one.reason}" for one in unlike)
        hint = "; --across-environments judges them all the same"
        return Checked("INCONCLUSIVE", _told(unlike, rows, "not comparable", named) + hint)
    if not any(one.verdict in DECIDED for one in rows):
        return Checked("INCONCLUSIVE", f"nothing was decided of {units.count(len(rows), 'case')}")
    undecided = sum(one.verdict == "undecided" for one in rows)
    doubt = f"; {undecided} undecided" if undecided else ""
    return Checked("PASS", f"none of {units.count(len(rows), 'case')} is worse than allowed{doubt}")


def listed(names: Iterable[str]) -> str:
    """Return the first of some names, and how many more there are."""
    found = list(names)
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return "; ".join(found[:NAMED]) + more


def _told(some: Sequence[Comparison], rows: Sequence[Comparison], what: str, named: Iterable[str]) -> str:
    """Return how many cases are so, and the first of them."""
    return f"{len(some)} of {units.count(len(rows), 'case')} {what}: {listed(named)}"


def _excess(one: Comparison) -> float:
    """Return by which share a case got worse."""
    ratio = one.ratio if one.metric.better == "lower" else 1 / one.ratio if one.ratio else float("inf")
    return ratio - 1


def _allowed(one: Comparison, allowance: Mapping[str, float]) -> float:
    """Return by which share it may."""
    return allowance.get(one.metric.name, allowance.get(EVERY, 0.0))


def _share(one: Comparison, allowance: Mapping[str, float]) -> str:
    """Return that in words."""
    return f"{100 * _allowed(one, allowance):g} %"
