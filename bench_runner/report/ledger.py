"""News for the ledger as a sheet: what is new against the recorded changes, and what became of them."""

from collections.abc import Sequence

from bench_runner import units
from bench_runner.model.ledger import Entry, Proposal
from bench_runner.report.sheet import Sheet

SCHEMA = "bench_runner.ledger/1"
WORDS = {
    "no longer seen": "no longer seen, kept",
    "twice": "recorded twice: goes",
    "lost": "kept: its commits are not on the branch, or its results are gone",
}


def news(proposals: Sequence[Proposal], *, recorded: bool) -> Sheet:
    """Return the table of news; `recorded` says that they have been written."""
    writes = sum(one.writes for one in proposals)
    said = "recorded" if recorded else "to record: `bench-runner detect --record` writes"
    tail = "" if recorded else " it" if writes == 1 else " them"
    return Sheet(
        title="Against the recorded changes",
        columns=("id", "news", "what", "change", "place"),
        right=frozenset({"change"}),
        cells=tuple(_cells(one) for one in proposals),
        notes=(f"{units.count(writes, 'entry', 'entries')} {said}{tail}",),
        document={"schema": SCHEMA, "news": [_document(one) for one in proposals]},
    )


def _cells(one: Proposal) -> tuple[str, ...]:
    """Return the row of one proposal."""
    entry = one.entry
    told = ", ".join(WORDS.get(word, word) for word in one.news)
    by = f" by {entry.recovered_by[:8]}" if "recovered" in one.news else ""
    return one.id, f"{told}{by}", entry.key.case.id, units.percent(entry.size.ratio), _place(one)


def _place(one: Proposal) -> str:
    """Return where an entry lies, and where it lay if that has narrowed."""
    was = f", was {_range(one.old)}" if one.old and "narrowed" in one.news else ""
    return f"{_range(one.entry)}{was}"


def _range(entry: Entry) -> str:
    """Return the commits between which an entry lies."""
    return f"{entry.last_old[:8]}..{entry.first_new[:8]}"


def _document(one: Proposal) -> dict[str, object]:
    """Return one proposal for programs."""
    return {"id": one.id, "news": list(one.news), "writes": one.writes, "benchmark": one.entry.key.case.id}
