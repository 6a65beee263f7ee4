"""Sheets for the log of a GitHub workflow: the table, and annotations for what got worse."""

import hashlib

from bench_runner.hostile import plain
from bench_runner.report.markdown import Markdown
from bench_runner.report.sheet import Sheet
from bench_runner.report.text import Text

# GitHub shows ten errors of a step, and takes summaries of up to 1 MiB and comments of up to 65,536 characters.
MOST = 10
SUMMARY_BYTES = 1024 * 1024
COMMENT_CHARACTERS = 65_536
MARKED = frozenset({"worse", "failed", "missing"})


class Github:
    """Writes the table as text, which may hold nothing that the runner obeys, then an annotation for each marked row.

    Commands are stopped around the table, up to a word that no row can know.
    """

    def render(self, sheet: Sheet) -> str:
        """Return all of it."""
        table = Text().render(sheet)
        word = hashlib.sha256(table.encode(errors="replace")).hexdigest()
        rows = zip(sheet.cells, sheet.marks, strict=False)
        marked = [cells for cells, mark in rows if mark in MARKED]
        more = [f"::notice::{len(marked) - MOST} more rows are in the table"] if len(marked) > MOST else []
        title = _property(plain(sheet.title))
        errors = [f"::error title={title}::{_data(', '.join(filter(None, map(plain, one))))}" for one in marked[:MOST]]
        return "\n".join([f"::stop-commands::{word}", table, f"::{word}::", *errors, *more])


def fitted(sheet: Sheet, most: int) -> str:
    """Return Markdown of at most so many bytes: the rows that come first, and how many were left out."""
    text, rows = Markdown().render(sheet), len(sheet.cells)
    while len(text.encode()) > most and rows:
        rows = rows * 3 // 4
        left = f"{len(sheet.cells) - rows} more rows are left out"
        text = Markdown().render(_first(sheet, rows, left))
    return text


def _first(sheet: Sheet, rows: int, left: str) -> Sheet:
    """Return a sheet of its first rows, without outputs."""
    return Sheet(
        sheet.title,
        sheet.columns,
        sheet.cells[:rows],
        {},
        right=sheet.right,
        marks=sheet.marks[:rows],
        notes=(*sheet.notes, left),
    )


def _data(text: str) -> str:
    """Return text as the runner reads a message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return text as the runner reads a property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
