"""Sheets as CSV: plain numbers for programs, and nothing that a spreadsheet would run."""

import csv
import io
import math
import re

from bench_runner.hostile import plain
from bench_runner.report.sheet import Data, Sheet

# A number with a unit or a percent sign is harmless; anything else in front of a formula is not.
_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?[\d.,]+(e[+-]?\d+)?( ?[%a-zA-Zμ]{1,4})?$")


class Csv:
    """Writes a head line and a line for each row (RFC 4180)."""

    def render(self, sheet: Sheet) -> str:
        """Return the lines, without the last line end."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        table = sheet.data or Data(sheet.columns, sheet.cells)
        writer.writerow(table.columns)
        writer.writerows([_cell(cell) for cell in row] for row in table.rows)
        return out.getvalue().rstrip("\n")


def quoted(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    flat = plain(text, 10_000)
    return f"'{flat}" if _FORMULA.match(flat) and not _NUMBER.match(flat) else flat


def _cell(value: str | float | None) -> str:
    """Return a number as it is, a missing one as nothing, text quoted."""
    if isinstance(value, str):
        return quoted(value)
    return "" if value is None or not math.isfinite(value) else repr(value)
